//! Writes the value of `SPEC`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::{LitInt, Path};

use crate::expand::signal;
use crate::model::{Model, Timer};
use crate::values::{Period, Value};

/// Writes `Spec::new("server").signals(…)` and so on. The user's own keys are the names of the
/// methods.
pub(super) fn expand(model: &Model) -> TokenStream {
    let Model { krate, name, .. } = model;
    let (key, signals) = &model.signals;
    let signals = signals.iter().map(signal::variant);
    let timers = (!model.timers.is_empty()).then(|| {
        let entries = model.timers.iter().map(|timer| entry(timer, krate));
        quote!(.timers(&[#(#entries),*]))
    });
    let about = model.about.iter();
    let settings = model.settings.iter().map(|(key, value)| {
        let value = self::value(value, krate);
        quote!(.#key(#value))
    });
    quote! {
        #krate::Spec::new(#name)
            .#key(&[#(#krate::Signal::#signals),*])
            #timers
            #(.about(#about))*
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
        Value::Umask(mask) => mask.to_token_stream(),
        Value::Time(period) => time(period),
        Value::Variables(None) => quote!(#krate::spec::Env::Cleaned),
        Value::Variables(Some(names)) => quote!(#krate::spec::Env::Only(&[#(#names),*])),
        Value::Names(names) => quote!(&[#(#names),*]),
        Value::Expression(expression) => expression.to_token_stream(),
        Value::Flag(flag) => flag.to_token_stream(),
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
