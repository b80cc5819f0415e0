//! Cleans the environment that the daemon inherits from the caller.

use std::ffi::OsStr;
use std::ops::Range;
use std::os::unix::ffi::OsStrExt;

use crate::error::Error;
use crate::os::sys::{self, Areas};
use crate::spec::Env;

/// Returns whether `env` keeps the variable.
fn keeps(env: Env, name: &OsStr) -> bool {
    match env {
        Env::Only(names) => names.iter().any(|listed| name == *listed),
        Env::Cleaned => !(name.to_str().is_some_and(is_dropped) || begins_as_dropped(name)),
    }
}

/// Returns whether the variable changes how programs run, or belongs to the caller's session.
///
/// Patterns need no relocation at each start, unlike a table of texts.
#[rustfmt::skip]
fn is_dropped(name: &str) -> bool {
    matches!(
        name,
        // The dynamic loader and the C library, as ld.so(8) drops them for set-user-ID programs.
        "GCONV_PATH" | "GETCONF_DIR" | "GLIBC_TUNABLES" | "HOSTALIASES" | "LOCALDOMAIN" | "LOCPATH"
        | "NIS_PATH" | "NLSPATH" | "RESOLV_HOST_CONF" | "RES_OPTIONS" | "TZDIR"
        // Shells.
        | "BASHOPTS" | "BASH_ENV" | "CDPATH" | "ENV" | "GLOBIGNORE" | "IFS" | "OLDPWD"
        | "PROMPT_COMMAND" | "PS1" | "PS2" | "PS4" | "PWD" | "SHELLOPTS" | "SHLVL" | "ZDOTDIR" | "_"
        // Interpreters.
        | "NODE_OPTIONS" | "PERL5DB" | "PERL5LIB" | "PERL5OPT" | "PERLLIB" | "PYTHONHOME"
        | "PYTHONINSPECT" | "PYTHONPATH" | "PYTHONSTARTUP" | "RUBYLIB" | "RUBYOPT"
        // The session and its terminal.
        | "COLORTERM" | "COLUMNS" | "DESKTOP_SESSION" | "DISPLAY" | "LINES" | "MAIL"
        | "SESSION_MANAGER" | "STY" | "TERM" | "TERMCAP" | "WAYLAND_DISPLAY" | "WINDOW" | "WINDOWID"
        | "XAUTHORITY" | "XDG_CURRENT_DESKTOP" | "XDG_RUNTIME_DIR"
        // The starter's own protocol with its supervisor.
        | "INVOCATION_ID" | "JOURNAL_STREAM" | "LISTEN_FDNAMES" | "LISTEN_FDS" | "LISTEN_PID"
        | "MAINPID" | "NOTIFY_SOCKET" | "WATCHDOG_PID" | "WATCHDOG_USEC"
    )
}

/// Returns whether the variable belongs to such a group, by the prefix of its name.
#[rustfmt::skip]
fn begins_as_dropped(name: &OsStr) -> bool {
    let begins = |beginning: &str| name.as_bytes().starts_with(beginning.as_bytes());
    begins("BASH_FUNC_") || begins("DBUS_") || begins("GIO_LAUNCHED_") || begins("LD_")
        || begins("MALLOC_") || begins("SSH_") || begins("SUDO_") || begins("SYSTEMD_")
        || begins("TMUX") || begins("VTE_") || begins("XDG_ACTIVATION_") || begins("XDG_SEAT")
        || begins("XDG_SESSION_") || begins("XDG_VTNR")
}

/// Cleans the environment of this process, adds `more`, and rewrites the memory that
/// `/proc/PID/environ` shows, so that no secret of the caller's session stays readable there.
///
/// In the daemon, while it has one thread.
pub(crate) fn clean(env: Env, more: &[(&str, &OsStr)]) -> Result<(), Error> {
    let failed = |source| Error::step("clean the environment", source);
    let areas = Areas::find().map_err(|e| Error::step("find the environment area", e))?;
    let area = &areas.environment;
    let mut block: Vec<u8> = Vec::with_capacity(area.len());
    // Room for those of most: a short vector that grew would leave holes in the heap.
    let mut names: Vec<Range<usize>> = Vec::with_capacity(128);
    sys::each_variable(|entry| {
        let Some(name) = name_of(entry) else { return };
        let stays = keeps(env, OsStr::from_bytes(name));
        if stays && !more.iter().any(|(other, _)| other.as_bytes() == name) {
            names.push(block.len()..block.len() + name.len());
            block.extend_from_slice(entry);
            block.push(0);
        }
    })
    .map_err(failed)?;
    let mut block = without_doubles(block, &mut names);
    for (name, value) in more {
        block.extend_from_slice(&[name.as_bytes(), b"=", value.as_bytes(), b"\0"].concat());
    }
    sys::replace_environment(&block, area).map_err(failed)
}

/// Returns `block` without the entries whose name also stands before them, where `getenv(3)` finds
/// it.
///
/// `names` are the names of all entries. The sort takes no time that grows with the square of their
/// number.
fn without_doubles(block: Vec<u8>, names: &mut [Range<usize>]) -> Vec<u8> {
    names.sort_unstable_by_key(|name| (&block[name.clone()], name.start));
    let is_double = |pair: &&[Range<usize>]| block[pair[0].clone()] == block[pair[1].clone()];
    let doubles = names.windows(2).filter(is_double);
    let mut doubles: Vec<usize> = doubles.map(|pair| pair[1].start).collect();
    if doubles.is_empty() {
        return block;
    }
    doubles.sort_unstable();
    let mut kept = Vec::with_capacity(block.len());
    let mut start = 0;
    for entry in block.split_inclusive(|byte| *byte == 0) {
        if doubles.binary_search(&start).is_err() {
            kept.extend_from_slice(entry);
        }
        start += entry.len();
    }
    kept
}

/// Returns the name in an entry, unless it is empty, which no shell permits.
fn name_of(entry: &[u8]) -> Option<&[u8]> {
    let end = entry.iter().position(|byte| *byte == b'=')?;
    Some(&entry[..end]).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::without_doubles;

    #[test]
    fn first_entry_of_each_name_stays() {
        for (block, wanted) in [
            ("B=1\0A=2\0B=3\0A=\0BA=4\0B=5\0", "B=1\0A=2\0BA=4\0"),
            ("B=1\0A=1\0", "B=1\0A=1\0"),
            ("", ""),
        ] {
            let mut start = 0;
            let mut names: Vec<_> = block
                .split_inclusive('\0')
                .map(|entry| {
                    let name = start..start + entry.find('=').unwrap_or(0);
                    start += entry.len();
                    name
                })
                .collect();
            let kept = without_doubles(block.into(), &mut names);
            assert_eq!(String::from_utf8_lossy(&kept), wanted);
        }
    }
}
