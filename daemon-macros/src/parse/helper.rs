//! Parses the helper attributes of methods: `#[signal(…)]` and `#[every("…")]`.

use proc_macro2::TokenStream;
use syn::punctuated::Punctuated;
use syn::{Attribute, Error, Meta, Path, Result, Token};

use crate::errors::{self, Errors};
use crate::list;
use crate::values::{self, Period, Signal};

/// A parsed helper attribute.
pub(crate) struct Helper {
    pub(crate) attribute: Attribute,
    pub(crate) kind: Kind,
}

pub(crate) enum Kind {
    Signal(Vec<Signal>),
    Every(Period),
    /// An attribute with a mistake, which is already reported.
    Broken,
}

impl Kind {
    /// Returns the word in the attribute.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Every(_) => "every",
            Self::Signal(_) | Self::Broken => "signal",
        }
    }
}

static NAMES: [&str; 2] = ["signal", "every"];

/// Removes the helper attributes of a method and returns them.
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

/// Removes and reports the helper attributes of an item that is not a method.
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

/// Parses an attribute. Returns `None` for an attribute of another crate.
fn read(attribute: &Attribute) -> Option<Result<Kind>> {
    let path = attribute.path();
    if path.is_ident("signal") {
        return Some(signals(attribute).map(Kind::Signal));
    }
    if path.is_ident("every") {
        return Some(period(attribute).map(Kind::Every));
    }
    if path.is_ident("cfg_attr") {
        return inside_cfg_attr(attribute).map(Err);
    }
    named(path).map(|name| {
        let message = format!(
            "write `#[{name}(…)]` instead of `#[{}(…)]`; `#[daemon]` reads it without a path",
            spelled(path)
        );
        Err(Error::new_spanned(path, message))
    })
}

/// Returns the helper attribute that the last segment of a path names.
fn named(path: &Path) -> Option<&'static str> {
    let last = &path.segments.last()?.ident;
    NAMES.into_iter().find(|name| last == name)
}

/// Returns a path without spaces between its tokens.
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

/// Returns the tokens in the parentheses, if there are any.
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
    let period = values::period(&tokens, subject)?;
    if period.milliseconds == 0 {
        let expected = "longer than zero, such as \"250ms\"";
        return Err(errors::mismatch(&tokens, subject, expected));
    }
    Ok(period)
}

/// Returns the error for a `cfg_attr` around an attribute that `#[daemon]` has to read.
fn inside_cfg_attr(attribute: &Attribute) -> Option<Error> {
    let parse = Punctuated::<Meta, Token![,]>::parse_terminated;
    let metas = attribute.parse_args_with(parse).ok()?;
    let wrapped = |meta: &Meta| match meta.path() {
        path if path.is_ident("cfg") => Some("cfg"),
        path => named(path),
    };
    metas.iter().skip(1).find_map(wrapped).map(|name| {
        let message =
            format!("`#[daemon]` cannot see inside `cfg_attr`; write `#[{name}(…)]` directly");
        Error::new_spanned(attribute, message)
    })
}
