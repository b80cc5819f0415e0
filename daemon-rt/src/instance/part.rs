//! Texts that the daemon publishes for verbs, behind the state page in the lock file. The daemon keeps
//! that descriptor after a privilege drop and in a `chroot`.
//!
//! Only the daemon's owner can read that file. A verb may read while the daemon writes, so a
//! checksum tells whether the text is whole. The daemon can write any text, so a verb of root shows
//! it, and does nothing else by it.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use nix::errno::Errno;

use super::lock::LockFile;
use crate::error::Error;

/// A text at a fixed place of the file. Between two of them the file has a hole.
#[derive(Debug)]
pub(crate) struct Part {
    /// The first word.
    magic: u64,
    /// Where it begins.
    at: usize,
    write: &'static str,
    read: &'static str,
}

/// The settings in force.
#[cfg(feature = "config")]
pub(crate) const SETTINGS: Part = Part {
    magic: u64::from_le_bytes(*b"config01"),
    at: super::state::BYTES,
    write: "publish the settings in",
    read: "read the settings in",
};

/// The sockets at which the daemon listens.
pub(crate) const LISTENERS: Part = Part {
    magic: u64::from_le_bytes(*b"listen01"),
    at: 512 * 1024,
    write: "publish the listeners in",
    read: "read the listeners in",
};

/// The three words before the text: what it is, its length, its checksum.
const HEAD: usize = 24;

/// The longest text. The directory of the lock is often in memory.
pub(crate) const MAX: usize = 256 * 1024;

impl LockFile {
    /// Publishes `text`, in the daemon.
    ///
    /// # Errors
    /// Code of this process has closed the descriptor; the write fails. Verbs then find no text.
    pub(crate) fn write_part(&self, part: &Part, text: &str) -> Result<(), Error> {
        let failed = |source| Error::at(part.write, self.path(), source);
        let file = self.share();
        // Another file may have the number by now.
        if !file.is_open() {
            return Err(failed(Errno::EBADF.into()));
        }
        write(&file, part, text).map_err(failed)
    }

    /// Returns the text that the daemon has published. Returns `None` if it has none.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(crate) fn read_part(&self, part: &Part) -> Result<Option<String>, Error> {
        read(self.file(), part).map_err(|e| Error::at(part.read, self.path(), e))
    }
}

/// Writes `text` in place of the one before. The rest of a longer one stays behind it.
///
/// # Errors
/// `pwrite(2)` fails, such as by ENOSPC.
fn write(file: &File, part: &Part, text: &str) -> io::Result<()> {
    let text = text.as_bytes();
    let head = [part.magic, text.len() as u64, checksum(text)];
    let head: Vec<u8> = head.iter().flat_map(|word| word.to_le_bytes()).collect();
    file.write_all_at(&[&head, text].concat(), part.at as u64)
}

/// Reads the text of `part`. Returns `None` if there is none.
fn read(file: &File, part: &Part) -> io::Result<Option<String>> {
    // A daemon that was killed while it wrote leaves a part of the text.
    for _ in 0..100 {
        let mut head = [0; HEAD];
        if !has_read(file, &mut head, part.at)? {
            return Ok(None);
        }
        let (words, _) = head.as_chunks::<8>();
        let [magic, length, sum] = [0, 1, 2].map(|at| u64::from_le_bytes(words[at]));
        // A hole before another part.
        if magic == 0 {
            return Ok(None);
        }
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if magic == part.magic && length <= MAX {
            let mut text = vec![0; length];
            if has_read(file, &mut text, part.at + HEAD)? && checksum(&text) == sum {
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

    const PARTS: [Part; 2] = [
        Part {
            magic: u64::from_le_bytes(*b"first__1"),
            at: 4096,
            write: "",
            read: "",
        },
        Part {
            magic: u64::from_le_bytes(*b"second_1"),
            at: 512 * 1024,
            write: "",
            read: "",
        },
    ];

    #[test]
    #[cfg_attr(miri, ignore = "Miri has no such system calls")]
    fn half_of_a_text_is_not_read() -> io::Result<()> {
        let name = format!("published-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let options = &mut std::fs::OpenOptions::new();
        let options = options.read(true).write(true).create_new(true);
        let file = options.open(&path)?;
        std::fs::remove_file(&path)?;
        let [first, second] = &PARTS;
        assert_eq!(read(&file, first)?, None);
        for text in ["a longer text", "short"] {
            write(&file, first, text)?;
            assert_eq!(read(&file, first)?.as_deref(), Some(text));
            assert_eq!(read(&file, second)?, None);
        }
        write(&file, second, "another")?;
        assert_eq!(read(&file, first)?.as_deref(), Some("short"));
        file.write_all_at(b"S", (4096 + HEAD) as u64)?;
        assert_eq!(read(&file, first)?, None);
        assert_eq!(read(&file, second)?.as_deref(), Some("another"));
        Ok(())
    }
}
