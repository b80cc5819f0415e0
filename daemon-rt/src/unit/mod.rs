//! The files that init systems and their neighbours read, printed from the declaration.
//!
//! Each kind is a pure function of a [`Plan`]: text, place and mode of its files. What a file says
//! is the daemon's own verbs; none of them knows how a daemon is started or stopped.

mod check;
#[cfg(feature = "completions")]
mod complete;
mod enable;
mod error;
mod install;
mod logrotate;
mod openrc;
mod plan;
mod quote;
mod runit;
mod s6;
mod sandbox;
mod systemd;
mod sysv;
mod tmpfiles;

pub use self::check::{Difference, differences, made_by};
pub use self::error::Error;
pub use self::install::{Removed, Target, install, uninstall};
pub use self::plan::{Choice, Plan, Verbs};

/// A kind of generated file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// An init script, as System V, the LSB and Red Hat's `chkconfig` have it.
    Sysv,
    /// A service unit, `systemd.service(5)`.
    Systemd,
    /// A service script, `openrc-run(8)`.
    Openrc,
    /// A service folder, `runsv(8)`.
    Runit,
    /// A service folder, `s6-supervise`.
    S6,
    /// A rotation of the log, `logrotate(8)`.
    Logrotate,
    /// The folders in `/run` and `/var/log`, `tmpfiles.d(5)`.
    Tmpfiles,
    /// Completions for bash.
    #[cfg(feature = "completions")]
    Bash,
    /// Completions for zsh.
    #[cfg(feature = "completions")]
    Zsh,
    /// Completions for fish.
    #[cfg(feature = "completions")]
    Fish,
    /// A manual page, `man(1)`.
    #[cfg(feature = "completions")]
    Man,
}

impl Kind {
    /// All kinds with their names, in the order of the help.
    pub const ALL: &'static [(&'static str, Self)] = &[
        ("sysv", Self::Sysv),
        ("systemd", Self::Systemd),
        ("openrc", Self::Openrc),
        ("runit", Self::Runit),
        ("s6", Self::S6),
        ("logrotate", Self::Logrotate),
        ("tmpfiles", Self::Tmpfiles),
        #[cfg(feature = "completions")]
        ("bash", Self::Bash),
        #[cfg(feature = "completions")]
        ("zsh", Self::Zsh),
        #[cfg(feature = "completions")]
        ("fish", Self::Fish),
        #[cfg(feature = "completions")]
        ("man", Self::Man),
    ];

    /// The kind of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, kind)| *kind)
    }

    /// The kind's name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(_, kind)| *kind == self)
            .map_or("", |(name, _)| name)
    }
}

/// A file of a kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Where it is installed, absolute.
    pub path: String,
    /// Its mode.
    pub mode: u32,
    /// What it says.
    pub text: String,
}

impl File {
    /// A file that is read.
    fn data(path: String, text: String) -> Self {
        Self {
            path,
            mode: 0o644,
            text,
        }
    }

    /// A file that is run.
    fn script(path: String, text: String) -> Self {
        Self {
            path,
            mode: 0o755,
            text,
        }
    }
}

/// The files of `kind`: one, or those of a service folder.
///
/// # Errors
/// [`Error::Unwritable`] when a path or an argument has what the files cannot say.
pub fn render(kind: Kind, plan: &Plan) -> Result<Vec<File>, Error> {
    plan.check()?;
    match kind {
        Kind::Sysv => Ok(vec![sysv::script(plan)]),
        Kind::Systemd => Ok(vec![systemd::service(plan)]),
        Kind::Openrc => Ok(vec![openrc::script(plan)]),
        Kind::Runit => Ok(runit::folder(plan)),
        Kind::S6 => Ok(s6::folder(plan)),
        Kind::Logrotate => Ok(vec![logrotate::rotation(plan)?]),
        Kind::Tmpfiles => Ok(vec![tmpfiles::folders(plan)]),
        #[cfg(feature = "completions")]
        Kind::Bash | Kind::Zsh | Kind::Fish | Kind::Man => Ok(vec![complete::file(kind, plan)?]),
    }
}

/// What `unit` prints: the text of a file, or each of several under its path.
///
/// # Errors
/// As [`render`].
pub fn print(kind: Kind, plan: &Plan) -> Result<String, Error> {
    let files = render(kind, plan)?;
    if let [file] = files.as_slice() {
        return Ok(file.text.clone());
    }
    let parts = files
        .iter()
        .map(|file| format!("==> {} <==\n{}", file.path, file.text));
    Ok(parts.collect::<Vec<_>>().join("\n"))
}
