//! Writes `dispatch`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ItemImpl;

use crate::check::{Call, Payload};
use crate::expand::condition::unless;
use crate::expand::place::in_block;
use crate::expand::signal;
use crate::model::{Arm, Event, Model};

/// Writes one `match` with one arm per event that has a method.
pub(super) fn expand(model: &Model) -> TokenStream {
    let Model {
        krate, item, arms, ..
    } = model;
    let has = |wanted: fn(&Arm) -> bool| arms.iter().any(wanted);
    let signal = has(|arm| matches!(arm.event, Event::Signals(_))).then(|| quote!(, Signal));
    let this = quote_spanned!(in_block(item, Span::call_site())=> self);
    let context = context(model);
    let parameter = if has(|arm| arm.call.context.is_some()) {
        context.to_token_stream()
    } else {
        quote!(_)
    };
    let arms = arms.iter().map(|arm| self::arm(arm, item, &context));
    quote! {
        /// Calls the method for an event.
        fn dispatch(
            &mut #this,
            event: #krate::Event<'_>,
            #parameter: &mut #krate::Context,
        ) -> #krate::Outcome {
            use #krate::{Event, Outcome #signal};
            match event {
                #(#arms)*
                _ => Outcome::Unhandled,
            }
        }
    }
}

/// Returns the name of the context. It has the hygiene of the user's block, so that a wrong type is
/// an error in the user's code. If every method that takes the context may be absent, an unused
/// variable must not be the user's.
fn context(model: &Model) -> Ident {
    let takes =
        |arm: &Arm| arm.call.context.is_some() && arm.cfgs.is_empty() && arm.unless.is_empty();
    let mut name = Ident::new("context", Span::call_site());
    if model.arms.iter().any(takes) {
        name.set_span(in_block(&model.item, name.span()));
    }
    name
}

fn arm(arm: &Arm, item: &ItemImpl, context: &Ident) -> TokenStream {
    let Arm {
        cfgs, event, call, ..
    } = arm;
    let others: Vec<_> = arm.unless.iter().map(|cfgs| &**cfgs).collect();
    let unless = unless(&others);
    let binding = call.payload.map_or_else(
        || quote!(_),
        |(payload, _)| binding(payload, in_block(item, Span::call_site())),
    );
    let pattern = match event {
        Event::Plain(variant) => {
            let value = (*variant == "Reload").then(|| quote!((_)));
            let variant = Ident::new(variant, Span::call_site());
            quote!(Event::#variant #value)
        }
        Event::Signals(signals) => {
            let variants = signals.iter().map(signal::variant);
            quote!(Event::Signal(#(Signal::#variants)|*, #binding))
        }
        Event::Timer(name) => quote!(Event::Timer(#name)),
        Event::Child => quote!(Event::Child(#binding)),
    };
    let of = quote_spanned!(in_block(item, call.returns)=> Outcome::of);
    let call = self::call(call, item, context);
    quote!(#(#cfgs)* #unless #pattern => #of(#call),)
}

/// Returns the name of the event's value in an arm.
fn binding(payload: Payload, at: Span) -> TokenStream {
    match payload {
        Payload::Signal => quote_spanned!(at=> by),
        Payload::Child => quote_spanned!(at=> child),
    }
}

/// Writes the call of the user's method. Each part has the span of the type that it must agree
/// with. So the compiler reports a wrong type where the user wrote it.
fn call(call: &Call, item: &ItemImpl, context: &Ident) -> TokenStream {
    let payload = call.payload.map(|(payload, at)| {
        let at = in_block(item, at);
        let name = binding(payload, at);
        match payload {
            Payload::Signal => quote_spanned!(at=> #name.get(),),
            Payload::Child => quote_spanned!(at=> #name,),
        }
    });
    let context = call
        .context
        .map(|at| Ident::new("context", context.span().located_at(at)));
    let method = &call.method;
    quote_spanned!(in_block(item, call.returns)=> self.#method(#payload #context))
}
