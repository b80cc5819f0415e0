//! The attribute's stages, one after the other.

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};

use crate::errors::Errors;
use crate::expand;
use crate::fallback;
use crate::model::{self, Model};
use crate::parse;

/// `#[daemon(args)] item`, expanded.
pub(crate) fn daemon(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let args = parse::args(args, &mut errors);
    let mut output = match parse::item(item, &mut errors) {
        Err(other) => fallback::other(&other, &model::krate(&args, Span::call_site())),
        Ok(block) => {
            let item = block.item.clone();
            let krate = model::krate(&args, item.impl_token.span);
            match Model::new(args, block, &mut errors) {
                Some(model) => expand::expand(&model),
                None => fallback::block(&item, &krate),
            }
        }
    };
    output.extend(errors.into_compile_errors());
    output
}

/// Reports a helper attribute that no `#[daemon]` took, at what the user wrote, and keeps the item.
pub(crate) fn outside(name: &str, args: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    errors.at(
        args.into_iter().next().or_else(|| keyword(item.clone())),
        format!("`#[{name}]` works inside an impl block marked `#[daemon(…)]`"),
    );
    let mut output = errors.into_compile_errors();
    output.extend(item);
    output
}

/// The first token of an item behind its attributes.
fn keyword(item: TokenStream) -> Option<TokenTree> {
    let is_attribute = |token: &TokenTree| match token {
        TokenTree::Punct(punct) => punct.as_char() == '#',
        TokenTree::Group(group) => group.delimiter() == Delimiter::Bracket,
        _ => false,
    };
    item.into_iter().find(|token| !is_attribute(token))
}
