//! Runs the stages of the attribute one after another.

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{ImplItem, ItemImpl};

use crate::errors::Errors;
use crate::expand;
use crate::fallback;
use crate::model::{self, Model};
use crate::parse;
use crate::twice;

/// Expands `#[daemon(args)] item`. With mistakes, the output holds their errors and the fallback.
pub(crate) fn daemon(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let args = parse::args(args, &mut errors);
    let mut output = match parse::item(item, &mut errors) {
        Err(other) => fallback::item(&other, &model::krate(&args, Span::call_site())),
        Ok(block) => {
            if let Some(first) = twice::earlier(&block.item) {
                return second(block.item, &first);
            }
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

/// Reports the second block of a type, and keeps the methods that the first block does not have.
fn second(mut item: ItemImpl, first: &[String]) -> TokenStream {
    let mut errors = Errors::default();
    errors.at(
        &item.self_ty,
        "a type can have only one `#[daemon]` block; move these methods into the first one",
    );
    item.items.retain(|inner| match inner {
        ImplItem::Fn(function) => !first.contains(&function.sig.ident.to_string()),
        _ => true,
    });
    let mut output = errors.into_compile_errors();
    item.to_tokens(&mut output);
    output
}

/// Reports a helper attribute outside of a `#[daemon]` block, at the user's own tokens, and keeps
/// the item.
pub(crate) fn outside(name: &str, args: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    errors.at(
        args.into_iter().next().or_else(|| keyword(item.clone())),
        format!("`#[{name}]` works only in an impl block marked `#[daemon(…)]`"),
    );
    let mut output = errors.into_compile_errors();
    output.extend(item);
    output
}

/// Returns the first token of an item after its attributes.
fn keyword(item: TokenStream) -> Option<TokenTree> {
    let is_attribute = |token: &TokenTree| match token {
        TokenTree::Punct(punct) => punct.as_char() == '#',
        TokenTree::Group(group) => group.delimiter() == Delimiter::Bracket,
        _ => false,
    };
    item.into_iter().find(|token| !is_attribute(token))
}
