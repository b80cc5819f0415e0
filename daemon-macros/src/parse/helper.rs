//! The helper attributes of methods: `#[signal(…)]` and `#[every("…")]`.

use proc_macro2::TokenStream;
use syn::punctuated::Punctuated;
use syn::{Attribute, Error, LitStr, Meta, Path, Result, Token};

use crate::errors::{self, Errors};
use crate::list;
use crate::values::{self, Period, Signal};

/// A helper attribute, read.
pub(crate) struct Helper {
    pub(crate) attribute: Attribute,
    pub(crate) kind: Kind,
}

pub(crate) enum Kind {
    Signal(Vec<Signal>),
    Every(Period),
    /// An attribute whose error is noted: the method is meant to be one of these.
    Broken,
}

static NAMES: [&str; 2] = ["signal", "every"];

/// Takes the helper attributes out of a method's attributes.
pub(crate) fn take(attributes: &mut Vec<Attribute>, errors: &mut Errors) -> Vec<Helper> {
    let mut helpers = vec![];
    attributes.retain(|attribute| {
        let Some(read) = read(attribute) else {
            return true;
        };
        helpers.push(Helper {
            attribute: attribute.clone(),
            kind: errors.take(read).unwrap_or(Kind::Broken),
        });
        false
    });
    helpers
}

/// Takes the helper attributes out of the attributes of something that is no method.
pub(crate) fn refuse(attributes: &mut Vec<Attribute>, what: &str, errors: &mut Errors) {
    attributes.retain(|attribute| {
        let name = named(attribute.path());
        if let Some(name) = name {
            errors.at(
                attribute,
                format!("`#[{name}]` goes on a method, not on {what}"),
            );
        }
        name.is_none()
    });
}

/// Reads an attribute; none if it is not one of ours.
fn read(attribute: &Attribute) -> Option<Result<Kind>> {
    let path = attribute.path();
    if path.is_ident("signal") {
        return Some(signals(attribute).map(Kind::Signal));
    }
    if path.is_ident("every") {
        return Some(period(attribute).map(Kind::Every));
    }
    if path.is_ident("cfg_attr") {
        return hidden(attribute).map(Err);
    }
    named(path).map(|name| {
        let message = format!(
            "write `#[{name}(…)]` instead of `#[{}(…)]`; `#[daemon]` reads it without a path",
            spelled(path)
        );
        Err(Error::new_spanned(path, message))
    })
}

/// The helper attribute that the last word of a path names, whatever is in front of it.
fn named(path: &Path) -> Option<&'static str> {
    let last = &path.segments.last()?.ident;
    NAMES.into_iter().find(|name| last == name)
}

/// A path as it is written, without the spaces between its tokens.
fn spelled(path: &Path) -> String {
    let words = path
        .segments
        .iter()
        .map(|segment| segment.ident.to_string());
    let words = words.collect::<Vec<_>>().join("::");
    match path.leading_colon {
        Some(_) => format!("::{words}"),
        None => words,
    }
}

/// The tokens in the parentheses; none if there are none, or none in them.
fn arguments(attribute: &Attribute) -> Option<TokenStream> {
    match &attribute.meta {
        Meta::List(list) if !list.tokens.is_empty() => Some(list.tokens.clone()),
        _ => None,
    }
}

fn signals(attribute: &Attribute) -> Result<Vec<Signal>> {
    let missing = || {
        let message = "`#[signal]` needs a signal, such as `#[signal(SIGUSR1)]`";
        Error::new_spanned(attribute, message)
    };
    list::read(arguments(attribute).ok_or_else(missing)?, syn::parse2)
}

fn period(attribute: &Attribute) -> Result<Period> {
    let Some(tokens) = arguments(attribute) else {
        let message = "`#[every]` needs a period, such as `#[every(\"30s\")]`";
        return Err(Error::new_spanned(attribute, message));
    };
    let subject = "the period of `#[every]`";
    let text: LitStr = syn::parse2(tokens.clone())
        .map_err(|_| errors::mismatch(&tokens, subject, "a string literal, such as \"30s\""))?;
    let period = values::period(&text, subject)?;
    if period.milliseconds == 0 {
        let expected = "longer than zero, such as \"250ms\"";
        return Err(errors::mismatch(&text, subject, expected));
    }
    Ok(period)
}

/// The error for a `cfg_attr` that hides from `#[daemon]` what it has to read.
fn hidden(attribute: &Attribute) -> Option<Error> {
    let parse = Punctuated::<Meta, Token![,]>::parse_terminated;
    let metas = attribute.parse_args_with(parse).ok()?;
    let hides = |meta: &Meta| match meta.path() {
        path if path.is_ident("cfg") => Some("cfg"),
        path => named(path),
    };
    metas.iter().skip(1).find_map(hides).map(|name| {
        let message =
            format!("`#[daemon]` cannot see through `cfg_attr`; write the `#[{name}(…)]` itself");
        Error::new_spanned(attribute, message)
    })
}
