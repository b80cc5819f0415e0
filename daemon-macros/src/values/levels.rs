//! Levels of the log, for all of it or by target.

use syn::{Error, Result};

use crate::given::Given;
use crate::suggest;
use crate::values::text;
use crate::values::value::Value;

static LEVELS: [&str; 7] = ["trace", "debug", "info", "warn", "error", "fatal", "off"];

/// A level, or a comma list of `level` and `target=level`.
pub(crate) fn levels(given: &Given) -> Result<Value> {
    let text = text::string(given)?;
    let value = text.value();
    let mut general = false;
    for part in value.split(',') {
        let level = match part.split_once('=') {
            Some((target, level)) if !target.trim().is_empty() => level.trim(),
            Some(_) => return Err(Error::new_spanned(text, "no target before `=`")),
            None if general => {
                let message = "a second level without a target; write `target=level`";
                return Err(Error::new_spanned(text, message));
            }
            None => {
                general = true;
                part.trim()
            }
        };
        if !LEVELS.contains(&level) {
            return Err(Error::new_spanned(text, unknown_level(level)));
        }
    }
    Ok(Value::Text(text))
}

fn unknown_level(level: &str) -> String {
    match suggest::nearest(level, LEVELS) {
        Some(near) => format!("unknown level `{level}`; did you mean `{near}`?"),
        None => format!(
            "unknown level `{level}`; expected one of {}",
            suggest::listed(LEVELS)
        ),
    }
}
