//! The file of the settings: its text, its lines, and the errors of its syntax.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use toml::de::DeTable;

use super::shown;
use super::syntax;
use super::tree::{DEEPEST, Node, Numbers, TooDeep};
use crate::error::Error;
use crate::os::escape::printable;

/// The largest file, in bytes.
pub(crate) const LIMIT: u64 = 1 << 20;

/// The file, or the path of the default file that does not exist.
pub(super) struct File {
    pub path: PathBuf,
    text: String,
    /// The offset of the beginning of each line.
    lines: Vec<usize>,
}

/// Returns the error of a file that is too large.
pub(crate) fn too_big(path: &Path, size: u64) -> Error {
    Error::not_configured(format!(
        "{}: the file has {size} bytes and may have {LIMIT}; put data into a file of its own",
        shown_path(path)
    ))
}

fn shown_path(path: &Path) -> String {
    printable(&path.display().to_string())
}

impl File {
    /// Decodes the file.
    ///
    /// # Errors
    /// The file is too large, or not UTF-8.
    pub(super) fn decode(path: PathBuf, bytes: Vec<u8>) -> Result<Self, Error> {
        let size = bytes.len() as u64;
        if size > LIMIT {
            return Err(too_big(&path, size));
        }
        let (mut text, fault) = match String::from_utf8(bytes) {
            Ok(text) => (text, None),
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                let bytes = error.into_bytes();
                let byte = bytes.get(at).copied().unwrap_or_default();
                let text = String::from_utf8_lossy(&bytes[..at]).into_owned();
                (text, Some((at, byte)))
            }
        };
        if text.starts_with('\u{feff}') {
            text.remove(0);
        }
        let ends = text.match_indices('\n').map(|(at, _)| at + 1);
        let lines = std::iter::once(0).chain(ends).collect();
        let file = Self { path, text, lines };
        match fault {
            None => Ok(file),
            Some((at, byte)) => {
                let end = file.text.len();
                let place = file.place(end);
                let key = file.key(end);
                Err(Error::not_configured(format!(
                    "{place}: {key}found the byte 0x{byte:02x} at offset {at}, wanted UTF-8; save the file as UTF-8"
                )))
            }
        }
    }

    /// Reads the text as TOML.
    ///
    /// # Errors
    /// It is not TOML, or nested too deeply.
    pub(super) fn parse(&self, numbers: &mut Numbers) -> Result<Node, Error> {
        if let Some(at) = syntax::too_many_braces(&self.text) {
            return Err(self.too_deep(at, syntax::BRACES));
        }
        let (table, errors) = DeTable::parse_recoverable(&self.text);
        // A broken line may have more than one. The first one in the file is the cause.
        let start = |error: &toml::de::Error| error.span().map_or(usize::MAX, |span| span.start);
        if let Some(error) = errors.iter().min_by_key(|error| start(error)) {
            return Err(self.syntax(error));
        }
        let read = numbers.file(table.into_inner());
        read.map_err(|TooDeep(at)| self.too_deep(at, DEEPEST))
    }

    fn too_deep(&self, at: usize, limit: usize) -> Error {
        Error::not_configured(format!(
            "{}: found a value nested deeper than {limit}, wanted it flatter; remove tables or arrays around it",
            self.place(at)
        ))
    }

    fn syntax(&self, error: &toml::de::Error) -> Error {
        let message = error.message().replace(", expected nothing", "");
        let message = message.replace(", expected ", ", wanted ");
        let Some(span) = error.span() else {
            let advice = syntax::advice(&message, "");
            return Error::not_configured(format!("{self}: {message}; {advice}"));
        };
        let near = self.text.get(span.clone()).unwrap_or_default();
        let place = self.place(span.start);
        let doubled = (message == "duplicate key").then(|| {
            let name = near.trim_matches(['"', '\'']);
            syntax::beside(self.text.get(..span.start)?, name)
        });
        if let Some((name, Some(first))) = doubled.flatten() {
            let (line, _) = self.line_of(first);
            let name = shown::short(&name);
            return Error::not_configured(format!(
                "{place}: {name}: found the key a second time, wanted it once; remove one, the first is in line {line}"
            ));
        }
        let name = self.key(span.start);
        let (message, advice) = if near.is_empty() && message.starts_with("string values") {
            ("the value is missing", "write one behind the `=`")
        } else {
            (message.as_str(), syntax::advice(&message, near))
        };
        Error::not_configured(printable(&format!("{place}: {name}{message}; {advice}")))
    }

    /// Returns the number of a line, from 1, and where it begins.
    fn line_of(&self, offset: usize) -> (usize, usize) {
        let line = self.lines.partition_point(|start| *start <= offset);
        let start = self.lines.get(line.saturating_sub(1)).copied();
        (line.max(1), start.unwrap_or_default())
    }

    /// Returns the name of the key on whose line an error is, with a colon.
    fn key(&self, at: usize) -> String {
        let (_, start) = self.line_of(at);
        let name = syntax::name(&self.text, start..at);
        name.map_or_else(String::new, |name| format!("{}: ", shown::short(&name)))
    }

    /// Returns `FILE:LINE:COLUMN`. The column counts characters, and a tab is one.
    pub(super) fn place(&self, offset: usize) -> String {
        let (line, start) = self.line_of(offset);
        let before = self.text.get(start..offset).unwrap_or_default();
        format!("{self}:{line}:{}", before.chars().count() + 1)
    }

    /// Returns `FILE:LINE`.
    pub(super) fn line(&self, offset: usize) -> String {
        format!("{self}:{}", self.line_of(offset).0)
    }
}

impl Display for File {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&shown_path(&self.path))
    }
}
