//! Replaces the expansion when there are errors. The rest of the program then still compiles, so
//! that one mistake is one error.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::{Generics, Item, ItemImpl, Path};

/// Returns the user's block and an `impl Daemon` that does nothing.
pub(crate) fn block(item: &ItemImpl, krate: &Path) -> TokenStream {
    let inert = inert(&item.self_ty, &item.generics, krate);
    quote!(#item #inert)
}

/// Returns an item that is not an impl block, with an `impl Daemon` for the type that it defines.
pub(crate) fn item(tokens: &TokenStream, krate: &Path) -> TokenStream {
    let named = |name: &Ident, generics: &Generics| {
        let (_, arguments, _) = generics.split_for_impl();
        inert(quote!(#name #arguments), generics, krate)
    };
    let inert = match syn::parse2(tokens.clone()) {
        Ok(Item::Struct(item)) => named(&item.ident, &item.generics),
        Ok(Item::Enum(item)) => named(&item.ident, &item.generics),
        Ok(Item::Union(item)) => named(&item.ident, &item.generics),
        _ => TokenStream::new(),
    };
    quote!(#tokens #inert)
}

fn inert(daemon: impl ToTokens, generics: &Generics, krate: &Path) -> TokenStream {
    let (parameters, _, condition) = generics.split_for_impl();
    let predicates: Vec<_> = condition
        .map(|condition| &condition.predicates)
        .into_iter()
        .collect();
    quote! {
        impl #parameters #krate::Daemon for #daemon
        where
            Self: 'static,
            #(#predicates)*
        {
            const SPEC: #krate::Spec = #krate::Spec::new("invalid");
            type Life = #krate::Turns;
        }
        impl #parameters #krate::Hooks for #daemon
        where
            Self: 'static,
            #(#predicates)*
        {
            fn create(_: &mut #krate::Resources<'_>) -> ::core::result::Result<Self, #krate::Failure> {
                ::core::unreachable!()
            }
            fn dispatch(&mut self, _: #krate::Event<'_>, _: &mut #krate::Context) -> #krate::Outcome {
                #krate::Outcome::Unhandled
            }
        }
    }
}
