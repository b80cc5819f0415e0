//! What the logger can be asked for: values with a text form, which is the one of the command line.
//!
//! Each is made in a `const` or read from text, once, and is what it should be from then on.

mod amount;
mod buffer;
mod filter;
mod format;
mod keep;
mod limit;
mod repeats;
mod rotate;
mod whole;

pub use self::buffer::Buffer;
pub use self::filter::Filter;
pub use self::format::Format;
pub use self::keep::Keep;
pub use self::limit::Limit;
pub use self::repeats::Repeats;
pub use self::rotate::Rotate;

pub(super) use self::keep::MOST_FILES;
pub(crate) use self::whole::Config;
