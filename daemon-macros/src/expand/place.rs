//! Gives tokens of the expansion the spans of the user's code.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{ItemImpl, Path};

/// Returns a span at `at` with the hygiene of the user's block. The compiler reports an error at
/// such a token as an error in the user's code.
pub(super) fn in_block(item: &ItemImpl, at: Span) -> Span {
    item.impl_token.span.located_at(at)
}

/// Returns the path of the runtime at a span of the user's code.
pub(super) fn path(krate: &Path, at: Span) -> TokenStream {
    let place = |mut token: TokenTree| {
        token.set_span(token.span().located_at(at));
        token
    };
    krate.to_token_stream().into_iter().map(place).collect()
}
