//! Writes `dispatch`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};

use crate::check::{Call, Life, Payload};
use crate::expand::condition::unless;
use crate::expand::place::in_block;
use crate::expand::{settings, signal};
use crate::model::{Arm, Event, Model};

/// Writes one `match` with one arm per event that has a method.
pub(super) fn expand(model: &Model) -> TokenStream {
    let Model {
        krate, item, arms, ..
    } = model;
    let has = |wanted: fn(&Arm) -> bool| arms.iter().any(wanted);
    let signal = has(|arm| matches!(arm.event, Event::Signals(_))).then(|| quote!(, Signal));
    let shared = has(|arm| arm.call.shares_self || arm.call.access.is_some_and(|a| a.is_owned));
    let clone = shared.then(|| {
        quote!(
            use ::core::clone::Clone;
        )
    });
    let this = quote_spanned!(in_block(item, Span::call_site())=> self);
    let access = access(model);
    let parameter = if has(|arm| arm.call.access.is_some()) {
        access.to_token_stream()
    } else {
        quote!(_)
    };
    let (head, receiver, typed) = match model.life {
        Life::Turns => (
            quote!(fn dispatch),
            quote!(&mut #this),
            quote!(&mut #krate::Context),
        ),
        Life::Tasks => (
            quote!(async fn dispatch),
            quote!(#this: &::std::sync::Arc<Self>),
            quote!(&#krate::Handle),
        ),
    };
    let arms = arms.iter().map(|arm| self::arm(arm, model, &access));
    quote! {
        /// Calls the method for an event.
        #head(
            #receiver,
            event: #krate::Event<'_>,
            #parameter: #typed,
        ) -> #krate::Outcome {
            #clone
            use #krate::{Event, Outcome #signal};
            match event {
                #(#arms)*
                _ => Outcome::Unhandled,
            }
        }
    }
}

/// Returns the name of the context or the handle. It has the hygiene of the user's block, so that a
/// wrong type is an error in the user's code. If every method that takes it may be absent, an unused
/// variable must not be the user's.
fn access(model: &Model) -> Ident {
    let takes =
        |arm: &Arm| arm.call.access.is_some() && arm.cfgs.is_empty() && arm.unless.is_empty();
    let mut name = Ident::new(model.life.access_name(), Span::call_site());
    if model.arms.iter().any(takes) {
        name.set_span(in_block(&model.item, name.span()));
    }
    name
}

fn arm(arm: &Arm, model: &Model, access: &Ident) -> TokenStream {
    let Arm {
        cfgs, event, call, ..
    } = arm;
    let item = &model.item;
    let others: Vec<_> = arm.unless.iter().map(|cfgs| &**cfgs).collect();
    let unless = unless(&others);
    let binding = call.payload.map_or_else(
        || quote!(_),
        |(payload, _)| binding(payload, in_block(item, Span::call_site())),
    );
    let has_settings = matches!(call.payload, Some((Payload::Settings, _)));
    let pattern = match event {
        Event::Plain("Reload") if has_settings => quote!(Event::Reload(resources)),
        Event::Plain("Reload") => quote!(Event::Reload(_)),
        Event::Plain(variant) => {
            let variant = Ident::new(variant, Span::call_site());
            quote!(Event::#variant)
        }
        Event::Signals(signals) => {
            let variants = signals.iter().map(signal::variant);
            quote!(Event::Signal(#(Signal::#variants)|*, #binding))
        }
        Event::Timer(name) => quote!(Event::Timer(#name)),
        Event::Child => quote!(Event::Child(#binding)),
    };
    let of = quote_spanned!(in_block(item, call.returns)=> Outcome::of);
    let call = self::call(call, model, access);
    let outcome = match &model.config {
        Some((_, config)) if has_settings => {
            let read = settings::read(config, item);
            quote! {
                match #read {
                    ::core::result::Result::Ok(#binding) => #of(#call),
                    ::core::result::Result::Err(failure) => Outcome::Failed(failure),
                }
            }
        }
        _ => quote!(#of(#call)),
    };
    quote!(#(#cfgs)* #unless #pattern => #outcome,)
}

/// Returns the name of the event's value in an arm.
fn binding(payload: Payload, at: Span) -> TokenStream {
    match payload {
        Payload::Signal => quote_spanned!(at=> by),
        Payload::Child => quote_spanned!(at=> child),
        Payload::Settings => quote_spanned!(at=> settings),
    }
}

/// Writes the call of the user's method. Each part has the span of the type that it must agree
/// with. So the compiler reports a wrong type where the user wrote it.
fn call(call: &Call, model: &Model, access: &Ident) -> TokenStream {
    let item = &model.item;
    let payload = call.payload.map(|(payload, at)| {
        let at = in_block(item, at);
        let name = binding(payload, at);
        match payload {
            Payload::Signal => quote_spanned!(at=> #name.get(),),
            Payload::Child | Payload::Settings => quote_spanned!(at=> #name,),
        }
    });
    let access = call.access.map(|taken| {
        let name = Ident::new(model.life.access_name(), access.span().located_at(taken.at));
        match model.life {
            Life::Tasks if taken.is_owned => {
                quote_spanned!(in_block(item, taken.at)=> Clone::clone(#name))
            }
            _ => name.to_token_stream(),
        }
    });
    let method = &call.method;
    let at = in_block(item, call.returns);
    let wait = call.is_async.then(|| quote_spanned!(at=> .await));
    match model.life {
        Life::Turns => quote_spanned!(at=> self.#method(#payload #access)),
        // By a path, since an `Arc` has methods of its own.
        Life::Tasks if call.shares_self => {
            quote_spanned!(at=> Self::#method(Clone::clone(self), #payload #access) #wait)
        }
        Life::Tasks => quote_spanned!(at=> Self::#method(self, #payload #access) #wait),
    }
}
