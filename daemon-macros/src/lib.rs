//! The `#[daemon]` attribute. Use it through `daemon-rt`, which re-exports it.
#![forbid(unsafe_code)]

use proc_macro::TokenStream;

mod attribute;
mod check;
mod errors;
mod expand;
mod fallback;
mod given;
mod list;
mod model;
mod parse;
mod suggest;
#[cfg(test)]
#[expect(clippy::expect_used, clippy::panic, reason = "a test fails by a panic")]
mod tests;
mod twice;
mod values;

#[doc = include_str!("../docs/daemon.md")]
#[proc_macro_attribute]
pub fn daemon(args: TokenStream, item: TokenStream) -> TokenStream {
    attribute::daemon(args.into(), item.into()).into()
}

#[doc = include_str!("../docs/signal.md")]
#[proc_macro_attribute]
pub fn signal(args: TokenStream, item: TokenStream) -> TokenStream {
    attribute::outside("signal", args.into(), item.into()).into()
}

#[doc = include_str!("../docs/every.md")]
#[proc_macro_attribute]
pub fn every(args: TokenStream, item: TokenStream) -> TokenStream {
    attribute::outside("every", args.into(), item.into()).into()
}
