//! Parses the impl block and removes the helper attributes from it.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{
    Attribute, Error, Expr, ExprLit, GenericArgument, GenericParam, ImplItem, ImplItemFn, Item,
    ItemImpl, Lifetime, Lit, LitStr, Meta, PathArguments, Signature, Type,
};

use crate::errors::Errors;
use crate::parse::helper::{self, Helper};

/// The impl block without helper attributes, and its methods.
pub(crate) struct Block {
    pub(crate) item: ItemImpl,
    /// The first paragraph of the block's documentation, in one line.
    pub(crate) about: Option<LitStr>,
    pub(crate) methods: Vec<Method>,
    /// True if a part of the block has a mistake, so that a missing method may be in that part.
    pub(crate) broken: bool,
}

/// A function of the block.
pub(crate) struct Method {
    pub(crate) signature: Signature,
    /// Its `#[cfg]` attributes. The expansion repeats them wherever it refers to the method.
    pub(crate) cfgs: Vec<Attribute>,
    pub(crate) helpers: Vec<Helper>,
}

/// Parses the block. Returns the tokens of any other item, for the fallback.
pub(crate) fn parse(tokens: TokenStream, errors: &mut Errors) -> Result<Block, TokenStream> {
    match syn::parse2(tokens.clone()) {
        Ok(Item::Impl(item)) => Ok(Block::new(item, errors)),
        Ok(other) => {
            errors.push(misplaced(&other));
            Err(tokens)
        }
        Err(_) => {
            let first = tokens.clone().into_iter().next();
            errors.at(first, "`#[daemon]` goes on an inherent `impl` block");
            Err(tokens)
        }
    }
}

impl Block {
    fn new(mut item: ItemImpl, errors: &mut Errors) -> Self {
        let before = errors.len();
        check(&mut item, errors);
        let mut methods = vec![];
        for inner in &mut item.items {
            match inner {
                ImplItem::Fn(function) => methods.push(Method::new(function, errors)),
                ImplItem::Const(other) => helper::refuse(&mut other.attrs, "a constant", errors),
                ImplItem::Type(other) => helper::refuse(&mut other.attrs, "a type", errors),
                ImplItem::Macro(call) => errors.at(
                    &call.mac.path,
                    "`#[daemon]` cannot see inside a macro call; write the methods directly, or \
                     move the call to another impl block",
                ),
                _ => {}
            }
        }
        let broken = errors.len() > before;
        Self {
            about: about(&item.attrs),
            item,
            methods,
            broken,
        }
    }
}

/// Returns the first paragraph of the documentation in one line, at the span of its first line.
fn about(attributes: &[Attribute]) -> Option<LitStr> {
    let texts: Vec<LitStr> = attributes.iter().filter_map(documentation).collect();
    let first = texts
        .iter()
        .position(|text| !text.value().trim().is_empty())?;
    let whole = texts[first..].iter().map(LitStr::value);
    let whole = whole.collect::<Vec<_>>().join("\n");
    let lines = whole.lines().map(str::trim);
    let paragraph = lines
        .skip_while(|line| line.is_empty())
        .take_while(|line| !line.is_empty());
    let paragraph = paragraph.collect::<Vec<_>>().join(" ");
    Some(LitStr::new(&paragraph, texts[first].span()))
}

/// Returns the text of a documentation comment.
fn documentation(attribute: &Attribute) -> Option<LitStr> {
    let value = &attribute.meta.require_name_value().ok()?.value;
    match value {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) if attribute.path().is_ident("doc") => Some(text.clone()),
        _ => None,
    }
}

impl Method {
    fn new(function: &mut ImplItemFn, errors: &mut Errors) -> Self {
        let helpers = helper::take(&mut function.attrs, errors);
        let is_cfg = |attribute: &&Attribute| attribute.path().is_ident("cfg");
        Self {
            signature: function.sig.clone(),
            cfgs: function.attrs.iter().filter(is_cfg).cloned().collect(),
            helpers,
        }
    }
}

/// Reports blocks that cannot be a daemon, and removes a second `#[daemon]`.
fn check(item: &mut ItemImpl, errors: &mut Errors) {
    if let Some((path, _)) = &item.trait_ {
        let name = path
            .segments
            .last()
            .map(|segment| segment.ident.to_string());
        let name = name.unwrap_or_default();
        let message =
            format!("`#[daemon]` goes on an inherent `impl` block, not on an impl of `{name}`");
        errors.at(path, message);
    }
    generic(item, errors);
    item.attrs.retain(|attribute| {
        let again = is_daemon(attribute);
        if again {
            errors.at(attribute, "an impl block can have only one `#[daemon]`");
        }
        !again
    });
}

/// Reports a block of many types, and names the form of a block of one.
fn generic(item: &ItemImpl, errors: &mut Errors) {
    let name = match &*item.self_ty {
        Type::Path(path) => path.path.segments.last().map(|last| last.ident.to_string()),
        _ => None,
    };
    let name = name.as_deref().unwrap_or("Server");
    let borrows = format!(
        "a daemon type cannot borrow, because it lives as long as the process; write a concrete \
         type, such as `impl {name}<'static>`"
    );
    let parameters = &item.generics.params;
    let is_lifetime = |parameter: &GenericParam| matches!(parameter, GenericParam::Lifetime(_));
    if parameters.is_empty() {
        if let Some(lifetime) = elided(&item.self_ty) {
            errors.at(lifetime, borrows);
        }
    } else if parameters.iter().all(is_lifetime) {
        errors.at(&item.generics, borrows);
    } else {
        let message = format!(
            "a daemon type cannot be generic: all its instances would share one name and pid \
             file; write a concrete type, such as `impl {name}<u8>`"
        );
        errors.at(&item.generics, message);
    }
}

/// Returns a lifetime that makes a type generic without a parameter of the block: `Server<'_>`.
fn elided(typed: &Type) -> Option<&Lifetime> {
    let Type::Path(path) = typed else {
        return None;
    };
    let PathArguments::AngleBracketed(arguments) = &path.path.segments.last()?.arguments else {
        return None;
    };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Lifetime(lifetime) if lifetime.ident == "_" => Some(lifetime),
        _ => None,
    })
}

fn is_daemon(attribute: &Attribute) -> bool {
    let path = match &attribute.meta {
        Meta::Path(path) => path,
        Meta::List(list) => &list.path,
        Meta::NameValue(_) => return false,
    };
    let last = path.segments.last();
    last.is_some_and(|segment| segment.ident == "daemon")
}

/// Returns the error for an item that is not an impl block, at its keyword.
fn misplaced(item: &Item) -> Error {
    let (at, what): (&dyn ToTokens, &str) = match item {
        Item::Const(item) => (&item.const_token, "a constant"),
        Item::Enum(item) => (&item.enum_token, "an enum"),
        Item::Fn(item) => (&item.sig.fn_token, "a function"),
        Item::Macro(item) => (&item.mac.path, "a macro"),
        Item::Mod(item) => (&item.mod_token, "a module"),
        Item::Static(item) => (&item.static_token, "a static"),
        Item::Struct(item) => (&item.struct_token, "a struct"),
        Item::Trait(item) => (&item.trait_token, "a trait"),
        Item::Type(item) => (&item.type_token, "a type alias"),
        Item::Union(item) => (&item.union_token, "a union"),
        Item::Use(item) => (&item.use_token, "a `use`"),
        other => return Error::new(other.span(), "`#[daemon]` goes on an inherent `impl` block"),
    };
    let message = format!("`#[daemon]` goes on an inherent `impl` block, not on {what}");
    Error::new_spanned(at, message)
}
