//! What `ps` and `pgrep` show: the process's name and its command line.

use std::ffi::CString;
use std::ops::Range;
use std::sync::OnceLock;

use crate::error::Error;
use crate::os::process;
use crate::os::sys;

/// Where the kernel keeps the arguments and the environment of this process, `proc(5)`.
#[derive(Debug, Clone)]
pub(crate) struct Regions {
    pub arguments: Range<usize>,
    pub environment: Range<usize>,
    /// The bits of the ignored signals below 32.
    pub ignored: u32,
}

impl Regions {
    /// The regions, which stay where they are for the life of the process. The first is read as
    /// arguments, the second as environment, by `ps`.
    pub(crate) fn find() -> Result<&'static Self, Error> {
        static FOUND: OnceLock<Regions> = OnceLock::new();
        match FOUND.get() {
            Some(found) => Ok(found),
            None => Self::read().map(|found| FOUND.get_or_init(|| found)),
        }
    }

    fn read() -> Result<Self, Error> {
        const STEP: &str = "find the argument area";
        let fields = process::stat("self").map_err(|e| Error::step(STEP, e))?;
        // Fields 48 to 51 of proc(5); what follows the name begins with field 3.
        let mut numbers = fields
            .split_whitespace()
            .skip(48 - 3)
            .map_while(|word| word.parse().ok());
        let mut range = || Some(numbers.next()?..numbers.next()?);
        let found = range()
            .zip(range())
            .filter(|(a, e)| !a.is_empty() && e.start <= e.end);
        let ignored = fields.split_whitespace().nth(33 - 3);
        let ignored = ignored.and_then(|mask| mask.parse().ok());
        let ((arguments, environment), ignored) = found
            .zip(ignored)
            .ok_or_else(|| Error::Other(format!("cannot {STEP}")))?;
        Ok(Self {
            arguments,
            environment,
            ignored,
        })
    }
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
