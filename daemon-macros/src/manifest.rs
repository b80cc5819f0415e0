//! Looks into the manifest of the user's package for a dependency. Without it the compiler would only
//! report a path that it cannot find.

use std::{env, fs};

/// True if the manifest does not mention the package. Without a manifest, as with another build tool,
/// nothing is known.
pub(crate) fn lacks(package: &str) -> bool {
    if !proc_macro::is_available() {
        return false;
    }
    let path = env::var_os("CARGO_MANIFEST_PATH");
    let text = path.and_then(|path| fs::read_to_string(path).ok());
    text.is_some_and(|text| !text.contains(package))
}
