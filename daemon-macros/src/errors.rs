//! Collects mistakes, so that one compile shows them all.

use std::fmt::Display;

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::Error;

/// The mistakes found so far.
#[derive(Default)]
pub(crate) struct Errors {
    found: Vec<Error>,
}

impl Errors {
    /// Notes a mistake at `tokens`, the smallest part that is wrong.
    pub(crate) fn at(&mut self, tokens: impl ToTokens, message: impl Display) {
        self.push(Error::new_spanned(tokens, message));
    }

    /// Notes a mistake, or several that were combined.
    pub(crate) fn push(&mut self, error: Error) {
        self.found.push(error);
    }

    /// Notes the mistake of a failed step and lets the caller go on to the next.
    pub(crate) fn take<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.push(error)).ok()
    }

    /// The value, unless a mistake was found; all of them are then combined.
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

    /// How many have been found, to tell whether a step found one.
    pub(crate) fn len(&self) -> usize {
        self.found.len()
    }

    pub(crate) fn into_compile_errors(self) -> TokenStream {
        self.found.iter().map(Error::to_compile_error).collect()
    }
}
