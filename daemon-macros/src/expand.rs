//! Writes the `impl Daemon` of a finished model.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
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
            let [module, name] = words.path.map(|word| Ident::new(word, Span::call_site()));
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
        let mut name = |short: TokenStream, used: &dyn Fn(&Arm) -> bool| {
            if !model
                .arms
                .iter()
                .any(|arm| arm.is_always_there() && used(arm))
            {
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
fn binding(value: shape::Value) -> TokenStream {
    match value {
        shape::Value::Signal => quote!(by),
        shape::Value::Child => quote!(child),
    }
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
