//! A key and the tokens that the user gave as its value.

use std::fmt::Display;

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::Parse;
use syn::{Error, LitStr, Result};

use crate::errors;
use crate::list;

/// A `key = value` of a known key.
pub(crate) struct Given {
    pub(crate) key: Ident,
    pub(crate) value: TokenStream,
    /// A valid value of this key, for messages.
    pub(crate) example: &'static str,
}

impl Given {
    /// Returns the value as a literal of the kind that `expected` describes.
    pub(crate) fn literal<T: Parse>(&self, expected: &str) -> Result<T> {
        syn::parse2(self.value.clone()).map_err(|_| {
            let expected = format!("{expected}, such as {}", self.example);
            self.mismatch(&self.value, expected)
        })
    }

    /// Reads each element of a value that must be a list, by `read`.
    pub(crate) fn list<T>(&self, read: impl FnMut(TokenStream) -> Result<T>) -> Result<Vec<T>> {
        let elements = elements(self.value.clone()).ok_or_else(|| {
            let expected = format!("a list, such as `{}`", self.example);
            self.mismatch(&self.value, expected)
        })?;
        list::read(elements, read)
    }

    /// Reads each element of a value that must be a list of string literals, by `read`.
    pub(crate) fn texts<T>(&self, mut read: impl FnMut(LitStr) -> Result<T>) -> Result<Vec<T>> {
        self.list(|element| {
            let expected = || format!("a list of string literals, such as `{}`", self.example);
            read(syn::parse2(element.clone()).map_err(|_| self.mismatch(&element, expected()))?)
        })
    }

    /// Returns the error for a value that is not `expected`, with the text to write in its place.
    pub(crate) fn correction(&self, expected: impl Display, text: impl Display) -> Error {
        errors::correction(&self.value, format_args!("`{}`", self.key), expected, text)
    }

    /// Returns the error for `tokens`, the value or a part of it, that are not `expected`.
    pub(crate) fn mismatch(&self, tokens: &impl ToTokens, expected: impl Display) -> Error {
        errors::mismatch(tokens, format_args!("`{}`", self.key), expected)
    }
}

/// Returns the tokens between the brackets of a list. A parameter of a `macro_rules!` comes in a
/// group without delimiters.
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
