//! Parses the arguments of `#[daemon(…)]`.

use proc_macro2::{Ident, Punct, Spacing, Span, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Error, Path, Result, Token, Type};

use crate::errors::{self, Errors};
use crate::given::Given;
use crate::list;
use crate::suggest;
use crate::values::{self, KEYS, Key, Listener, Role, Runtime, Signal, Value};

/// The keys as given. A key with a mistake is absent, and its error is reported.
#[derive(Default)]
pub(crate) struct Args {
    /// The first token of the arguments.
    pub(crate) start: Option<TokenTree>,
    pub(crate) name: Option<Value>,
    pub(crate) krate: Option<Path>,
    /// The key as written, and the listed signals.
    pub(crate) signals: Option<(Ident, Vec<Signal>)>,
    /// The key as written, and the type of the settings.
    pub(crate) config: Option<(Ident, Type)>,
    /// The key as written, and the listeners.
    pub(crate) listen: Option<(Ident, Vec<Listener>)>,
    pub(crate) runtime: Option<Runtime>,
    pub(crate) settings: Vec<(Ident, Value)>,
    /// True if a key has a mistake, so that a missing key may only be misspelt.
    pub(crate) broken: bool,
}

/// Parses all keys and reports every mistake.
pub(crate) fn parse(tokens: TokenStream, errors: &mut Errors) -> Args {
    let mut args = Args {
        start: tokens.clone().into_iter().next(),
        ..Args::default()
    };
    if is_key_value() {
        args.broken = true;
        return args;
    }
    let mut seen: Vec<Ident> = vec![];
    for element in whole(list::split(tokens)) {
        let read = split(element).and_then(|(key, value)| {
            let known = known(&key)?;
            if seen.contains(&key) {
                return Err(Error::new_spanned(&key, format!("`{key}` is given twice")));
            }
            seen.push(key.clone());
            let example = known.example;
            let given = Given {
                key,
                value,
                example,
            };
            args.read(known, given)
        });
        args.broken |= errors.take(read).is_none();
    }
    args
}

/// True for `#[daemon = "server"]`, which the compiler itself refuses.
fn is_key_value() -> bool {
    let text = Span::call_site().source_text().unwrap_or_default();
    let Some((path, _)) = text.split_once('=') else {
        return false;
    };
    path.starts_with("#[") && !path[2..].contains(['(', '[', '{'])
}

impl Args {
    fn read(&mut self, key: &Key, given: Given) -> Result<()> {
        match &key.role {
            Role::Name => self.name = Some(values::name(&given)?),
            Role::Crate => self.krate = Some(krate(&given)?),
            Role::Runtime => self.runtime = Some(values::runtime(&given)?),
            Role::Config => {
                let config = values::config(&given)?;
                self.config = Some((given.key, config));
            }
            Role::Listen => {
                let listeners = values::listeners(&given)?;
                self.listen = Some((given.key, listeners));
            }
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

/// Joins the parts of a type that has commas of its own: `config = HashMap<String, String>`.
fn whole(elements: Vec<TokenStream>) -> Vec<TokenStream> {
    let mut joined: Vec<TokenStream> = vec![];
    for element in elements {
        match joined.last_mut().filter(|last| is_open(last)) {
            Some(last) => {
                let comma = TokenTree::from(Punct::new(',', Spacing::Alone));
                last.extend([comma].into_iter().chain(element));
            }
            None => joined.push(element),
        }
    }
    joined
}

/// True for a `config` with an angle bracket that is not closed.
fn is_open(element: &TokenStream) -> bool {
    let mut tokens = element.clone().into_iter();
    let is_config = matches!(tokens.next(), Some(TokenTree::Ident(key)) if key == "config");
    let count = |tokens: proc_macro2::token_stream::IntoIter, bracket: char| {
        let is_bracket = |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == bracket);
        tokens.filter(is_bracket).count()
    };
    is_config && count(tokens.clone(), '<') > count(tokens, '>')
}

/// Splits an element at its `=` into key and value.
fn split(element: TokenStream) -> Result<(Ident, TokenStream)> {
    let halves = |input: ParseStream| {
        let key = input.call(Ident::parse_any)?;
        input.parse::<Token![=]>()?;
        Ok((key, input.parse::<TokenStream>()?))
    };
    match syn::parse::Parser::parse2(halves, element.clone()) {
        Ok((key, value)) if !value.is_empty() => match next_key(&value) {
            Some(next) => {
                let message = format!("expected `,` before `{next}`");
                Err(Error::new_spanned(next, message))
            }
            None => Ok((key, value)),
        },
        _ => Err(malformed(element)),
    }
}

/// Returns the key of the next element if the comma between the two is missing. No value contains
/// an `=` of its own.
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

/// Returns the error for an element that is not a `key = value`.
fn malformed(element: TokenStream) -> Error {
    let first = element.clone().into_iter().next();
    if let Some(TokenTree::Ident(ident)) = &first {
        return match known(ident) {
            Ok(key) => {
                let message = format!(
                    "`{0}` needs a value; write `{0} = {1}`",
                    key.name, key.example
                );
                Error::new_spanned(element, message)
            }
            Err(unknown) => unknown,
        };
    }
    let example = "of the form `key = value`, such as `name = \"server\"`";
    errors::mismatch(&element, "an option", example)
}

fn known(key: &Ident) -> Result<&'static Key> {
    let text = key.to_string();
    values::key(&text).ok_or_else(|| {
        let known = KEYS.iter().map(|key| key.name);
        Error::new_spanned(
            key,
            suggest::unknown(format_args!("option `{text}`"), &text, known),
        )
    })
}

fn krate(given: &Given) -> Result<Path> {
    let path = syn::parse::Parser::parse2(Path::parse_mod_style, given.value.clone());
    let path = path.map_err(|_| {
        let expected = format!("a path without quotes, such as `{}`", given.example);
        given.mismatch(&given.value, expected)
    })?;
    match path.segments.iter().find(|segment| segment.ident == "Self") {
        Some(segment) => Err(given.mismatch(segment, "the path of a crate or module")),
        None => Ok(path),
    }
}

fn signals(given: &Given) -> Result<Vec<Signal>> {
    given.list(|element| match element.clone().into_iter().next() {
        Some(TokenTree::Literal(_)) => {
            let expected = format!("a list of names, such as `{}`", given.example);
            Err(given.mismatch(&element, expected))
        }
        _ => syn::parse2(element),
    })
}
