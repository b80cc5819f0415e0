//! Combines the `#[cfg]` attributes of methods.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::Attribute;

/// Returns the condition under which none of the others holds, unless one of them always holds.
pub(super) fn unless(others: &[&[Attribute]]) -> Option<TokenStream> {
    let others: Vec<_> = others
        .iter()
        .map(|cfgs| predicate(cfgs))
        .collect::<Option<_>>()?;
    Some(match &others[..] {
        [] => TokenStream::new(),
        [only] => quote!(#[cfg(not(#only))]),
        several => quote!(#[cfg(not(any(#(#several),*)))]),
    })
}

/// Returns the `#[cfg]` attributes of a method as one predicate.
fn predicate(cfgs: &[Attribute]) -> Option<TokenStream> {
    let lists = cfgs.iter().filter_map(|cfg| cfg.meta.require_list().ok());
    let predicates: Vec<_> = lists.map(|list| &list.tokens).collect();
    match &predicates[..] {
        [] => None,
        [only] => Some(only.to_token_stream()),
        several => Some(quote!(all(#(#several),*))),
    }
}
