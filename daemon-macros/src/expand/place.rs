//! Places of the user's for tokens of the expansion.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{ItemImpl, Path};

/// The place `at`, for tokens that mean what they mean in the user's block: an error at them is one
/// in the user's code.
pub(super) fn in_block(item: &ItemImpl, at: Span) -> Span {
    item.impl_token.span.located_at(at)
}

/// The path of the runtime, at a place of the user's.
pub(super) fn path(krate: &Path, at: Span) -> TokenStream {
    let place = |mut token: TokenTree| {
        token.set_span(token.span().located_at(at));
        token
    };
    krate.to_token_stream().into_iter().map(place).collect()
}
