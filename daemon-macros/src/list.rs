//! Comma lists, split before they are parsed, so that one bad element does not hide the next.

use proc_macro2::{TokenStream, TokenTree};
use syn::Result;

use crate::errors::Errors;

/// Reads each element of a comma list by `read`, and reports the mistakes of all elements.
pub(crate) fn read<T>(
    tokens: TokenStream,
    mut read: impl FnMut(TokenStream) -> Result<T>,
) -> Result<Vec<T>> {
    let mut errors = Errors::default();
    let mut values = vec![];
    for element in split(tokens) {
        values.extend(errors.take(read(element)));
    }
    errors.finish(values)
}

/// Returns the elements of a comma list, which may end in a comma. Where an element is missing, the
/// comma takes its place, so that an error has a span.
pub(crate) fn split(tokens: TokenStream) -> Vec<TokenStream> {
    let mut elements = vec![];
    let mut element = TokenStream::new();
    for token in tokens {
        let is_comma = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == ',');
        if !is_comma || element.is_empty() {
            element.extend([token]);
        }
        if is_comma {
            elements.push(std::mem::take(&mut element));
        }
    }
    if !element.is_empty() {
        elements.push(element);
    }
    elements
}
