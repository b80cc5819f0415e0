//! The attribute's stages, one after the other.

use proc_macro2::TokenStream;

use crate::errors::Errors;
use crate::expand;
use crate::fallback;
use crate::model::{self, Model};
use crate::parse;

/// `#[daemon(args)] item`, expanded.
pub(crate) fn daemon(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let args = parse::args(args, &mut errors);
    let krate = model::krate(&args);
    let mut output = match parse::item(item, &mut errors) {
        Err(other) => fallback::other(&other, &krate),
        Ok(block) => {
            let item = block.item.clone();
            match Model::new(args, block, &mut errors) {
                Some(model) => expand::expand(&model),
                None => fallback::block(&item, &krate),
            }
        }
    };
    output.extend(errors.into_compile_errors());
    output
}

/// The error of a helper attribute that no `#[daemon]` took, in front of the item.
pub(crate) fn stray(name: &str, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    errors.push(syn::Error::new(
        proc_macro2::Span::call_site(),
        format!("`#[{name}]` works inside an impl block marked `#[daemon(…)]`"),
    ));
    let mut output = errors.into_compile_errors();
    output.extend(item);
    output
}
