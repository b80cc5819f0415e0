//! A program that takes the place of this one, `execve(2)`.

use std::ffi::{CString, OsStr, OsString, c_char};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;
use std::ptr;

use nix::errno::Errno;
use nix::libc;

use super::caps::{CapabilitySets, capabilities, raise_ambient, set_capabilities};
use crate::os::known_file::KnownFile;

/// A program with its arguments and its environment. All memory is allocated beforehand, so that
/// signal context can execute it.
pub(crate) struct Program {
    target: Target,
    arguments: Texts,
    environment: Texts,
    /// The capabilities that the program has as well, although its user is not root.
    ambient: u64,
}

enum Target {
    Path(CString),
    /// A descriptor with `O_PATH`, `open(2)`. The program may have no name any more.
    Descriptor(KnownFile),
}

/// Strings of C, and the pointers to them that `execve` takes, the last one null.
struct Texts {
    pointers: Box<[*const c_char]>,
    _texts: Box<[CString]>,
}

// SAFETY: the pointers lead to the strings beside them, which nothing changes or moves.
unsafe impl Send for Texts {}
// SAFETY: as above.
unsafe impl Sync for Texts {}

impl Texts {
    fn new(texts: impl IntoIterator<Item = OsString>) -> io::Result<Self> {
        let texts = texts.into_iter().map(|text| CString::new(text.into_vec()));
        let texts = texts.collect::<Result<Box<[_]>, _>>()?;
        let pointers = texts.iter().map(|text| text.as_ptr());
        Ok(Self {
            pointers: pointers.chain([ptr::null()]).collect(),
            _texts: texts,
        })
    }
}

impl Program {
    /// Prepares the program at `path`, with `arguments` from the zeroth on.
    ///
    /// # Errors
    /// `ErrorKind::InvalidInput` if a text has a NUL.
    pub(crate) fn at(
        path: &Path,
        arguments: impl IntoIterator<Item = OsString>,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> io::Result<Self> {
        let path = CString::new(path.as_os_str().as_bytes())?;
        Self::new(Target::Path(path), arguments, environment)
    }

    /// Prepares the program that `file` refers to.
    ///
    /// # Errors
    /// `ErrorKind::InvalidInput` if a text has a NUL; `fstat(2)` fails.
    pub(crate) fn open(
        file: OwnedFd,
        arguments: impl IntoIterator<Item = OsString>,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> io::Result<Self> {
        let file = KnownFile::new(file)?;
        Self::new(Target::Descriptor(file), arguments, environment)
    }

    fn new(
        target: Target,
        arguments: impl IntoIterator<Item = OsString>,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> io::Result<Self> {
        let variables = environment
            .into_iter()
            .map(|(name, value)| [&*name, OsStr::new("="), &*value].into_iter().collect());
        Ok(Self {
            target,
            arguments: Texts::new(arguments)?,
            environment: Texts::new(variables)?,
            ambient: 0,
        })
    }

    /// Lets the program have these capabilities of the calling thread, one bit each. Otherwise the
    /// kernel removes the capabilities of a user who is not root, `capabilities(7)`.
    #[allow(dead_code, reason = "an upgrade with capabilities follows")]
    pub(crate) fn with_capabilities(mut self, set: u64) -> Self {
        self.ambient = set;
        self
    }

    /// Closes the program's descriptor. It cannot be executed any more.
    pub(crate) fn close(&self) {
        if let Target::Descriptor(file) = &self.target {
            file.close();
        }
    }

    /// Executes the program in place of this one, and returns why it could not. May be called in
    /// signal context, on any thread; the kernel ends the others.
    pub(crate) fn exec(&self) -> Errno {
        let before = match self.raise() {
            Ok(before) => before,
            Err(errno) => return errno,
        };
        let (arguments, environment) = (&self.arguments.pointers, &self.environment.pointers);
        let (arguments, environment) = (arguments.as_ptr(), environment.as_ptr());
        match &self.target {
            Target::Path(path) => {
                // SAFETY: the path and the strings end with a NUL, both arrays with a null.
                unsafe { libc::execve(path.as_ptr(), arguments, environment) };
            }
            // Code of this process may have closed it.
            Target::Descriptor(file) if !file.is_open() => Errno::EBADF.set(),
            Target::Descriptor(file) => {
                let (number, nothing) = (libc::SYS_execveat, c"".as_ptr());
                let file = file.as_raw_fd();
                // SAFETY: as above; with this flag the descriptor itself is the program.
                unsafe {
                    let flags = libc::AT_EMPTY_PATH;
                    libc::syscall(number, file, nothing, arguments, environment, flags);
                }
            }
        }
        let why = Errno::last();
        if let Some(before) = before {
            // The kernel lowers an ambient capability that is not inheritable. No privilege is
            // needed for that.
            let _ = set_capabilities(before);
        }
        why
    }

    /// Makes the capabilities survive the exec, and returns the sets of before.
    fn raise(&self) -> nix::Result<Option<CapabilitySets>> {
        if self.ambient == 0 {
            return Ok(None);
        }
        let before = capabilities()?;
        set_capabilities(CapabilitySets {
            inheritable: before.inheritable | self.ambient,
            ..before
        })?;
        let each = (0..u64::BITS).filter(|number| self.ambient >> number & 1 != 0);
        for number in each {
            if let Err(errno) = raise_ambient(number) {
                let _ = set_capabilities(before);
                return Err(errno);
            }
        }
        Ok(Some(before))
    }
}
