//! The settings in force, as the daemon publishes them for verbs.

use super::lock::LockFile;
use super::part::{MAX, SETTINGS};
use crate::error::Error;

/// The longest reason of a failed reload.
const LONGEST: usize = 16 * 1024;

/// The separator of the fields of a text.
const SEPARATOR: char = '\0';

/// The settings in force, for people and programs. Secrets are hidden already.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Published {
    /// The path of the file, outside of a `chroot`.
    pub(crate) file: String,
    /// Whether the file exists.
    pub(crate) exists: bool,
    /// The last failed reload, by its number, and its whole reason.
    pub(crate) failed: (u64, String),
    pub(crate) rows: Vec<Row>,
    /// The number of rows that did not fit.
    pub(crate) missing: usize,
}

/// A key in force.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) key: String,
    pub(crate) value: String,
    pub(crate) source: String,
}

impl Published {
    /// Returns the file in words.
    pub(crate) fn describe(&self) -> String {
        let missing = if self.exists {
            ""
        } else {
            " does not exist: the defaults"
        };
        format!("{}{missing}", self.file)
    }

    /// Returns the text from which [`Published::decode`] makes an equal value, unless rows did not
    /// fit.
    pub(crate) fn encode(&self) -> String {
        let head = [
            &self.file,
            &self.exists.to_string(),
            &self.failed.0.to_string(),
            &cut(&self.failed.1),
        ];
        let mut text = String::new();
        for field in head {
            append(&mut text, field);
        }
        let mut rows = String::new();
        let mut missing = self.missing;
        for row in &self.rows {
            let before = rows.len();
            for field in [&row.key, &row.value, &row.source] {
                append(&mut rows, field);
            }
            // The rest is for the number of missing rows.
            if text.len() + rows.len() + 32 > MAX {
                rows.truncate(before);
                missing += 1;
            }
        }
        append(&mut text, &missing.to_string());
        text + &rows
    }

    /// Returns the value of a text, or `None` if a field is missing.
    pub(crate) fn decode(text: &str) -> Option<Self> {
        let mut fields = text.split_terminator(SEPARATOR).map(str::to_owned);
        let mut published = Self {
            file: fields.next()?,
            exists: fields.next()?.parse().ok()?,
            failed: (fields.next()?.parse().ok()?, fields.next()?),
            missing: fields.next()?.parse().ok()?,
            rows: Vec::new(),
        };
        while let Some(key) = fields.next() {
            let (value, source) = (fields.next()?, fields.next()?);
            published.rows.push(Row { key, value, source });
        }
        Some(published)
    }
}

/// Cuts a reason that would leave too little room for the rows.
fn cut(reason: &str) -> String {
    match reason.char_indices().find(|(at, _)| *at >= LONGEST) {
        Some((end, _)) => format!("{}…", &reason[..end]),
        None => reason.to_owned(),
    }
}

/// Appends a field. A separator in it becomes U+FFFD.
fn append(text: &mut String, field: &str) {
    text.extend(field.chars().map(|letter| match letter {
        SEPARATOR => char::REPLACEMENT_CHARACTER,
        letter => letter,
    }));
    text.push(SEPARATOR);
}

impl LockFile {
    /// Publishes the settings in force, in the daemon.
    ///
    /// # Errors
    /// As for [`LockFile::write_part`].
    pub(crate) fn publish(&self, published: &Published) -> Result<(), Error> {
        self.write_part(&SETTINGS, &published.encode())
    }

    /// Returns the settings that the daemon has published. Returns `None` if it has none.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(crate) fn published(&self) -> Result<Option<Published>, Error> {
        let text = self.read_part(&SETTINGS)?;
        Ok(text.as_deref().and_then(Published::decode))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn published() -> Published {
        let row = |key: &str| Row {
            key: key.to_owned(),
            value: "\"x\"".to_owned(),
            source: "/etc/web.toml:3".to_owned(),
        };
        Published {
            file: "/etc/web.toml".to_owned(),
            exists: true,
            failed: (7, "two\nlines".to_owned()),
            rows: vec![row("cache"), row("db.url")],
            missing: 0,
        }
    }

    #[test]
    fn text_is_read_as_it_was_published() {
        let mut wanted = published();
        assert_eq!(Published::decode(&wanted.encode()), Some(wanted.clone()));
        wanted.failed.1 = "a\0b".to_owned();
        let found = Published::decode(&wanted.encode());
        assert_eq!(
            found.map(|found| found.failed.1).as_deref(),
            Some("a\u{fffd}b")
        );
        assert_eq!(Published::decode("/etc/web.toml\0true\0"), None);
    }

    #[test]
    fn rows_that_do_not_fit_are_counted() {
        let mut wanted = published();
        wanted.rows[0].value = "x".repeat(MAX);
        let text = wanted.encode();
        let found = Published::decode(&text).unwrap_or_default();
        assert!(text.len() <= MAX, "{}", text.len());
        assert_eq!((found.missing, &found.rows[..]), (1, &wanted.rows[1..]));
    }
}
