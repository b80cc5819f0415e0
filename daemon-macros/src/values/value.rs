//! The type of a checked value, with the user's tokens.

use proc_macro2::{Ident, Span};
use syn::{Expr, LitBool, LitInt, LitStr};

use crate::values::duration::Period;

/// A checked value.
pub(crate) enum Value {
    Text(LitStr),
    Umask(LitInt),
    Time(Period),
    /// The variables to keep. `None` stands for the cleaned environment.
    Variables(Option<Vec<LitStr>>),
    /// Names that the runtime knows.
    Names(Vec<LitStr>),
    Flag(LitBool),
    Expression(Box<Expr>),
    /// A variant of one of the enums that [`Words`] names.
    Word(&'static Words, Ident),
}

impl Value {
    pub(crate) fn text(text: &str) -> Self {
        Self::Text(LitStr::new(text, Span::call_site()))
    }

    pub(crate) fn umask(octal: &str) -> Self {
        Self::Umask(LitInt::new(octal, Span::call_site()))
    }

    pub(crate) fn seconds(seconds: u64) -> Self {
        Self::Time(Period::seconds(seconds))
    }

    pub(crate) fn word(words: &'static Words, variant: &str) -> Self {
        Self::Word(words, Ident::new(variant, Span::call_site()))
    }
}

/// Words that stand for the variants of an enum of the runtime.
pub(crate) struct Words {
    /// The enum, below the runtime's crate.
    pub(crate) path: [&'static str; 2],
    pub(crate) words: &'static [(&'static str, &'static str)],
}
