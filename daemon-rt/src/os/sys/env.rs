//! The environment of this process, which changes only while it has one thread. Another thread
//! could be reading it, and neither the C library nor POSIX has a lock for that.

use std::ffi::{CStr, c_char};
use std::io;
use std::ptr;

use super::arguments::Area;
use super::process::has_one_thread;

unsafe extern "C" {
    /// The environment, `environ(7)`: pointers to entries, the last one null.
    static mut environ: *const *const c_char;
}

fn refuse_threads() -> io::Result<()> {
    if has_one_thread()? {
        Ok(())
    } else {
        Err(io::Error::other(
            "the process has other threads; start them in `new` or `on_start`",
        ))
    }
}

/// Calls `see` with each entry of the environment.
///
/// # Errors
/// The process has other threads, or `/proc` cannot be read.
pub(crate) fn each_variable(mut see: impl FnMut(&[u8])) -> io::Result<()> {
    refuse_threads()?;
    // SAFETY: the process has one thread, so none changes the environment meanwhile.
    let mut next = unsafe { environ };
    if next.is_null() {
        return Ok(());
    }
    // SAFETY: the pointers, the last one included, are the C library's, and none is null before it.
    while let Some(entry) = unsafe { (*next).as_ref() } {
        // SAFETY: each points to a NUL-terminated string.
        see(unsafe { CStr::from_ptr(entry) }.to_bytes());
        next = next.wrapping_add(1);
    }
    Ok(())
}

/// Sets the environment to `block`, NUL-terminated entries, for the life of the process.
///
/// It also copies them to `area`, which `/proc/PID/environ` reads. An entry that does not fit there
/// is omitted as a whole.
///
/// # Errors
/// The process has other threads, or `/proc` cannot be read.
pub(crate) fn replace_environment(block: &[u8], area: &'static Area) -> io::Result<()> {
    refuse_threads()?;
    let mut shown = block;
    while shown.len() > area.len() {
        let last = shown.split_inclusive(|byte| *byte == 0).next_back();
        let last = last.map_or(shown.len(), <[u8]>::len);
        shown = &shown[..shown.len() - last];
    }
    area.fill(shown);
    // If all entries fit, the area itself is the environment, and the heap holds no copy.
    let start: *const u8 = if shown.len() == block.len() {
        area.start()
    } else {
        block.to_vec().leak().as_ptr()
    };
    let entries = || block.split_inclusive(|byte| *byte == 0);
    let mut pointers = Vec::with_capacity(entries().count() + 1);
    let mut at = 0;
    for entry in entries() {
        pointers.push(start.wrapping_add(at).cast());
        at += entry.len();
    }
    pointers.push(ptr::null());
    // SAFETY: the process has one thread, so none reads the environment meanwhile; the pointers
    // and their targets stay. The kernel's area is never unmapped, and only the next call of this
    // function writes to it, which sets other pointers. `setenv(3)` copies a foreign array.
    unsafe { environ = pointers.leak().as_ptr() };
    Ok(())
}

/// Sets a variable of the environment.
///
/// # Errors
/// The process has other threads, or `/proc` cannot be read.
pub(crate) fn set_variable(name: &str, value: &str) -> io::Result<()> {
    refuse_threads()?;
    // SAFETY: the process has one thread, so none reads the environment meanwhile.
    unsafe { std::env::set_var(name, value) };
    Ok(())
}

/// Removes a variable from the environment.
///
/// # Errors
/// The process has other threads, or `/proc` cannot be read.
pub(crate) fn remove_variable(name: &str) -> io::Result<()> {
    refuse_threads()?;
    // SAFETY: the process has one thread, so none reads the environment meanwhile.
    unsafe { std::env::remove_var(name) };
    Ok(())
}
