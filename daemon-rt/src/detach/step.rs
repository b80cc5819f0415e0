//! The steps from the caller to the daemon, as data.

/// A step of the way from the caller to the daemon.
///
/// Three processes take part. The caller forks, and waits for the verdict. The first child creates
/// a session and forks again. The daemon does the rest. Each process skips the steps of the others.
/// With the verb `run` the process itself becomes the daemon, and skips the steps that separate it
/// from its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Caller: refuses a process with threads, of which `fork(2)` would copy only one. It creates
    /// the directories of the default places, waits for other verbs, and checks by the lock whether
    /// the daemon runs. When this fails, no process has been started.
    Check,
    /// Caller: calls `fork(2)`. Signals are blocked, so that none is lost and none kills a daemon
    /// that is not complete. The daemon reports through a pipe that it is ready, or why it failed.
    /// The caller stays in this step until then.
    Fork,
    /// First child: calls `setsid(2)`, which leaves the caller's session and terminal.
    Setsid,
    /// First child: forks again and exits. The daemon does not lead the session, so it can never
    /// acquire a terminal by opening one (`daemon(7)`, step 7).
    ForkAgain,
    /// Daemon: closes all inherited descriptors except stdin, stdout and stderr, which it replaces
    /// when it is ready.
    CloseDescriptors,
    /// Daemon: takes the record lock, and maps the state page.
    TakeLock,
    /// Daemon: restores the default disposition of each signal that the caller ignored. SIGPIPE
    /// stays ignored, as in every Rust program.
    ResetSignals,
    /// Daemon: calls `umask(2)`.
    SetUmask,
    /// Daemon: leaves the caller's working directory, which could otherwise not be unmounted. With
    /// a `chroot`, [`Step::DropPrivileges`] does so.
    ChangeDir,
    /// Daemon: removes the variables that change how programs run or belong to the caller's
    /// session. It sets `HOME`, `USER` and `LOGNAME` of the declared user.
    CleanEnvironment,
    /// Daemon: opens the sockets of the declared listeners, while it may still bind a low port. It
    /// takes those that the service manager passed, and binds the others.
    Listen,
    /// Daemon: writes the pid file before it drops privileges. Root's verbs trust no file that an
    /// ordinary user could have written.
    WritePidFile,
    /// Daemon: changes its root, sets its limits, becomes the declared user, and keeps only the
    /// declared capabilities. It verifies that root cannot be regained. Then it sets `no_new_privs`
    /// and whether a crash dumps core.
    DropPrivileges,
    /// Daemon: opens the log with its final privileges. A log that cannot be reopened after a
    /// rotation fails here.
    OpenLog,
    /// Daemon: sets its title, for `ps` and `pgrep`.
    SetTitle,
    /// Daemon: catches its signals and unblocks all. Signals since the fork are delivered now.
    CatchSignals,
}

impl Step {
    /// The steps in the only correct order.
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
        Self::Listen,
        Self::WritePidFile,
        Self::DropPrivileges,
        Self::OpenLog,
        Self::SetTitle,
        Self::CatchSignals,
    ];

    /// Returns whether `steps` are [`Step::ALL`].
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
