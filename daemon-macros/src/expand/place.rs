//! Places of the user's for tokens of the expansion.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::Path;

/// The place `at`, for tokens that mean what they mean here.
pub(super) fn located(at: Span) -> Span {
    Span::call_site().located_at(at)
}

/// The path of the runtime, at a place of the user's.
pub(super) fn at(krate: &Path, at: Span) -> TokenStream {
    let place = |mut token: TokenTree| {
        token.set_span(token.span().located_at(at));
        token
    };
    krate.to_token_stream().into_iter().map(place).collect()
}
