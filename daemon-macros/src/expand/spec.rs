//! Writes the value of `SPEC`.

use proc_macro2::{Ident, Literal, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{LitInt, Path};

use crate::expand::place::{in_block, path};
use crate::expand::signal;
use crate::model::{Model, Timer};
use crate::values::{Levels, Period, Value};

/// Writes `Spec::new("server").signals(…)` and so on. The user's own keys are the names of the
/// methods.
pub(super) fn expand(model: &Model) -> TokenStream {
    let Model { krate, name, .. } = model;
    let name = value(name, krate);
    let (key, signals) = &model.signals;
    let signals = signals.iter().map(signal::variant);
    let timers = (!model.timers.is_empty()).then(|| {
        let entries = model.timers.iter().map(|timer| entry(timer, krate));
        quote!(.timers(&[#(#entries),*]))
    });
    let about = model.about.iter();
    let listen = model.listen.iter().map(|(key, listeners)| {
        let entries = listeners.iter().map(|listener| {
            let (name, address) = (listener.text(), &listener.address);
            let nonblocking = model.runtime.iter().map(|_| quote!(.nonblocking()));
            quote!(#krate::spec::Listener::new(#name, #address) #(#nonblocking)*)
        });
        quote!(.#key(&[#(#entries),*]))
    });
    let config = model.config.iter().map(|(key, _)| key);
    let settings = model.settings.iter().map(|(key, value)| {
        let method = method(key, value);
        let value = self::value(value, krate);
        quote!(.#method(#value))
    });
    quote! {
        #krate::Spec::new(#name)
            .#key(&[#(#krate::Signal::#signals),*])
            #timers
            #(.about(#about))*
            #(.#config())*
            #(#listen)*
            #(#settings)*
    }
}

/// Writes constants in which the runtime checks the user's expressions, at these expressions. The
/// compiler evaluates `SPEC` itself late, and at the attribute.
pub(super) fn checks(model: &Model) -> Vec<TokenStream> {
    let check = |key: Option<&Ident>, value: &Value| {
        let Value::Expression(expression) = value else {
            return None;
        };
        // Outside of an impl it names nothing. `SPEC` checks it when the program is built.
        if expression.to_token_stream().into_iter().any(is_self) {
            return None;
        }
        let at = in_block(&model.item, expression.span());
        let krate = path(&model.krate, at);
        let call = match key {
            None => quote_spanned!(at=> new),
            Some(key) => {
                let key = Ident::new(&key.to_string(), at);
                quote_spanned!(at=> new("any").#key)
            }
        };
        Some(quote_spanned!(at=> const _: #krate::Spec = #krate::Spec::#call(#expression);))
    };
    let settings = model.settings.iter().filter(|(key, _)| key != "version");
    let settings = settings.filter_map(|(key, value)| check(Some(key), value));
    check(None, &model.name)
        .into_iter()
        .chain(settings)
        .collect()
}

fn is_self(token: TokenTree) -> bool {
    matches!(token, TokenTree::Ident(name) if name == "Self")
}

fn entry(timer: &Timer, krate: &Path) -> TokenStream {
    let Timer { cfgs, name, period } = timer;
    let period = time(period);
    quote!(#(#cfgs)* #krate::spec::Timer::new(#name, #period))
}

/// Returns the method of a key. It has the name of the key, but for levels by target.
fn method(key: &Ident, value: &Value) -> Ident {
    match value {
        Value::Levels(levels) if !levels.targets.is_empty() => Ident::new("log_filter", key.span()),
        _ => key.clone(),
    }
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
        Value::Levels(levels) => self::levels(levels, krate),
        Value::Buffer(bytes) => {
            let bytes = amount(*bytes);
            quote!(#krate::logger::Buffer::bytes(#bytes))
        }
        Value::Rotate { daily, bytes } => rotate(*daily, *bytes, krate),
        Value::Keep {
            files,
            bytes,
            compressed,
        } => {
            let files = Literal::u64_unsuffixed(*files);
            let bytes = bytes.map(amount).into_iter();
            let compressed = compressed.then(|| quote!(.compressed()));
            quote!(#krate::logger::Keep::files(#files)#(.within(#bytes))* #compressed)
        }
        Value::Limit(None) => quote!(#krate::logger::Limit::NONE),
        Value::Limit(Some((records, seconds))) => {
            let [records, seconds] = [records, seconds].map(|n| Literal::u64_unsuffixed(*n));
            let time = quote!(::core::time::Duration::from_secs(#seconds));
            quote!(#krate::logger::Limit::per(#records, #time))
        }
        Value::Flag(flag) => flag.to_token_stream(),
        Value::Word(words, variant) => {
            let [module, name] = words.path.map(|word| Ident::new(word, Span::call_site()));
            quote!(#krate::#module::#name::#variant)
        }
    }
}

/// Writes a level, or a filter if there are levels by target.
fn levels(levels: &Levels, krate: &Path) -> TokenStream {
    let level = |variant: &str| {
        let variant = Ident::new(variant, Span::call_site());
        quote!(#krate::logger::Level::#variant)
    };
    let general = level(levels.general);
    if levels.targets.is_empty() {
        return general;
    }
    let targets = levels.targets.iter().map(|(target, variant)| {
        let level = level(variant);
        quote!((#target, #level))
    });
    quote!(#krate::logger::Filter::all(#general).with(&[#(#targets),*]))
}

fn rotate(daily: bool, bytes: Option<u64>, krate: &Path) -> TokenStream {
    let bytes = bytes.map(amount);
    match (daily, bytes) {
        (false, None) => quote!(#krate::logger::Rotate::NEVER),
        (true, None) => quote!(#krate::logger::Rotate::DAILY),
        (false, Some(bytes)) => quote!(#krate::logger::Rotate::at(#bytes)),
        (true, Some(bytes)) => quote!(#krate::logger::Rotate::DAILY.or_at(#bytes)),
    }
}

/// Writes a number of bytes in the largest unit that leaves no rest: `10 << 20`.
fn amount(bytes: u64) -> TokenStream {
    let shifts = [30, 20, 10].into_iter();
    let mut fits = shifts.filter(|shift| bytes != 0 && bytes.trailing_zeros() >= *shift);
    match fits.next() {
        Some(shift) => {
            let number = Literal::u64_unsuffixed(bytes >> shift);
            let shift = Literal::u32_unsuffixed(shift);
            quote!(#number << #shift)
        }
        None => Literal::u64_unsuffixed(bytes).to_token_stream(),
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
