//! Comma lists, split before they are parsed, so that one bad element does not hide the next.

use proc_macro2::{TokenStream, TokenTree};

/// The elements of a comma list; a comma at the end is fine.
pub(crate) fn split(tokens: TokenStream) -> Vec<TokenStream> {
    let mut elements = vec![];
    let mut element = TokenStream::new();
    for token in tokens {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == ',' => {
                elements.push(std::mem::take(&mut element));
            }
            token => element.extend([token]),
        }
    }
    if !element.is_empty() {
        elements.push(element);
    }
    elements
}
