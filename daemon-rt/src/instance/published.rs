//! The settings in force, as the daemon publishes them for verbs: after the state page in the lock
//! file, whose descriptor the daemon keeps after a privilege drop and in a `chroot`.
//!
//! Only the daemon's owner can read that file. A verb may read while the daemon writes, so a
//! checksum tells whether the text is whole.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use nix::errno::Errno;

use super::lock::LockFile;
use super::state::BYTES;
use crate::error::Error;

/// The first word of the part.
const MAGIC: u64 = u64::from_le_bytes(*b"config01");

/// The three words before the text: what it is, its length, its checksum.
const HEAD: usize = 24;

/// The longest text. The directory of the lock is often in memory.
const MAX: usize = 256 * 1024;

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
    /// Code of this process has closed the descriptor; the write fails.
    pub(crate) fn publish(&self, published: &Published) -> Result<(), Error> {
        let failed = |source| Error::at("publish the settings in", self.path(), source);
        let file = self.share();
        // Another file may have the number by now.
        if !file.is_open() {
            return Err(failed(Errno::EBADF.into()));
        }
        write(&file, &published.encode()).map_err(failed)
    }

    /// Returns the settings that the daemon has published. Returns `None` if it has none.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(crate) fn published(&self) -> Result<Option<Published>, Error> {
        let text = read(self.file());
        let text = text.map_err(|e| Error::at("read the settings in", self.path(), e))?;
        Ok(text.as_deref().and_then(Published::decode))
    }
}

/// Writes `text` after the page of `file`, in place of the one before.
///
/// # Errors
/// `pwrite(2)` or `ftruncate(2)` fails, such as by ENOSPC. Verbs then find no text.
fn write(file: &File, text: &str) -> io::Result<()> {
    let text = text.as_bytes();
    let head = [MAGIC, text.len() as u64, checksum(text)];
    let head: Vec<u8> = head.iter().flat_map(|word| word.to_le_bytes()).collect();
    file.write_all_at(&[&head, text].concat(), BYTES as u64)?;
    file.set_len((BYTES + HEAD + text.len()) as u64)
}

/// Reads the text after the page of `file`. Returns `None` if there is none.
fn read(file: &File) -> io::Result<Option<String>> {
    // A daemon that was killed while it wrote leaves a part of the text.
    for _ in 0..100 {
        let mut head = [0; HEAD];
        if !has_read(file, &mut head, BYTES)? {
            return Ok(None);
        }
        let (words, _) = head.as_chunks::<8>();
        let [magic, length, sum] = [0, 1, 2].map(|at| u64::from_le_bytes(words[at]));
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if magic == MAGIC && length <= MAX {
            let mut text = vec![0; length];
            if has_read(file, &mut text, BYTES + HEAD)? && checksum(&text) == sum {
                return Ok(String::from_utf8(text).ok());
            }
        }
        std::thread::yield_now();
    }
    Ok(None)
}

/// Fills `bytes` from the position `at`. Returns false at the end of the file.
fn has_read(file: &File, bytes: &mut [u8], at: usize) -> io::Result<bool> {
    match file.read_exact_at(bytes, at as u64) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        read => read.map(|()| true),
    }
}

/// Returns the FNV-1a hash, which finds a text that is half of the old one.
fn checksum(text: &[u8]) -> u64 {
    text.iter().fold(0xcbf2_9ce4_8422_2325, |sum, byte| {
        (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
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

    #[test]
    #[cfg_attr(miri, ignore = "Miri has no such system calls")]
    fn half_of_a_text_is_not_read() -> io::Result<()> {
        let name = format!("published-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let options = &mut std::fs::OpenOptions::new();
        let options = options.read(true).write(true).create_new(true);
        let file = options.open(&path)?;
        std::fs::remove_file(&path)?;
        assert_eq!(read(&file)?, None);
        for text in ["a longer text", "short"] {
            write(&file, text)?;
            assert_eq!(read(&file)?.as_deref(), Some(text));
        }
        file.write_all_at(b"S", (BYTES + HEAD) as u64)?;
        assert_eq!(read(&file)?, None);
        Ok(())
    }
}
