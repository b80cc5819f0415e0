//! A key with the value that the user gave it, not yet understood.

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use syn::parse::Parse;
use syn::{Error, Result};

/// A `key = value` of a known key.
pub(crate) struct Given {
    pub(crate) key: Ident,
    pub(crate) value: TokenStream,
    /// A right value of this key, for messages.
    pub(crate) example: &'static str,
}

impl Given {
    /// The value as a literal; `what` says which kind.
    pub(crate) fn literal<T: Parse>(&self, what: &str) -> Result<T> {
        syn::parse2(self.value.clone()).map_err(|_| {
            let Self { key, example, .. } = self;
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
