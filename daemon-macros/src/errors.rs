//! Collects mistakes, so that one compile reports them all.

use std::fmt::Display;

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Error, Lit};

/// The mistakes found up to now.
#[derive(Default)]
pub(crate) struct Errors {
    found: Vec<Error>,
}

impl Errors {
    /// Adds a mistake at `tokens`, the smallest part that is wrong.
    pub(crate) fn at(&mut self, tokens: impl ToTokens, message: impl Display) {
        self.push(Error::new_spanned(tokens, message));
    }

    /// Adds a mistake, or several that were combined.
    pub(crate) fn push(&mut self, error: Error) {
        self.found.push(error);
    }

    /// Adds the mistake of a failed step, so that the caller can go on with the next step.
    pub(crate) fn take<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.push(error)).ok()
    }

    /// Returns `value`, or all mistakes as one error.
    pub(crate) fn finish<T>(self, value: T) -> syn::Result<T> {
        let combine = |mut all: Error, error| {
            all.combine(error);
            all
        };
        self.found
            .into_iter()
            .reduce(combine)
            .map_or(Ok(value), Err)
    }

    /// Returns the number of mistakes. A caller compares two numbers to see whether a step failed.
    pub(crate) fn len(&self) -> usize {
        self.found.len()
    }

    /// Turns every mistake into a `compile_error!`.
    pub(crate) fn into_compile_errors(self) -> TokenStream {
        self.found.iter().map(Error::to_compile_error).collect()
    }
}

/// Returns the error for `tokens` that are not `expected`, with the tokens quoted.
pub(crate) fn mismatch(
    tokens: &impl ToTokens,
    subject: impl Display,
    expected: impl Display,
) -> Error {
    let message = format!("{subject} must be {expected}; found {}", quoted(tokens));
    Error::new_spanned(tokens, message)
}

/// Returns the error for `tokens` that are not `expected`, with the text to write in their place.
pub(crate) fn correction(
    tokens: &impl ToTokens,
    subject: impl Display,
    expected: impl Display,
    text: impl Display,
) -> Error {
    let found = quoted(tokens);
    let message = format!("{subject} must be {expected}; found {found}; write {text}");
    Error::new_spanned(tokens, message)
}

/// The longest text that a message quotes whole, in characters.
const LONGEST: usize = 40;

/// Returns tokens as a message shows them: a literal as it is, everything else in backticks.
fn quoted(tokens: &impl ToTokens) -> String {
    let tokens = tokens.to_token_stream();
    let mut text = tokens.to_string();
    if let Some((end, _)) = text.char_indices().nth(LONGEST) {
        text.truncate(end);
        return format!("`{text}…`");
    }
    match syn::parse2::<Lit>(tokens) {
        Ok(_) => text,
        Err(_) => format!("`{text}`"),
    }
}
