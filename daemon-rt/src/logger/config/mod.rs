//! The settings of the logger. Their text form is that of the command line.
//!
//! Each value is created in a `const` or parsed once, and is valid afterwards.

mod amount;
mod buffer;
mod filter;
mod format;
mod keep;
mod limit;
mod repeats;
mod rotate;
mod text;
mod whole;

pub use self::buffer::Buffer;
pub use self::filter::Filter;
pub use self::format::Format;
pub use self::keep::Keep;
pub use self::limit::Limit;
pub use self::repeats::Repeats;
pub use self::rotate::Rotate;

pub(super) use self::keep::MOST_FILES;
pub(super) use self::text::invalid;
pub(crate) use self::whole::Config;
