//! What the feature `log-extras` brings. Without it every way into that code ends here, so that a
//! small program does without it.

use super::error::Error;

/// Whether the program was built with it. A constant: what it rules out is not compiled in.
pub(crate) const LOG_EXTRAS: bool = cfg!(feature = "log-extras");

/// Reads `text` by `read`. Without the feature only `plain`, which asks for nothing of it, is read.
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
