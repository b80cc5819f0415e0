//! Writes `create`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use crate::expand::condition::unless;
use crate::expand::place::{in_block, path};
use crate::model::Model;

/// Writes one `create` per `new`, or one for `Default`.
pub(super) fn expand(model: &Model) -> TokenStream {
    let Model {
        krate,
        constructors,
        item,
        ..
    } = model;
    let function = |condition: TokenStream, body: TokenStream| {
        quote! {
            /// Builds the daemon in the detached process.
            #condition
            fn create(
                _: &mut #krate::Resources<'_>,
            ) -> ::core::result::Result<Self, #krate::Failure> {
                #body
            }
        }
    };
    let by_new = constructors.iter().map(|new| {
        let cfgs = &new.cfgs;
        let krate = path(krate, new.returns);
        let call =
            quote_spanned!(in_block(item, new.returns)=> #krate::__private::created::<Self>(Self::new()));
        function(quote!(#(#cfgs)*), call)
    });
    let others: Vec<_> = constructors.iter().map(|new| &*new.cfgs).collect();
    let by_default = unless(&others).map(|condition| {
        let daemon = item.self_ty.span();
        let krate = path(krate, daemon);
        function(
            condition,
            quote_spanned!(in_block(item, daemon)=> #krate::__private::by_default()),
        )
    });
    quote!(#(#by_new)* #by_default)
}
