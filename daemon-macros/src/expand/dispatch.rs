//! Writes `dispatch`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};

use crate::check::{Call, Payload};
use crate::expand::condition::unless;
use crate::expand::place::located;
use crate::expand::signal;
use crate::model::{Arm, Event, Model};

/// One `match`, one arm an event that has a method.
pub(super) fn expand(model: &Model) -> TokenStream {
    let krate = &model.krate;
    let has = |wanted: fn(&Arm) -> bool| model.arms.iter().any(wanted);
    let signal = has(|arm| matches!(arm.event, Event::Signal(_))).then(|| quote!(, Signal));
    let context = if has(|arm| arm.call.context.is_some()) {
        quote!(context)
    } else {
        quote!(_)
    };
    let arms = model.arms.iter().map(arm);
    quote! {
        /// Calls the method that belongs to what happened.
        fn dispatch(
            &mut self,
            event: #krate::Event,
            #context: &mut #krate::Context,
        ) -> #krate::Outcome {
            use #krate::{Event, Outcome #signal};
            match event {
                #(#arms)*
                _ => Outcome::Unhandled,
            }
        }
    }
}

fn arm(arm: &Arm) -> TokenStream {
    let Arm {
        cfgs, event, call, ..
    } = arm;
    let others: Vec<_> = arm.unless.iter().map(|cfgs| &**cfgs).collect();
    let unless = unless(&others);
    let binding = call
        .payload
        .map_or_else(|| quote!(_), |(payload, _)| binding(payload));
    let pattern = match event {
        Event::Plain(variant) => {
            let variant = Ident::new(variant, Span::call_site());
            quote!(Event::#variant)
        }
        Event::Signal(signal) => {
            let variant = signal::variant(signal);
            quote!(Event::Signal(Signal::#variant, #binding))
        }
        Event::Timer(name) => quote!(Event::Timer(#name)),
        Event::Child => quote!(Event::Child(#binding)),
    };
    let call = self::call(call);
    quote!(#(#cfgs)* #unless #pattern => Outcome::of(#call),)
}

/// The name under which an arm holds what the event brings.
fn binding(payload: Payload) -> TokenStream {
    match payload {
        Payload::Signal => quote!(by),
        Payload::Child => quote!(child),
    }
}

/// The call of the user's method. Its parts have the places of what they must agree with, so that
/// the compiler reports a wrong type where the user wrote it.
fn call(call: &Call) -> TokenStream {
    let payload = call.payload.map(|(payload, at)| match payload {
        Payload::Signal => quote_spanned!(located(at)=> by.get(),),
        Payload::Child => quote_spanned!(located(at)=> child,),
    });
    let context = call.context.map(|at| quote_spanned!(located(at)=> context));
    let method = &call.method;
    quote_spanned!(located(call.returns)=> self.#method(#payload #context))
}
