//! The gate of the feature `log-extras`. Every path to its code begins here, so that a program
//! without the feature does not contain it.

use super::error::Error;

/// Whether the program was built with the feature. It is a constant, so disabled branches are not
/// compiled in.
pub(crate) const LOG_EXTRAS: bool = cfg!(feature = "log-extras");

/// Parses `text` with `read`. Without the feature it accepts only `plain`, the default that needs
/// no extra code.
pub(super) fn parse_if_enabled<T: Default>(
    text: &str,
    plain: &str,
    read: impl FnOnce() -> Result<T, Error>,
) -> Result<T, Error> {
    if LOG_EXTRAS {
        read()
    } else if text == plain {
        Ok(T::default())
    } else {
        Err(Error::Extra(text.to_owned()))
    }
}
