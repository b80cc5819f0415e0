//! Parses what stands in `#[daemon(…)]`.

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Error, Path, Result, Token};

use crate::errors::Errors;
use crate::keys::{self, KEYS, Key, Role};
use crate::list;
use crate::signal::Signal;
use crate::suggest;
use crate::value::{self, Value};

/// A `key = value`, not yet understood.
pub(crate) struct Given {
    pub(crate) key: Ident,
    pub(crate) value: TokenStream,
}

/// The keys as given; what is broken is absent, and its error is noted.
#[derive(Default)]
pub(crate) struct Args {
    pub(crate) name: Option<syn::LitStr>,
    pub(crate) krate: Option<Path>,
    /// The key and the signals listed.
    pub(crate) signals: Option<(Ident, Vec<Signal>)>,
    pub(crate) settings: Vec<(Ident, Value)>,
    /// Whether a key was not understood: what is missing may only be misspelt.
    pub(crate) broken: bool,
}

/// Reads all keys, noting every mistake.
pub(crate) fn parse(tokens: TokenStream, errors: &mut Errors) -> Args {
    let mut args = Args::default();
    let mut seen: Vec<Ident> = vec![];
    for element in list::split(tokens) {
        let read = given(element).and_then(|given| {
            let key = known(&given.key)?;
            if seen.contains(&given.key) {
                let message = format!("`{}` is given twice", given.key);
                return Err(Error::new_spanned(&given.key, message));
            }
            seen.push(given.key.clone());
            args.read(key, given)
        });
        args.broken |= errors.take(read).is_none();
    }
    args
}

impl Args {
    fn read(&mut self, key: &Key, given: Given) -> Result<()> {
        match &key.role {
            Role::Name => self.name = Some(value::name(&given)?),
            Role::Crate => self.krate = Some(krate(&given)?),
            Role::Signals => {
                let signals = signals(&given)?;
                self.signals = Some((given.key, signals));
            }
            Role::Setting(setting) => {
                let value = (setting.read)(&given)?;
                self.settings.push((given.key, value));
            }
        }
        Ok(())
    }
}

impl Given {
    /// The value as a literal; `what` says which kind.
    pub(crate) fn literal<T: Parse>(&self, what: &str) -> Result<T> {
        syn::parse2(self.value.clone()).map_err(|_| {
            let key = self.key.to_string();
            let example = keys::find(&key).map_or("", |key| key.example);
            let message = format!("`{key}` must be {what}, such as {example}");
            Error::new_spanned(&self.value, message)
        })
    }

    /// What stands in the brackets, if the value is a list.
    pub(crate) fn elements(&self) -> Option<TokenStream> {
        elements(self.value.clone())
    }
}

/// A parameter of a `macro_rules!` comes in a group without delimiters.
fn elements(value: TokenStream) -> Option<TokenStream> {
    let mut tokens = value.into_iter();
    let (Some(TokenTree::Group(group)), None) = (tokens.next(), tokens.next()) else {
        return None;
    };
    match group.delimiter() {
        Delimiter::Bracket => Some(group.stream()),
        Delimiter::None => elements(group.stream()),
        _ => None,
    }
}

/// Splits an element at its `=`.
fn given(element: TokenStream) -> Result<Given> {
    let split = |input: ParseStream| {
        let key = input.call(Ident::parse_any)?;
        input.parse::<Token![=]>()?;
        Ok((key, input.parse::<TokenStream>()?))
    };
    match syn::parse::Parser::parse2(split, element.clone()) {
        Ok((key, value)) if !value.is_empty() => match next_key(&value) {
            Some(next) => {
                let message = format!("expected `,` before `{next}`");
                Err(Error::new_spanned(next, message))
            }
            None => Ok(Given { key, value }),
        },
        _ => Err(malformed(element)),
    }
}

/// The key that stands in a value, since no comma ended it: no value has an `=` of its own.
fn next_key(value: &TokenStream) -> Option<Ident> {
    let mut before = None;
    for token in value.clone() {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == '=' => return before,
            TokenTree::Ident(ident) => before = Some(ident),
            _ => before = None,
        }
    }
    None
}

/// The error for an element that is no `key = value`.
fn malformed(element: TokenStream) -> Error {
    let first = element.clone().into_iter().next();
    if let Some(TokenTree::Ident(ident)) = &first {
        return match known(ident) {
            Ok(key) => {
                let message = format!("write `{} = {}`", key.name, key.example);
                Error::new_spanned(element, message)
            }
            Err(unknown) => unknown,
        };
    }
    let message = "expected `key = value`, such as `name = \"server\"`";
    Error::new_spanned(element, message)
}

fn known(key: &Ident) -> Result<&'static Key> {
    let text = key.to_string();
    if let Some(key) = keys::find(&text) {
        return Ok(key);
    }
    let names = || KEYS.iter().map(|key| key.name);
    let message = match suggest::nearest(&text, names()) {
        Some(near) => format!("unknown option `{text}`; did you mean `{near}`?"),
        None => format!(
            "unknown option `{text}`; expected one of {}",
            suggest::listed(names())
        ),
    };
    Err(Error::new_spanned(key, message))
}

fn krate(given: &Given) -> Result<Path> {
    let path = syn::parse::Parser::parse2(Path::parse_mod_style, given.value.clone());
    let path = path.map_err(|_| {
        let message = "`crate` takes a path without quotes, such as `crate = ::daemon_rt`";
        Error::new_spanned(&given.value, message)
    })?;
    match path.segments.iter().find(|segment| segment.ident == "Self") {
        Some(segment) => {
            let message = "`crate` takes the path of a module, and `Self` is a type";
            Err(Error::new_spanned(segment, message))
        }
        None => Ok(path),
    }
}

fn signals(given: &Given) -> Result<Vec<Signal>> {
    let message = "`signals` is a list of names, such as `[SIGUSR1, SIGUSR2]`";
    let wrong = || Error::new_spanned(&given.value, message);
    let elements = given.elements().ok_or_else(wrong)?;
    let mut errors = Errors::default();
    let mut signals = vec![];
    for element in list::split(elements) {
        let read = match element.clone().into_iter().next() {
            Some(TokenTree::Literal(_)) => Err(Error::new_spanned(element, message)),
            _ => syn::parse2(element),
        };
        signals.extend(errors.take(read));
    }
    errors.finish(signals)
}
