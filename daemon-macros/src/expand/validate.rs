//! Writes `check_settings` of `Daemon`.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};

use crate::expand::condition::unless;
use crate::expand::place::{in_block, path};
use crate::expand::settings;
use crate::model::Model;

/// Writes one `check_settings` per `validate` of the user, or one that only reads the settings.
pub(super) fn expand(model: &Model) -> Option<TokenStream> {
    let Model {
        krate,
        item,
        validators,
        ..
    } = model;
    let (_, config) = model.config.as_ref()?;
    let read = settings::read(config, item);
    let function = |condition: TokenStream, body: TokenStream| {
        quote! {
            /// Reads the settings in a process that has become the declared user.
            #condition
            fn check_settings(
                resources: &#krate::Resources<'_>,
            ) -> ::core::result::Result<(), #krate::Failure> {
                #body
            }
        }
    };
    let by_user = validators.iter().map(|validator| {
        let cfgs = &validator.cfgs;
        let (name, value) = (
            settings::name(item, Span::call_site()),
            settings::name(item, validator.settings),
        );
        let krate = path(krate, validator.returns);
        let call = quote_spanned! {in_block(item, validator.returns)=>
            #krate::__private::checked(Self::validate(&#value))
        };
        function(quote!(#(#cfgs)*), quote!(let #name = #read?; #call))
    });
    let others: Vec<_> = validators
        .iter()
        .map(|validator| &*validator.cfgs)
        .collect();
    let alone = unless(&others).map(|condition| function(condition, quote!(#read.map(|_| ()))));
    Some(quote!(#(#by_user)* #alone))
}
