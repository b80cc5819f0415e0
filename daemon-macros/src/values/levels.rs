//! Levels of the log, for all records or per target.

use syn::{Error, Result};

use crate::given::Given;
use crate::suggest;
use crate::values::text;
use crate::values::value::Value;

static LEVELS: [&str; 7] = ["trace", "debug", "info", "warn", "error", "fatal", "off"];

/// A second word for `warn`.
const WARNING: &str = "warning";

/// Reads a level, or a comma list of `level` and `target=level`.
pub(super) fn levels(given: &Given) -> Result<Value> {
    let text = text::string(given)?;
    let mut has_general = false;
    for part in text.value().split(',').map(str::trim) {
        check(part, &mut has_general).map_err(|message| Error::new_spanned(&text, message))?;
    }
    Ok(Value::Text(text))
}

/// Checks one part of the list. At most one level has no target.
fn check(part: &str, has_general: &mut bool) -> std::result::Result<(), String> {
    let level = match part.split_once('=') {
        Some((target, _)) if target.trim().is_empty() => {
            return Err(format!(
                "`{part}` has no target before `=`; write `target=level`"
            ));
        }
        Some((_, level)) => level.trim(),
        None if *has_general => {
            return Err(format!(
                "`{part}` is a second level without a target; write `target=level`"
            ));
        }
        None => {
            *has_general = true;
            part
        }
    };
    let mut known = LEVELS.into_iter().chain([WARNING]);
    if known.any(|known| level.eq_ignore_ascii_case(known)) {
        return Ok(());
    }
    Err(suggest::unknown(
        format_args!("level `{level}`"),
        level,
        LEVELS,
    ))
}
