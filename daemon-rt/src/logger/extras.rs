//! The gate of the feature `log-extras`. Every path to its code begins here, so that a program
//! without the feature does not contain it.

use crate::error::Error;

/// Whether the program was built with the feature. It is a constant, so disabled branches are not
/// compiled in.
pub(crate) const LOG_EXTRAS: bool = cfg!(feature = "log-extras");

/// Creates the error for a value that needs the feature.
pub(crate) fn needs_extras(value: &str) -> Error {
    Error::other(format!(
        "`{value}`: built without the feature `log-extras`; enable it for daemon-rt"
    ))
}
