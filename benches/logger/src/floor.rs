//! The least work that any logger must do.

use std::any::Any;
use std::cell::Cell;
use std::fmt::Write;
use std::fs::File;
use std::path::Path;

use arrayvec::ArrayString;
use log::{LevelFilter, Log, Metadata, Record};
use nix::time::{ClockId, clock_gettime};

type Stamp = ArrayString<16>;

thread_local! {
    static STAMP: Cell<(i64, Stamp)> = const { Cell::new((i64::MIN, Stamp::new_const())) };
}

/// The seed's line in a buffer on the stack, the time printed once a second, one `write(2)`:
/// no filter, no escapes, no trimming, no look at what the write says.
#[derive(Debug)]
struct Floor {
    file: File,
    /// Formats a record at all, or writes a ready one.
    formats: bool,
}

/// The target of the records that are refused.
const NOISY: &str = "noisy";

const READY: &[u8] = b"Nov 22 18:57:08 : request 12345 from 192.0.2.7 took 12345 us, status 200\n";

impl Log for Floor {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        if !self.formats {
            // The least that a logger can look at: what a refused record costs before any filter.
            if record.target().len() == NOISY.len() {
                return;
            }
            nix::unistd::write(&self.file, READY).unwrap();
            return;
        }
        if record.target() == NOISY {
            return;
        }
        let mut line = ArrayString::<1024>::new();
        let _ = write!(line, "{} : {}", stamp(), record.args());
        line.push('\n');
        nix::unistd::write(&self.file, line.as_bytes()).unwrap();
    }

    fn flush(&self) {}
}

/// The time as the seed prints it.
pub(crate) fn stamp() -> Stamp {
    let second = clock_gettime(ClockId::CLOCK_REALTIME_COARSE)
        .unwrap()
        .tv_sec();
    let (known, stamp) = STAMP.get();
    if known == second {
        return stamp;
    }
    let mut stamp = Stamp::new();
    let now = jiff::Zoned::now();
    write!(stamp, "{}", now.strftime("%b %-d %H:%M:%S")).unwrap();
    STAMP.set((second, stamp));
    stamp
}

/// Makes the floor `log`'s logger: formatting, or writing a line that is ready.
pub(crate) fn install(file: &Path, formats: bool) -> Box<dyn Any> {
    let file = File::options()
        .append(true)
        .create(true)
        .open(file)
        .unwrap();
    log::set_boxed_logger(Box::new(Floor { file, formats })).unwrap();
    log::set_max_level(LevelFilter::Debug);
    Box::new(())
}
