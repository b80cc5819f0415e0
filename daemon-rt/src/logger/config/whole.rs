//! All settings of the logger in one value.

use super::buffer::Buffer;
use super::filter::Filter;
use super::format::Format;
use super::keep::Keep;
use super::limit::Limit;
use super::repeats::Repeats;
use super::rotate::Rotate;
use crate::error::Error;
use crate::logger::extras::{LOG_EXTRAS, needs_extras};
use crate::logger::level::Level;

/// The settings of the logger without its output.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Config {
    pub(crate) level: Filter,
    pub(crate) format: Format,
    pub(crate) buffer: Buffer,
    pub(crate) rotate: Rotate,
    pub(crate) keep: Keep,
    pub(crate) limit: Limit,
    pub(crate) repeats: Repeats,
}

impl Config {
    pub(in crate::logger) const DEFAULT: Self = Self {
        level: Filter::all(Level::Debug),
        format: Format::Short,
        buffer: Buffer::NONE,
        rotate: Rotate::NEVER,
        keep: Keep::files(7),
        limit: Limit::NONE,
        repeats: Repeats::All,
    };

    /// Checks that this program was built with the features its settings need.
    ///
    /// # Errors
    /// `ErrorKind::Other` without the feature `log-extras`.
    pub(in crate::logger) fn check(self) -> Result<(), Error> {
        let level = self.level;
        let is_plain = self
            == Self {
                level,
                ..Self::DEFAULT
            };
        if LOG_EXTRAS || is_plain {
            Ok(())
        } else {
            Err(needs_extras("a setting of the log"))
        }
    }
}
