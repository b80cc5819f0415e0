//! What `ps` and `pgrep` show: the process's name and its command line.

use std::ffi::CString;
use std::io::IoSliceMut;
use std::ops::Range;
use std::os::unix::ffi::OsStrExt;
use std::sync::OnceLock;

use nix::sys::uio::{RemoteIoVec, process_vm_readv};
use nix::unistd::Pid;

use crate::error::Error;
use crate::{process, sys};

/// Where the kernel keeps the arguments and the environment of this process, `proc(5)`.
#[derive(Debug, Clone)]
pub(crate) struct Regions {
    pub arguments: Range<usize>,
    pub environment: Range<usize>,
}

impl Regions {
    /// The regions, which stay where they are for the life of the process. The first is read as
    /// arguments, the second as environment, by `ps`.
    pub(crate) fn find() -> Result<&'static Self, Error> {
        static FOUND: OnceLock<Regions> = OnceLock::new();
        if let Some(found) = FOUND.get() {
            return Ok(found);
        }
        let found = Self::untouched().map_or_else(Self::read, Ok)?;
        Ok(FOUND.get_or_init(|| found))
    }

    /// The regions of a process whose arguments and environment are still as the kernel laid them
    /// down: one behind the other, and behind them the program's name, where `getauxval(3)` knows it.
    /// The first look of a process at its own folder in `/proc` takes far longer.
    fn untouched() -> Option<Self> {
        // Another thread could change the environment meanwhile.
        if !sys::has_one_thread() {
            return None;
        }
        let end = sys::program_name();
        let mut entries = None::<Range<usize>>;
        let mut is_whole = true;
        sys::each_variable(|entry| {
            let at = entry.as_ptr().expose_provenance();
            is_whole &= entries.as_ref().is_none_or(|before| before.end == at);
            let start = entries.as_ref().map_or(at, |before| before.start);
            entries = Some(start..at + entry.len() + 1);
        });
        let environment = entries.unwrap_or(end..end);
        let mut words = Vec::new();
        for word in std::env::args_os() {
            words.extend_from_slice(word.as_bytes());
            words.push(0);
        }
        let arguments = environment.start.checked_sub(words.len())?..environment.start;
        // If the first variable was removed before, what lies here is not the arguments.
        let is_whole =
            is_whole && environment.end == end && !words.is_empty() && has(&arguments, &words);
        is_whole.then_some(Self {
            arguments,
            environment,
        })
    }

    fn read() -> Result<Self, Error> {
        const STEP: &str = "find the argument area";
        let stat = process::stat("self").map_err(|e| Error::step(STEP, e))?;
        // The second field is the name in brackets, which may hold anything.
        let fields = stat.rfind(')').map_or("", |end| &stat[end + 1..]);
        // Fields 48 to 51 of proc(5); what follows the name begins with field 3.
        let mut numbers = fields
            .split_whitespace()
            .skip(48 - 3)
            .map_while(|word| word.parse().ok());
        let mut range = || Some(numbers.next()?..numbers.next()?);
        let found = range()
            .zip(range())
            .filter(|(a, e)| !a.is_empty() && e.start <= e.end);
        let (arguments, environment) =
            found.ok_or_else(|| Error::Other(format!("cannot {STEP}")))?;
        Ok(Self {
            arguments,
            environment,
        })
    }
}

/// Whether `bytes` lie at `region`. The kernel looks, whatever is there.
fn has(region: &Range<usize>, bytes: &[u8]) -> bool {
    let mut there = vec![0; bytes.len()];
    let from = [RemoteIoVec {
        base: region.start,
        len: region.len(),
    }];
    let read = process_vm_readv(Pid::this(), &mut [IoSliceMut::new(&mut there)], &from);
    read == Ok(bytes.len()) && there == bytes
}

/// Makes `title` the process's name (15 bytes, for `pgrep -x`) and its whole command line.
///
/// The command line is cut at the length of the one before: what lies behind is the environment.
/// Afterwards `std::env::args` says the title, too; whoever needs the arguments took them before.
pub(crate) fn set(title: &str) -> Result<(), Error> {
    let name = CString::new(title).map_err(|_| Error::Usage("the title has a NUL".to_owned()))?;
    nix::sys::prctl::set_name(&name).map_err(|e| Error::step("set the process's name", e))?;
    let area = &Regions::find()?.arguments;
    // The last byte stays NUL, or the kernel takes the environment for more of the arguments.
    fill(area, &title.as_bytes()[..title.len().min(area.len() - 1)]);
    Ok(())
}

/// Writes `bytes` to the beginning of the region, and NULs to the rest.
pub(crate) fn fill(region: &Range<usize>, bytes: &[u8]) {
    sys::overwrite(region, bytes);
}
