//! Writes `dispatch`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};

use crate::expand::{located, unless};
use crate::model::{Arm, Event, Model};
use crate::shape::{Call, Value};

/// One `match`, one arm an event that has a method.
pub(super) fn expand(model: &Model) -> TokenStream {
    let krate = &model.krate;
    let names = Names::new(model);
    let imports = &names.imports;
    let arms = model.arms.iter().map(|arm| self::arm(arm, &names));
    let takes_context = |arm: &&Arm| arm.call.context.is_some();
    let mut takers = model.arms.iter().filter(takes_context).peekable();
    let context = takers.peek().map_or_else(|| quote!(_), |_| quote!(context));
    let maybe_unused = (takers.peek().is_some() && !takers.any(Arm::is_always_there))
        .then(|| quote!(let _ = &context;));
    quote! {
        /// Calls the method that belongs to what happened.
        fn dispatch(
            &mut self,
            event: #krate::Event,
            #context: &mut #krate::Context,
        ) -> #krate::Outcome {
            use #krate::{#(#imports),*};
            #maybe_unused
            match event {
                #(#arms)*
                _ => Outcome::Unhandled,
            }
        }
    }
}

/// How the arms name the runtime's types: by an import, which must be used whatever `#[cfg]` takes
/// away, or else by the whole path.
struct Names {
    imports: Vec<TokenStream>,
    event: TokenStream,
    signal: TokenStream,
}

impl Names {
    fn new(model: &Model) -> Self {
        let krate = &model.krate;
        let mut imports = vec![quote!(Outcome)];
        let mut name = |short: TokenStream, is_used: &dyn Fn(&Arm) -> bool| {
            let mut always = model.arms.iter().filter(|arm| arm.is_always_there());
            if !always.any(is_used) {
                return quote!(#krate::#short);
            }
            imports.push(short.clone());
            short
        };
        let event = name(quote!(Event), &|_| true);
        let signal = name(quote!(Signal), &|arm| matches!(arm.event, Event::Signal(_)));
        imports.sort_by_key(ToString::to_string);
        Self {
            imports,
            event,
            signal,
        }
    }
}

fn arm(arm: &Arm, names: &Names) -> TokenStream {
    let Arm {
        cfgs, event, call, ..
    } = arm;
    let Names {
        event: events,
        signal: signals,
        ..
    } = names;
    let others: Vec<_> = arm.unless.iter().map(|cfgs| &**cfgs).collect();
    let unless = unless(&others);
    let binding = call
        .value
        .map_or_else(|| quote!(_), |(value, _)| binding(value));
    let pattern = match event {
        Event::Plain(variant) => {
            let variant = Ident::new(variant, Span::call_site());
            quote!(#events::#variant)
        }
        Event::Signal(signal) => quote!(#events::Signal(#signals::#signal, #binding)),
        Event::Timer(name) => quote!(#events::Timer(#name)),
        Event::Child => quote!(#events::Child(#binding)),
    };
    let call = self::call(call);
    quote!(#(#cfgs)* #unless #pattern => Outcome::of(#call),)
}

/// The name under which an arm holds what the event brings.
fn binding(value: Value) -> TokenStream {
    match value {
        Value::Signal => quote!(by),
        Value::Child => quote!(child),
    }
}

/// The call of the user's method. Its parts have the places of what they must agree with, so that
/// the compiler reports a wrong type where the user wrote it.
fn call(call: &Call) -> TokenStream {
    let value = call.value.map(|(value, at)| match value {
        Value::Signal => quote_spanned!(located(at)=> by.get(),),
        Value::Child => quote_spanned!(located(at)=> child,),
    });
    let context = call.context.map(|at| quote_spanned!(located(at)=> context));
    let method = &call.method;
    quote_spanned!(located(call.returns)=> self.#method(#value #context))
}
