//! The steps from the caller to the daemon, as data.

/// A step of the way from the caller to the daemon.
///
/// Three processes go the way. The caller forks, and waits until it knows how the start ended. The
/// first child makes a session and forks again. The daemon does the rest. A step that is not a
/// process's own business does nothing there. With the verb `run` the process itself becomes the
/// daemon, and the steps that part it from its caller do nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Caller: refuses to fork a process with threads (`fork(2)` copies one of them), makes the
    /// directories of the default places, waits for other verbs, and asks the lock whether the
    /// daemon runs. Nothing was started yet when this fails.
    Check,
    /// Caller: calls `fork(2)`, with signals blocked so that none is lost or kills a half-made
    /// daemon, and with a pipe over which the daemon says that it is ready, or why not. The caller
    /// stays in this step until then.
    Fork,
    /// First child: calls `setsid(2)`, away from the caller's session and terminal.
    Setsid,
    /// First child: forks again and exits. The daemon leads no session, so that it can never get a
    /// terminal by opening one (`daemon(7)`, step 7).
    ForkAgain,
    /// Daemon: closes all that the caller had open but stdin, stdout and stderr, which follow when
    /// the daemon is ready.
    CloseDescriptors,
    /// Daemon: takes the record lock, and maps the state page.
    TakeLock,
    /// Daemon: gives the signals that the caller ignored their default dispositions back. SIGPIPE
    /// stays ignored, as in every Rust program.
    ResetSignals,
    /// Daemon: calls `umask(2)`.
    SetUmask,
    /// Daemon: leaves the caller's working directory, which could otherwise not be unmounted. With
    /// a `chroot` the way there leads through [`Step::DropPrivileges`].
    ChangeDir,
    /// Daemon: drops the variables that change how programs run or belong to the caller's session,
    /// and sets `HOME`, `USER` and `LOGNAME` of the user it becomes.
    CleanEnvironment,
    /// Daemon: writes the pid file, before the privileges are dropped: root's verbs trust no file
    /// that an ordinary user could have written.
    WritePidFile,
    /// Daemon: sets its limits, changes to its root, becomes the declared user, keeps of root's
    /// capabilities the declared ones, and proves that root cannot be regained; then
    /// `no_new_privs`, and whether a crash dumps core.
    DropPrivileges,
    /// Daemon: opens the log as the user that it is now. A log that could not be opened again after
    /// a rotation is not opened the first time either.
    OpenLog,
    /// Daemon: sets its title, for `ps` and `pgrep`.
    SetTitle,
    /// Daemon: catches the signals and unblocks all; those that arrived since the fork are
    /// delivered now.
    CatchSignals,
}

impl Step {
    /// The steps in their order, of which no other is right.
    pub const ALL: &'static [Self] = &[
        Self::Check,
        Self::Fork,
        Self::Setsid,
        Self::ForkAgain,
        Self::CloseDescriptors,
        Self::TakeLock,
        Self::ResetSignals,
        Self::SetUmask,
        Self::ChangeDir,
        Self::CleanEnvironment,
        Self::WritePidFile,
        Self::DropPrivileges,
        Self::OpenLog,
        Self::SetTitle,
        Self::CatchSignals,
    ];

    /// Whether `steps` are [`Step::ALL`].
    pub(crate) const fn are_in_order(steps: &[Self]) -> bool {
        if steps.len() != Self::ALL.len() {
            return false;
        }
        let mut at = 0;
        while at < steps.len() {
            if steps[at] as u8 != Self::ALL[at] as u8 {
                return false;
            }
            at += 1;
        }
        true
    }
}
