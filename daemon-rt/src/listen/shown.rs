//! The listeners as `status` shows them: a text that the daemon publishes.

use super::open::Listeners;

/// A listener of a running daemon.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) address: String,
    pub(crate) source: String,
}

impl Listeners {
    /// Returns the text from which [`rows`] reads them: a line for each.
    pub(crate) fn to_text(&self) -> String {
        let line = |[name, address, source]: [String; 3]| {
            let address: String = address.chars().map(plain).collect();
            format!("{name}\t{address}\t{source}\n")
        };
        let rows = self.iter().map(|open| {
            let (address, source) = (open.address.to_string(), open.source.to_string());
            line([open.name.to_owned(), address, source])
        });
        rows.collect()
    }
}

/// The path of a socket that was passed may have any character.
fn plain(character: char) -> char {
    if character.is_control() {
        char::REPLACEMENT_CHARACTER
    } else {
        character
    }
}

/// Returns the listeners in a text of [`Listeners::to_text`].
pub(crate) fn rows(text: &str) -> Vec<Row> {
    let row = |line: &str| {
        let mut fields = line.split('\t').map(str::to_owned);
        Some(Row {
            name: fields.next()?,
            address: fields.next()?,
            source: fields.next()?,
        })
    };
    text.lines().filter_map(row).collect()
}
