//! The memory in which the kernel keeps the arguments and the environment of this process.

use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::ptr;
use std::sync::OnceLock;

use super::process::has_one_thread;

/// The areas of both, `proc(5)`, and the signals that were ignored at exec.
#[derive(Debug)]
pub(crate) struct Areas {
    pub arguments: Area,
    pub environment: Area,
    /// Bits of the ignored signals below 32.
    pub ignored: u32,
}

/// Memory of the process that the kernel filled at exec and that never moves.
#[derive(Debug)]
pub(crate) struct Area(Range<usize>);

impl Areas {
    /// Returns the areas. `ps` reads the first as arguments and the second as environment.
    ///
    /// # Errors
    /// `/proc/self/stat` cannot be read or does not name them.
    pub(crate) fn find() -> io::Result<&'static Self> {
        static FOUND: OnceLock<Areas> = OnceLock::new();
        match FOUND.get() {
            Some(found) => Ok(found),
            None => Self::read().map(|found| FOUND.get_or_init(|| found)),
        }
    }

    fn read() -> io::Result<Self> {
        // The file has no size, for which `fs::read` asks before it begins with reads of 32 bytes.
        let mut stat = Vec::with_capacity(2048);
        File::open("/proc/self/stat")?
            .take(2048)
            .read_to_end(&mut stat)?;
        Self::parse(&stat).ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))
    }

    /// Reads fields 33 and 48 to 51 of `/proc/PID/stat`; the first after the name is field 3.
    fn parse(stat: &[u8]) -> Option<Self> {
        let name_end = stat.iter().rposition(|byte| *byte == b')')?;
        let fields = std::str::from_utf8(&stat[name_end + 1..]).ok()?;
        let field = |number: usize| fields.split_whitespace().nth(number - 3)?.parse().ok();
        let (arguments, environment) = (field(48)?..field(49)?, field(50)?..field(51)?);
        let ignored = fields.split_whitespace().nth(33 - 3)?.parse().ok()?;
        let are_whole = !arguments.is_empty() && environment.start <= environment.end;
        are_whole.then_some(Self {
            arguments: Area(arguments),
            environment: Area(environment),
            ignored,
        })
    }
}

impl Area {
    /// Returns the size of the area.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn start(&self) -> *const u8 {
        ptr::with_exposed_provenance(self.0.start)
    }

    /// Overwrites the area with as many of `bytes` as fit, then NULs. Does nothing in a process
    /// with other threads, which may be reading it.
    pub(crate) fn fill(&self, bytes: &[u8]) {
        if !has_one_thread().unwrap_or(false) {
            return;
        }
        let target: *mut u8 = ptr::with_exposed_provenance_mut(self.0.start);
        let length = bytes.len().min(self.len());
        // SAFETY: the kernel mapped this area at exec, writable, and it stays. No other thread
        // reads it, and `std::env` only returns copies. It does not overlap `bytes`: only `start`
        // points there, and nothing turns that into a reference.
        unsafe {
            ptr::copy_nonoverlapping(bytes.as_ptr(), target, length);
            ptr::write_bytes(target.add(length), 0, self.len() - length);
        }
    }
}
