//! The error of a deserializer: what is wrong, and the number of the value that has it.

use std::fmt::{self, Display};

use serde::de::{self, Expected, Unexpected};

use super::shown;

/// An error of the user's type. It is boxed, since each function of a type passes it on.
#[derive(Debug)]
pub(super) struct Fault(Box<Parts>);

#[derive(Debug)]
pub(super) struct Parts {
    pub what: What,
    pub at: Option<At>,
    /// The fields of the example that lacks one.
    pub example: Option<Fields>,
}

/// The mistake.
#[derive(Debug)]
pub(super) enum What {
    /// A value of another kind, or out of range.
    Wrong {
        found: String,
        wanted: String,
    },
    /// A word that the type does not have.
    Word {
        found: String,
        known: Fields,
    },
    /// A key that the type does not have and refuses.
    Unknown {
        key: String,
        known: Fields,
    },
    Missing(&'static str),
    /// The type's own words.
    Refused(String),
}

/// The names of a struct's fields, or of an enum's variants.
pub(super) type Fields = &'static [&'static str];

/// A key that a table lacks: the number of the table, and the name. An empty name is the value
/// itself, which is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key(pub u32, pub &'static str);

impl Key {
    pub(super) fn of_value(id: u32) -> Self {
        Self(id, "")
    }
}

/// Where it is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum At {
    Value(u32),
    Key(u32),
    /// In the tag of an enum, which says how to read the values beside it.
    Tag(u32),
    /// In an example.
    Example(Key),
}

impl Fault {
    pub(super) fn new(what: What) -> Self {
        Self(Box::new(Parts {
            what,
            at: None,
            example: None,
        }))
    }

    pub(super) fn wanted(wanted: &str) -> Self {
        Self::new(What::Wrong {
            found: String::new(),
            wanted: wanted.to_owned(),
        })
    }

    /// Creates the error of a value that is not one of an enum's words.
    pub(super) fn one_of(known: Fields) -> Self {
        Self::new(What::Word {
            found: String::new(),
            known,
        })
    }

    /// Says where, unless a value further down is known.
    #[cold]
    pub(super) fn at(mut self, at: At) -> Self {
        self.0.at.get_or_insert(at);
        self
    }

    /// Says that it is in an example of a struct with these fields.
    #[cold]
    pub(super) fn in_example(mut self, fields: Fields) -> Self {
        self.0.example.get_or_insert(fields);
        self
    }

    pub(super) fn into_parts(self) -> Parts {
        *self.0
    }
}

impl de::Error for Fault {
    fn custom<T: Display>(message: T) -> Self {
        Self::new(What::Refused(message.to_string()))
    }

    fn invalid_type(found: Unexpected<'_>, wanted: &dyn Expected) -> Self {
        let (found, wanted) = (shown::unexpected(found), wanted.to_string());
        Self::new(What::Wrong { found, wanted })
    }

    fn invalid_value(found: Unexpected<'_>, wanted: &dyn Expected) -> Self {
        Self::invalid_type(found, wanted)
    }

    fn invalid_length(length: usize, wanted: &dyn Expected) -> Self {
        let (found, wanted) = (shown::array(length), wanted.to_string());
        Self::new(What::Wrong { found, wanted })
    }

    fn unknown_variant(word: &str, known: Fields) -> Self {
        let found = shown::text(word);
        Self::new(What::Word { found, known })
    }

    fn unknown_field(key: &str, known: Fields) -> Self {
        let key = key.to_owned();
        Self::new(What::Unknown { key, known })
    }

    fn missing_field(key: &'static str) -> Self {
        Self::new(What::Missing(key))
    }

    fn duplicate_field(key: &'static str) -> Self {
        Self::custom(format_args!(
            "`{key}` has two names, and both are there; remove one"
        ))
    }
}

/// For the code of a type that reads an error of ours.
impl Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.what {
            What::Wrong { found, wanted } => write!(f, "found {found}, wanted {wanted}"),
            What::Word { found, .. } => write!(f, "found {found}, wanted another word"),
            What::Unknown { key, .. } => write!(f, "unknown field `{key}`"),
            What::Missing(key) => write!(f, "`{key}` is missing"),
            What::Refused(reason) => f.write_str(reason),
        }
    }
}

impl std::error::Error for Fault {}

impl What {
    /// Returns the key of a struct that is flattened and refuses it. Serde says so in a text.
    pub(super) fn unknown_key(&self) -> Option<&str> {
        match self {
            Self::Unknown { key, .. } => Some(key),
            Self::Refused(text) => {
                let key = text.strip_prefix("unknown field `")?;
                key.split_once('`').map(|(key, _)| key)
            }
            _ => None,
        }
    }
}
