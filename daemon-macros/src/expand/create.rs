//! Writes `create`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ItemImpl;
use syn::ext::IdentExt;
use syn::spanned::Spanned;

use crate::check::{Constructor, Life, Listener, Parameter};
use crate::expand::condition::unless;
use crate::expand::place::{in_block, path};
use crate::expand::settings;
use crate::model::Model;

/// Writes one `create` per `new`, or one for `Default`.
pub(super) fn expand(model: &Model) -> TokenStream {
    let Model {
        krate,
        constructors,
        item,
        ..
    } = model;
    let asynchronous = (model.life == Life::Tasks).then(|| quote!(async));
    let function = |condition: TokenStream, resources: TokenStream, body: TokenStream| {
        quote! {
            /// Builds the daemon in the detached process.
            #condition
            #asynchronous fn create(
                #resources: &mut #krate::Resources<'_>,
            ) -> ::core::result::Result<Self, #krate::Failure> {
                #body
            }
        }
    };
    let by_new = constructors.iter().map(|new| {
        let cfgs = &new.cfgs;
        let resources = if new.parameters.is_empty() {
            quote!(_)
        } else {
            quote!(resources)
        };
        function(quote!(#(#cfgs)*), resources, build(model, new))
    });
    let others: Vec<_> = constructors.iter().map(|new| &*new.cfgs).collect();
    let by_default = unless(&others).map(|condition| {
        let daemon = item.self_ty.span();
        let krate = path(krate, daemon);
        function(
            condition,
            quote!(_),
            quote_spanned!(in_block(item, daemon)=> #krate::__private::by_default()),
        )
    });
    quote!(#(#by_new)* #by_default)
}

/// Takes the parameters out of the resources and calls `new`. The context comes last, because it
/// borrows the resources.
fn build(model: &Model, new: &Constructor) -> TokenStream {
    let Model { krate, item, .. } = model;
    let krate = path(krate, new.returns);
    let name = |at: Span| Ident::new(model.life.access_name(), in_block(item, at));
    let arguments = new.parameters.iter().map(|parameter| match parameter {
        Parameter::Settings(at) => settings::name(item, *at),
        Parameter::Listener(listener) => name_of(listener, item),
        Parameter::Access(access) => {
            let name = name(access.at);
            let by_reference = (model.life == Life::Tasks && !access.is_owned).then(|| quote!(&));
            quote!(#by_reference #name)
        }
    });
    let taken = |wanted: fn(&Parameter) -> bool| new.parameters.iter().any(wanted);
    let config = model.config.iter();
    let config = config.filter(|_| taken(|parameter| matches!(parameter, Parameter::Settings(_))));
    let settings = config.map(|(_, config)| {
        let name = settings::name(item, Span::call_site());
        let read = settings::read(config, item);
        quote!(let #name = #read?;)
    });
    let listeners = new
        .parameters
        .iter()
        .filter_map(|parameter| match parameter {
            Parameter::Listener(listener) => Some(listener),
            _ => None,
        });
    let listeners = listeners.map(|listener| {
        let Listener {
            name, typed, kind, ..
        } = &**listener;
        let (local, krate) = (name_of(listener, item), &model.krate);
        let function = Ident::new(kind.function(), Span::call_site());
        let name = name.unraw().to_string();
        quote!(let #local = #krate::__private::#function::<#typed>(resources, #name)?;)
    });
    let access = taken(|parameter| matches!(parameter, Parameter::Access(_))).then(|| {
        let name = name(Span::call_site());
        let method = Ident::new(model.life.access_name(), Span::call_site());
        quote!(let #name = resources.#method()?;)
    });
    let wait = new.is_async.then(|| quote!(.await));
    let call = quote_spanned! {in_block(item, new.returns)=>
        #krate::__private::created::<Self>(Self::new(#(#arguments),*) #wait)
    };
    quote!(#(#settings)* #(#listeners)* #access #call)
}

/// Returns the name of a listener in `create`, with the hygiene of the block.
fn name_of(listener: &Listener, item: &ItemImpl) -> TokenStream {
    let mut name = listener.name.clone();
    name.set_span(in_block(item, name.span()));
    name.to_token_stream()
}
