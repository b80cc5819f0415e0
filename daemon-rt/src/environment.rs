//! What the daemon keeps of the caller's environment.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use crate::error::Error;
use crate::spec::Env;
use crate::sys;
use crate::title::{self, Regions};

/// Variables that go, by their beginning. Words of one text: a table of them would be relocated at
/// each start, into memory that nobody shares.
const PREFIXES: &str = "\
    BASH_FUNC_ DBUS_ GIO_LAUNCHED_ LD_ MALLOC_ SSH_ SUDO_ SYSTEMD_ TMUX VTE_ XDG_ACTIVATION_ \
    XDG_SEAT XDG_SESSION_ XDG_VTNR";

/// Variables that go: they change how programs run, or belong to the caller's session.
const NAMES: [&str; 5] = [
    // The dynamic loader and the C library, as ld.so(8) drops them for set-user-ID programs.
    "GCONV_PATH GETCONF_DIR GLIBC_TUNABLES HOSTALIASES LOCALDOMAIN LOCPATH NIS_PATH NLSPATH \
     RESOLV_HOST_CONF RES_OPTIONS TZDIR",
    // Shells.
    "BASHOPTS BASH_ENV CDPATH ENV GLOBIGNORE IFS OLDPWD PROMPT_COMMAND PS1 PS2 PS4 PWD \
     SHELLOPTS SHLVL ZDOTDIR _",
    // Interpreters.
    "NODE_OPTIONS PERL5DB PERL5LIB PERL5OPT PERLLIB PYTHONHOME PYTHONINSPECT PYTHONPATH \
     PYTHONSTARTUP RUBYLIB RUBYOPT",
    // The session and its terminal.
    "COLORTERM COLUMNS DESKTOP_SESSION DISPLAY LINES MAIL SESSION_MANAGER STY TERM TERMCAP \
     WAYLAND_DISPLAY WINDOW WINDOWID XAUTHORITY XDG_CURRENT_DESKTOP XDG_RUNTIME_DIR",
    // The starter's own protocol with its supervisor.
    "INVOCATION_ID JOURNAL_STREAM LISTEN_FDNAMES LISTEN_FDS LISTEN_PID MAINPID NOTIFY_SOCKET \
     WATCHDOG_PID WATCHDOG_USEC",
];

/// Whether `env` keeps the variable.
fn keeps(env: Env, name: &OsStr) -> bool {
    match env {
        Env::Only(names) => names.iter().any(|listed| name == *listed),
        Env::Cleaned => {
            let mut listed = NAMES.iter().flat_map(|names| names.split(' '));
            let mut begins = PREFIXES.split(' ').map(str::as_bytes);
            !listed.any(|listed| name == listed)
                && !begins.any(|prefix| name.as_bytes().starts_with(prefix))
        }
    }
}

/// Cleans the environment of this process, adds `more`, and rewrites the memory that
/// `/proc/PID/environ` shows, so that no secret of the caller's session stays readable there.
///
/// In the daemon, while it has one thread.
pub(crate) fn clean(env: Env, more: &[(&str, &OsStr)]) -> Result<(), Error> {
    let region = &Regions::find()?.environment;
    let mut kept: Vec<(OsString, OsString)> = std::env::vars_os().collect();
    // Emptied first: what is set afterwards is the C library's copy, off the region.
    sys::clear_env();
    // A name with `=` in it comes from no shell, and `set_var` refuses it.
    kept.retain(|(name, _)| !name.as_bytes().contains(&b'='));
    kept.retain(|(name, _)| keeps(env, name) && !more.iter().any(|(other, _)| name == other));
    kept.extend(
        more.iter()
            .map(|(name, value)| (OsString::from(name), (*value).to_owned())),
    );
    let mut shown = Vec::new();
    for (name, value) in &kept {
        sys::set_env(name, value);
        let entry = [name.as_bytes(), b"=", value.as_bytes(), b"\0"].concat();
        // An entry that does not fit is left out whole, not shown by half.
        if shown.len() + entry.len() <= region.len() {
            shown.extend_from_slice(&entry);
        }
    }
    title::fill(region, &shown);
    Ok(())
}
