//! `config`: shows each key of the settings with its value and its source.

use std::fmt::Write;

#[cfg(feature = "cli")]
use super::json::Json;
use crate::error::Error;
use crate::instance::published::Published;
use crate::os::console::print;
use crate::os::escape::printable;
use crate::resources::Validate;
use crate::settings::Settings;
use crate::verbs::holder::{find_holder, find_lock};
use crate::verbs::verdict;

/// The width up to which the sources stand below each other.
const WIDEST: usize = 60;

/// Shows what is in force in the running daemon.
///
/// # Errors
/// `ErrorKind::NotRunning`; the daemon has published nothing.
#[inline(never)]
pub(super) fn in_force(settings: &Settings, json: bool) -> Result<u8, Error> {
    let not_running = || Error::not_running().advise("pass --next for what a start would read");
    let lock = find_lock(settings)?.ok_or_else(not_running)?;
    find_holder(settings, &lock)?.ok_or_else(not_running)?;
    let published = lock.published()?.ok_or_else(|| {
        Error::other(
            "the daemon has not published its settings: it is starting, it could not write its lock \
             file, or its program has none; see its log",
        )
    })?;
    show(settings, &published, json)
}

/// Shows what a start or a reload would read.
///
/// # Errors
/// The settings are wrong, or cannot be read.
#[inline(never)]
pub(super) fn next(settings: &Settings, validate: Validate, json: bool) -> Result<u8, Error> {
    show(settings, &verdict::reach(settings, validate)?, json)
}

fn show(settings: &Settings, published: &Published, json: bool) -> Result<u8, Error> {
    let text = if json {
        as_json(settings, published)
    } else {
        describe(published)
    };
    print(format_args!("{text}\n"))?;
    Ok(0)
}

/// Returns a line for the file, and one for each key.
fn describe(published: &Published) -> String {
    let mut text = printable(&published.describe());
    let rows = published.rows.iter().map(|row| {
        let setting = printable(&format!("{} = {}", row.key, row.value));
        (setting, printable(&row.source))
    });
    let rows: Vec<(String, String)> = rows.collect();
    let widths = rows.iter().map(|(setting, _)| setting.chars().count());
    let width = widths.max().unwrap_or(0).min(WIDEST);
    for (setting, source) in &rows {
        // Writing to a String cannot fail.
        let _ = write!(text, "\n  {setting:<width$}  {source}");
    }
    if published.missing > 0 {
        let _ = write!(text, "\n  and {} more", published.missing);
    }
    text
}

/// Returns the JSON object. Its schema is public: fields are added, never renamed or removed.
#[cfg(feature = "cli")]
fn as_json(settings: &Settings, published: &Published) -> String {
    let mut json = Json::object();
    json.text("name", settings.name);
    json.text("file", &published.file);
    json.plain("file_exists", published.exists);
    let rows = published.rows.iter().map(|row| {
        let mut json = Json::object();
        json.text("key", &row.key);
        json.text("value", &row.value);
        json.text("source", &row.source);
        json.end()
    });
    let rows: Vec<_> = rows.collect();
    json.plain("settings", format_args!("[{}]", rows.join(",")));
    json.plain("missing", published.missing);
    json.end()
}

#[cfg(not(feature = "cli"))]
fn as_json(_: &Settings, published: &Published) -> String {
    describe(published)
}
