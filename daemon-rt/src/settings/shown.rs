//! Displays the declared value of a key in the help, in the text form of the option.

use std::time::Duration;

use super::parse::Words;
use crate::logger::{Buffer, Filter, Format, Keep, Limit, Repeats, Rotate};
use crate::os::clock::millis;
use crate::spec::{Core, Listener, OnPanic};

/// The value of a key, for the help.
pub(super) trait Shown {
    /// Returns `None` if the key is not declared. The value is then unknown before the start.
    fn shown(&self) -> Option<String>;
}

impl<T: Shown> Shown for Option<T> {
    fn shown(&self) -> Option<String> {
        self.as_ref().and_then(Shown::shown)
    }
}

/// Displays octal, because the only declared number is the umask.
impl Shown for u32 {
    fn shown(&self) -> Option<String> {
        Some(format!("{self:03o}"))
    }
}

/// Displays nothing, because a descriptor concerns one invocation only.
impl Shown for i32 {
    fn shown(&self) -> Option<String> {
        None
    }
}

impl Shown for Duration {
    fn shown(&self) -> Option<String> {
        Some(match self.subsec_millis() {
            0 => format!("{}s", self.as_secs()),
            _ => format!("{}ms", millis(*self)),
        })
    }
}

/// Displays nothing for `none`.
impl Shown for &'static str {
    fn shown(&self) -> Option<String> {
        (*self != "none").then(|| (*self).to_owned())
    }
}

impl Shown for &'static [&'static str] {
    fn shown(&self) -> Option<String> {
        Some(self.join(",")).filter(|names| !names.is_empty())
    }
}

impl Shown for &'static [Listener] {
    fn shown(&self) -> Option<String> {
        let each = self
            .iter()
            .map(|one| format!("{}={}", one.name, one.address));
        Some(each.collect::<Vec<_>>().join(" "))
    }
}

/// Implements [`Shown`] for values of the logger through `Display`.
macro_rules! displayed {
    ($($value:ty),+) => {$(
        impl Shown for $value {
            fn shown(&self) -> Option<String> {
                Some(self.to_string())
            }
        }
    )+};
}

displayed!(Filter, Format, Buffer, Rotate, Keep, Limit, Repeats);

/// Implements [`Shown`] for values that are words. A value without a word is not declared.
macro_rules! words {
    ($($value:ty),+) => {$(
        impl Shown for $value {
            fn shown(&self) -> Option<String> {
                let word = Self::WORDS.iter().find(|(_, value)| value == self);
                word.map(|(word, _)| (*word).to_owned())
            }
        }
    )+};
}

words!(bool, Core, OnPanic);
