//! The files in memory that programs pass on, `memfd_create(2)`.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, SealFlag, fcntl};
use nix::sys::memfd::{MFdFlags, memfd_create};

use crate::os::departure::SEALS;

/// The seals of a question: it keeps its length.
const QUESTION: SealFlag = SealFlag::F_SEAL_SHRINK.union(SealFlag::F_SEAL_GROW);

/// The longest answer, and the longest output of a program that only checks.
const ANSWER: usize = 16 * 1024;

/// Creates an empty file, to which seals can be added.
fn create() -> io::Result<File> {
    let flags = MFdFlags::MFD_CLOEXEC | MFdFlags::MFD_ALLOW_SEALING;
    Ok(File::from(memfd_create(c"upgrade", flags)?))
}

/// Creates a file with `text`.
pub(super) fn write(text: &[u8]) -> io::Result<File> {
    let mut file = create()?;
    file.write_all(text)?;
    Ok(file)
}

pub(super) fn add_seals(file: &File, seals: SealFlag) -> io::Result<()> {
    Ok(fcntl(file.as_fd(), FcntlArg::F_ADD_SEALS(seals)).map(drop)?)
}

/// Reads a file that was sealed.
///
/// # Errors
/// EPERM if the seals are missing, so that another process could change it.
pub(super) fn read_sealed(file: &File) -> io::Result<Vec<u8>> {
    let seals = fcntl(file.as_fd(), FcntlArg::F_GET_SEALS)?;
    if !SealFlag::from_bits_retain(seals).contains(SEALS) {
        return Err(Errno::EPERM.into());
    }
    read(file)
}

fn read(file: &File) -> io::Result<Vec<u8>> {
    let length = usize::try_from(file.metadata()?.len()).map_err(|_| Errno::EFBIG)?;
    let mut text = vec![0; length];
    file.read_exact_at(&mut text, 0)?;
    Ok(text)
}

/// The file by which a daemon asks the next program whether it can take over.
///
/// It begins with room for the answer, and the inheritance follows.
#[derive(Debug)]
pub(crate) struct Question {
    pub(crate) file: File,
    /// The output of the program. Its length has a limit, beyond which each write fails.
    pub(crate) output: File,
}

/// The answer of the next program: the exit code for the verb, and the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) code: u8,
    pub(crate) text: String,
}

impl Question {
    /// Creates the files.
    ///
    /// # Errors
    /// Those of `memfd_create(2)` and `write(2)`.
    pub(crate) fn new(inheritance: &[u8]) -> io::Result<Self> {
        let [file, output] = [create()?, create()?];
        output.set_len(ANSWER as u64)?;
        add_seals(&output, QUESTION)?;
        file.set_len(ANSWER as u64)?;
        file.write_all_at(inheritance, ANSWER as u64)?;
        add_seals(&file, QUESTION)?;
        Ok(Self { file, output })
    }

    /// Returns the answer, or `None` if the program gave none.
    ///
    /// # Errors
    /// `pread(2)` fails.
    pub(crate) fn answer(&self) -> io::Result<Option<Answer>> {
        let bytes = &read(&self.file)?[..ANSWER];
        Ok(Answer::decode(bytes))
    }

    /// Returns the text that the program printed.
    ///
    /// # Errors
    /// `pread(2)` fails.
    pub(crate) fn printed(&self) -> io::Result<String> {
        let bytes = read(&self.output)?;
        let end = bytes.iter().position(|byte| *byte == 0);
        let text = String::from_utf8_lossy(&bytes[..end.unwrap_or(bytes.len())]);
        Ok(text.trim().to_owned())
    }
}

impl Answer {
    /// Reads the inheritance that the parent of this process asks about, from standard input. Returns
    /// `None` if that is another file: a child of the program may have the variable.
    pub(crate) fn read_question() -> Option<Vec<u8>> {
        let file = stdin().ok()?;
        // Only such a file has seals.
        let seals = fcntl(file.as_fd(), FcntlArg::F_GET_SEALS).ok()?;
        let is_question = SealFlag::from_bits_retain(seals).contains(QUESTION);
        let bytes = read(&file).ok().filter(|_| is_question)?;
        bytes.get(ANSWER..).map(<[u8]>::to_owned)
    }

    /// Gives the answer.
    ///
    /// # Errors
    /// `pwrite(2)` fails.
    pub(crate) fn give(&self) -> io::Result<()> {
        let text = self.text.as_bytes();
        let text = &text[..text.len().min(ANSWER - 8)];
        let length = u32::try_from(text.len()).unwrap_or_default().to_le_bytes();
        let file = stdin()?;
        file.write_all_at(&[&[b'A', self.code], &length[..], text].concat(), 0)
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (head, rest) = bytes.split_first_chunk::<6>()?;
        let [b'A', code, length @ ..] = *head else {
            return None;
        };
        let text = rest.get(..usize::try_from(u32::from_le_bytes(length)).ok()?)?;
        let text = String::from_utf8_lossy(text).into_owned();
        Some(Self { code, text })
    }
}

fn stdin() -> io::Result<File> {
    Ok(File::from(io::stdin().as_fd().try_clone_to_owned()?))
}
