//! Writes the `impl Daemon` of a finished model.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, LitInt, Path};

use crate::duration::Period;
use crate::model::{Arm, Event, Model, Timer};
use crate::shape::{self, Call};
use crate::value::Value;

/// The user's block, untouched but for the helper attributes, and the impl behind it.
pub(crate) fn expand(model: &Model) -> TokenStream {
    let Model {
        krate, item, name, ..
    } = model;
    let daemon = &item.self_ty;
    let doc = format!(
        " `{}` as a daemon named `{}`, written by `#[daemon]`; the work is done in `daemon_rt`.",
        daemon.to_token_stream(),
        name.value()
    );
    let (spec, create, dispatch) = (spec(model), create(model), dispatch(model));
    quote! {
        #item
        #[doc = #doc]
        impl #krate::Daemon for #daemon {
            /// The declaration, with every default written out.
            const SPEC: #krate::Spec = #spec;
            #create
            /// The way from the caller to the daemon, one step a line; `Detach` says what each does.
            fn detach(steps: #krate::Detach) -> #krate::Detach {
                steps
                    .check()
                    .fork()
                    .setsid()
                    .fork_again()
                    .close_descriptors()
                    .take_lock()
                    .reset_signals()
                    .set_umask()
                    .change_dir()
                    .clean_environment()
                    .write_pid_file()
                    .drop_privileges()
                    .open_log()
                    .set_title()
                    .catch_signals()
            }
            #dispatch
        }
    }
}

/// `Spec::new("server").signals(…)` and so on: the user's own keys are the names of the methods.
fn spec(model: &Model) -> TokenStream {
    let Model { krate, name, .. } = model;
    let (key, signals) = &model.signals;
    let timers = (!model.timers.is_empty()).then(|| {
        let entries = model.timers.iter().map(|timer| entry(timer, krate));
        quote!(.timers(&[#(#entries),*]))
    });
    let settings = model.settings.iter().map(|(key, value)| {
        let value = self::value(value, krate);
        quote!(.#key(#value))
    });
    quote! {
        #krate::Spec::new(#name)
            .#key(&[#(#krate::Signal::#signals),*])
            #timers
            #(#settings)*
    }
}

fn entry(timer: &Timer, krate: &Path) -> TokenStream {
    let Timer { cfgs, name, period } = timer;
    let period = time(period);
    quote!(#(#cfgs)* #krate::spec::Timer::new(#name, #period))
}

fn value(value: &Value, krate: &Path) -> TokenStream {
    match value {
        Value::Text(text) => text.to_token_stream(),
        Value::Maybe(None) => quote!(::core::option::Option::None),
        Value::Maybe(Some(text)) => quote!(::core::option::Option::Some(#text)),
        Value::Umask(mask) => mask.to_token_stream(),
        Value::Time(period) => time(period),
        Value::Variables(None) => quote!(#krate::spec::Env::Cleaned),
        Value::Variables(Some(names)) => quote!(#krate::spec::Env::Only(&[#(#names),*])),
        Value::Word(words, variant) => {
            let [module, name] = words
                .path
                .map(|word| syn::Ident::new(word, Span::call_site()));
            quote!(#krate::#module::#name::#variant)
        }
    }
}

fn time(period: &Period) -> TokenStream {
    let number = |n: u64| LitInt::new(&n.to_string(), period.at);
    match period.milliseconds {
        0 => quote!(::core::time::Duration::ZERO),
        whole if whole % 1000 == 0 => {
            let seconds = number(whole / 1000);
            quote!(::core::time::Duration::from_secs(#seconds))
        }
        milliseconds => {
            let milliseconds = number(milliseconds);
            quote!(::core::time::Duration::from_millis(#milliseconds))
        }
    }
}

/// One `create` for each `new`, and one for `Default` where there is none.
fn create(model: &Model) -> TokenStream {
    let Model {
        krate,
        constructors,
        item,
        ..
    } = model;
    let function = |condition: TokenStream, body: TokenStream| {
        quote! {
            /// Builds the daemon, in the detached process.
            #condition
            fn create() -> ::core::result::Result<Self, #krate::Failure> {
                #body
            }
        }
    };
    let by_new = constructors.iter().map(|new| {
        let cfgs = &new.cfgs;
        let krate = at(krate, new.returns);
        let call =
            quote_spanned!(located(new.returns)=> #krate::outcome::created::<Self>(Self::new()));
        function(quote!(#(#cfgs)*), call)
    });
    let others: Vec<_> = constructors.iter().map(|new| &*new.cfgs).collect();
    let by_default = unless(&others).map(|condition| {
        let daemon = item.self_ty.span();
        let krate = at(krate, daemon);
        function(
            condition,
            quote_spanned!(located(daemon)=> #krate::outcome::by_default()),
        )
    });
    quote!(#(#by_new)* #by_default)
}

/// The condition under which none of the others holds; none when one always does.
fn unless(others: &[&[Attribute]]) -> Option<TokenStream> {
    if others.is_empty() {
        return Some(TokenStream::new());
    }
    let all = others.iter().map(|cfgs| {
        let mut predicates = cfgs.iter().filter_map(|cfg| cfg.meta.require_list().ok());
        match (predicates.next(), predicates.next()) {
            (None, _) => None,
            (Some(only), None) => Some(only.tokens.clone()),
            _ => {
                let all = cfgs.iter().filter_map(|cfg| cfg.meta.require_list().ok());
                let all = all.map(|list| &list.tokens);
                Some(quote!(all(#(#all),*)))
            }
        }
    });
    let all: Vec<_> = all.collect::<Option<_>>()?;
    Some(match &all[..] {
        [only] => quote!(#[cfg(not(#only))]),
        several => quote!(#[cfg(not(any(#(#several),*)))]),
    })
}

/// One `match`, one arm an event that has a method.
fn dispatch(model: &Model) -> TokenStream {
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
    let binding = if call.value.is_some() {
        quote!(by)
    } else {
        quote!(_)
    };
    let pattern = match event {
        Event::Plain(variant) => {
            let variant = syn::Ident::new(variant, Span::call_site());
            quote!(Event::#variant)
        }
        Event::Signal(signal) => quote!(Event::Signal(Signal::#signal, #binding)),
        Event::Timer(name) => quote!(Event::Timer(#name)),
        Event::Child if call.value.is_some() => quote!(Event::Child(child)),
        Event::Child => quote!(Event::Child(_)),
    };
    let call = self::call(call);
    quote!(#(#cfgs)* #unless #pattern => Outcome::of(#call),)
}

/// The call of the user's method. Its parts have the places of what they must agree with, so that
/// the compiler reports a wrong type where the user wrote it.
fn call(call: &Call) -> TokenStream {
    let value = call.value.map(|(value, at)| match value {
        shape::Value::Signal => quote_spanned!(located(at)=> by.get(),),
        shape::Value::Child => quote_spanned!(located(at)=> child,),
    });
    let context = call.context.map(|at| quote_spanned!(located(at)=> context));
    let method = &call.method;
    quote_spanned!(located(call.returns)=> self.#method(#value #context))
}

/// The place `at`, for tokens that mean what they mean here.
fn located(at: Span) -> Span {
    Span::call_site().located_at(at)
}

/// The path of the runtime, at a place of the user's.
fn at(krate: &Path, at: Span) -> TokenStream {
    let place = |mut token: TokenTree| {
        token.set_span(token.span().located_at(at));
        token
    };
    krate.to_token_stream().into_iter().map(place).collect()
}
