//! Writes the reading of the settings.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{ItemImpl, Type};

use crate::expand::place::in_block;

/// Writes `resources.settings::<Settings>()`. All such calls of a block have the place of the type
/// in the attribute, so that the compiler reports a wrong type once.
pub(super) fn read(config: &Type, item: &ItemImpl) -> TokenStream {
    let at = in_block(item, config.span());
    let resources = quote!(resources);
    let call = quote_spanned!(at=> .settings::<#config>());
    quote!(#resources #call)
}

/// Returns the name of the settings, in the block of the user.
pub(super) fn name(item: &ItemImpl, at: Span) -> TokenStream {
    let at = in_block(item, at);
    quote_spanned!(at=> settings)
}
