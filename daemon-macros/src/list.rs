//! Comma lists, split before they are parsed, so that one bad element does not hide the next.

use proc_macro2::{TokenStream, TokenTree};

/// The elements of a comma list; a comma at the end is fine. Where an element is missing, the comma
/// stands for it, so that an error has a place.
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
