//! Levels of the log, for all records or per target.

use syn::{Error, Result};

use crate::given::Given;
use crate::suggest;
use crate::values::text;
use crate::values::value::{Levels, Value};

/// The words, and the variants of the runtime's enum.
static LEVELS: [(&str, &str); 8] = [
    ("trace", "Trace"),
    ("debug", "Debug"),
    ("info", "Info"),
    ("warn", "Warn"),
    ("error", "Error"),
    ("fatal", "Fatal"),
    ("off", "Off"),
    ("warning", "Warn"),
];

/// The level of records whose target has none, if no level stands without a target.
const GENERAL: &str = "Info";

/// Reads a level, or a comma list of `level` and `target=level`.
pub(super) fn levels(given: &Given) -> Result<Value> {
    let text = text::string(given)?;
    read(&text.value())
        .map(Value::Levels)
        .map_err(|message| Error::new_spanned(&text, message))
}

/// At most one level has no target. Of two levels for a target the later one counts.
fn read(text: &str) -> std::result::Result<Levels, String> {
    let (mut general, mut targets) = (None, Vec::new());
    for part in text.split(',').map(str::trim) {
        match part.split_once('=') {
            Some((target, _)) if target.trim().is_empty() => {
                return Err(format!(
                    "`{part}` has no target before `=`; write `target=level`"
                ));
            }
            Some((target, own)) => {
                let target = target.trim();
                targets.retain(|(other, _)| other != target);
                targets.push((target.to_owned(), level(own.trim())?));
            }
            None if general.is_some() => {
                return Err(format!(
                    "`{part}` is a second level without a target; write `target=level`"
                ));
            }
            None => general = Some(level(part)?),
        }
    }
    let general = general.unwrap_or(GENERAL);
    Ok(Levels { general, targets })
}

fn level(word: &str) -> std::result::Result<&'static str, String> {
    let mut known = LEVELS.iter();
    if let Some((_, variant)) = known.find(|(known, _)| word.eq_ignore_ascii_case(known)) {
        return Ok(variant);
    }
    // The last is a second word for one that stands before.
    let shown = LEVELS[..LEVELS.len() - 1].iter().map(|(known, _)| *known);
    Err(suggest::unknown(
        format_args!("level `{word}`"),
        word,
        shown,
    ))
}
