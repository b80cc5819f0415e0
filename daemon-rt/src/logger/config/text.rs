//! The text form of the settings.

use crate::error::Error;

/// Creates the error for a text that is not `expected`.
pub(in crate::logger) fn invalid(text: &str, expected: &str) -> Error {
    Error::usage(format!("`{text}` is not {expected}"))
}

/// Implements `FromStr` by `read`, which returns `None` for an invalid text. Without the feature
/// `log-extras` only `plain` is accepted, the text of the default.
macro_rules! text_form {
    ($setting:ty, $plain:pat, $expected:literal) => {
        impl std::str::FromStr for $setting {
            type Err = crate::error::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    _ if crate::logger::extras::LOG_EXTRAS => Self::read(text)
                        .ok_or_else(|| crate::logger::config::text::invalid(text, $expected)),
                    $plain => Ok(Self::default()),
                    _ => Err(crate::logger::extras::needs_extras(text)),
                }
            }
        }
    };
}

/// Implements `read` and `Display` for an enum, by one word for each variant.
macro_rules! words {
    ($setting:ident { $($variant:ident = $word:literal $(| $also:literal)?),+ }) => {
        impl $setting {
            fn read(text: &str) -> Option<Self> {
                match text {
                    $($word $(| $also)? => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }

        impl std::fmt::Display for $setting {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(match self {
                    $(Self::$variant => $word,)+
                })
            }
        }
    };
}

pub(super) use {text_form, words};
