//! Writes the variants of `daemon_rt::Signal`.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{ToTokens, quote};

use crate::values::Signal;

/// Returns the variant at the user's tokens.
pub(super) fn variant(signal: &Signal) -> TokenStream {
    let name = signal.name();
    let Some(realtime) = signal.realtime() else {
        return name.to_token_stream();
    };
    let mut number = Literal::u8_unsuffixed(realtime.n);
    number.set_span(realtime.at);
    let variant = Ident::new("Realtime", name.span());
    quote!(#variant(#number))
}
