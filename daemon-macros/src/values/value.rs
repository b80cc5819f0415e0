//! The type of a checked value, with the user's tokens.

use proc_macro2::{Ident, Span};
use syn::{Expr, LitBool, LitInt, LitStr};

use crate::values::duration::Period;

/// A checked value.
#[derive(Clone)]
pub(crate) enum Value {
    Text(LitStr),
    Umask(LitInt),
    Time(Period),
    /// The variables to keep. `None` stands for the cleaned environment.
    Variables(Option<Vec<LitStr>>),
    /// Names that the runtime knows.
    Names(Vec<LitStr>),
    /// Levels of the log.
    Levels(Levels),
    /// The size of the log's buffer, in bytes.
    Buffer(u64),
    Rotate {
        daily: bool,
        bytes: Option<u64>,
    },
    Keep {
        files: u64,
        bytes: Option<u64>,
        compressed: bool,
    },
    /// Records, and the seconds for which they are. `None` is no limit.
    Limit(Option<(u64, u64)>),
    Flag(LitBool),
    /// A constant expression. The compiler evaluates it, and the runtime checks it in a `const`.
    Expression(Box<Expr>),
    /// A variant of one of the enums that [`Words`] names.
    Word(&'static Words, Ident),
}

impl Value {
    pub(crate) fn text(text: &str) -> Self {
        Self::Text(LitStr::new(text, Span::call_site()))
    }

    pub(crate) fn level(general: &'static str) -> Self {
        let targets = vec![];
        Self::Levels(Levels { general, targets })
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

/// The level of all records, and levels by target. A level is a variant of the runtime's enum.
#[derive(Clone)]
pub(crate) struct Levels {
    pub(crate) general: &'static str,
    pub(crate) targets: Vec<(String, &'static str)>,
}

/// Words that stand for the variants of an enum of the runtime.
pub(crate) struct Words {
    /// The enum, below the runtime's crate.
    pub(crate) path: [&'static str; 2],
    pub(crate) words: &'static [(&'static str, &'static str)],
}
