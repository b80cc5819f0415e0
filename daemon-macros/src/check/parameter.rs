//! The common parts of the checks of signatures.

use proc_macro2::Span;
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{FnArg, Pat, PatType, Receiver, ReturnType, Safety, Signature, Type};

use crate::errors::Errors;

/// Reports qualifiers that the runtime cannot call. `const` is fine, because a lint asks for it.
pub(super) fn qualifiers(subject: &str, signature: &Signature, errors: &mut Errors) {
    if let Safety::Unsafe(token) = &signature.safety {
        errors.at(token, format!("{subject} cannot be `unsafe`"));
    }
    if let Some(abi) = &signature.abi {
        errors.at(abi, format!("{subject} cannot be `extern`"));
    }
    if !signature.generics.params.is_empty() {
        errors.at(&signature.generics, format!("{subject} cannot be generic"));
    }
    for input in &signature.inputs {
        let (FnArg::Typed(PatType { attrs, .. }) | FnArg::Receiver(Receiver { attrs, .. })) = input;
        for cfg in attrs
            .iter()
            .filter(|attribute| attribute.path().is_ident("cfg"))
        {
            let message = "`#[daemon]` cannot evaluate a `#[cfg]` on a parameter; write two \
                           methods, each with a `#[cfg]`";
            errors.at(cfg, message);
        }
    }
}

/// Returns the parameters after the `self`.
pub(super) fn after_self(signature: &Signature) -> impl Iterator<Item = &PatType> {
    signature.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(parameter) => Some(parameter),
        FnArg::Receiver(_) => None,
    })
}

/// Reports a value behind a reference. The `subject` is in the plural.
pub(super) fn by_value(typed: &Type, subject: &str, errors: &mut Errors) {
    if let Type::Reference(reference) = typed {
        let message = format!("{subject} are passed by value; remove the `&`");
        errors.at(reference.and_token, message);
    }
}

/// True for the context, the only parameter that is passed by a mutable reference.
pub(super) fn is_context(parameter: &PatType) -> bool {
    is_mutable(&parameter.ty)
}

/// True for a `Handle`, also behind a shared reference. An alias of it is not known here.
pub(super) fn is_handle(parameter: &PatType) -> bool {
    match &*parameter.ty {
        Type::Reference(reference) if reference.mutability.is_none() => {
            is_named(&reference.elem, "Handle")
        }
        typed => is_named(typed, "Handle"),
    }
}

pub(super) fn is_mutable(typed: &Type) -> bool {
    match typed {
        Type::Reference(reference) => reference.mutability.is_some(),
        Type::Group(group) => is_mutable(&group.elem),
        Type::Paren(paren) => is_mutable(&paren.elem),
        _ => false,
    }
}

/// True if the last word of a path is `name`.
pub(super) fn is_named(typed: &Type, name: &str) -> bool {
    match typed {
        Type::Path(path) => {
            let last = path.path.segments.last();
            last.is_some_and(|segment| segment.ident == name)
        }
        Type::Group(group) => is_named(&group.elem, name),
        Type::Paren(paren) => is_named(&paren.elem, name),
        _ => false,
    }
}

/// Describes a parameter by its name. Its type would show the spacing of tokens, not the user's.
pub(super) fn described(parameter: &PatType) -> String {
    match &*parameter.pat {
        name @ Pat::Ident(_) => format!("the extra parameter `{}`", name.to_token_stream()),
        _ => "an extra parameter".into(),
    }
}

/// Returns the span at which the compiler reports a wrong return type.
pub(crate) fn returns(signature: &Signature) -> Span {
    match &signature.output {
        ReturnType::Default => signature.ident.span(),
        ReturnType::Type(_, typed) => typed.span(),
    }
}
