//! The name of a thread in the log, or its number in the kernel.

use std::cell::Cell;
use std::io::Write;

use crate::os::own;

/// The longest name in bytes. The kernel itself keeps 15.
const LONGEST: usize = 31;

#[derive(Clone, Copy)]
struct Name {
    text: [u8; LONGEST],
    len: u8,
    /// The process in which the name was found. The thread of a forked child has another number.
    pid: u32,
}

thread_local! {
    static NAME: Cell<Name> = const { Cell::new(Name { text: [0; LONGEST], len: 0, pid: 0 }) };
}

/// Calls `show` with the name of this thread. The name is looked up once.
pub(super) fn with_name<R>(show: impl FnOnce(&str) -> R) -> R {
    let mut name = NAME.get();
    if name.pid != own::pid() {
        name = find();
        NAME.set(name);
    }
    let text = name.text.get(..usize::from(name.len)).unwrap_or_default();
    show(std::str::from_utf8(text).unwrap_or("?"))
}

fn find() -> Name {
    let mut name = Name {
        text: [0; LONGEST],
        len: 0,
        pid: own::pid(),
    };
    let current = std::thread::current();
    let mut left = name.text.as_mut_slice();
    // The text always fits.
    let _ = match current.name() {
        Some(text) => left.write_all(first_bytes(text).as_bytes()),
        None => write!(left, "{}", nix::unistd::gettid()),
    };
    let used = LONGEST - left.len();
    name.len = u8::try_from(used).unwrap_or(0);
    name
}

/// Returns the beginning of `text`, at most `LONGEST` bytes in whole characters.
fn first_bytes(text: &str) -> &str {
    let end = (0..=LONGEST).rev().find(|end| text.is_char_boundary(*end));
    end.and_then(|end| text.get(..end)).unwrap_or_default()
}
