//! The kinds of generated files.

/// A kind of generated file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An init script for System V, the LSB and Red Hat's `chkconfig`.
    Sysv,
    /// A service unit, `systemd.service(5)`.
    Systemd,
    /// Socket units, `systemd.socket(5)`.
    SystemdSocket,
    /// A service script, `openrc-run(8)`.
    Openrc,
    /// A service directory, `runsv(8)`.
    Runit,
    /// A service directory, `s6-supervise`.
    S6,
    /// A rotation of the log, `logrotate(8)`.
    Logrotate,
    /// The directories in `/run` and `/var/log`, `tmpfiles.d(5)`.
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
    pub(crate) const ALL: &'static [(&'static str, Self)] = &[
        ("sysv", Self::Sysv),
        ("systemd", Self::Systemd),
        ("systemd-socket", Self::SystemdSocket),
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

    /// Returns the kind of this name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        let kind = Self::ALL.iter().find(|(known, _)| *known == name);
        kind.map(|(_, kind)| *kind)
    }

    /// Returns the kind's name on the command line.
    pub(crate) fn name(self) -> &'static str {
        let name = Self::ALL.iter().find(|(_, kind)| *kind == self);
        name.map_or("", |(name, _)| name)
    }
}
