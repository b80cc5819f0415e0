//! The way of a program that takes over a daemon's process from the one before it.
//!
//! The process is detached and has its user, root, limits and locks already. The steps that a program
//! does for itself are left: the mask of new files, the working directory, the log, the title, the
//! signals.

use std::path::PathBuf;

use nix::sys::prctl;
use nix::unistd::chdir;

use super::back::go_back;
use super::detached::{Detached, End, Mode};
use super::listen::{self, publish as publish_listeners};
use super::step::Step;
use super::walk::walk;
use super::way::{Role, Way};
use crate::confine::chroot::Outside;
use crate::error::Error;
use crate::instance::lock::LockFile;
use crate::instance::pid_file::PidFile;
use crate::instance::state::{Page, Phase, Snapshot};
use crate::instance::supervisor::Supervisor;
use crate::manager;
use crate::os::clock::millis;
use crate::os::console::TARGET;
use crate::os::known_file::KnownFile;
use crate::os::title;
use crate::settings::Settings;
use crate::signal::Signal;
use crate::spec::{Core, Spec};
use crate::upgrade::{BACK, Heritage, Inheritance, Invocation, OWN, UNDUMPABLE};

/// The steps that are left.
const STEPS: &[Step] = &[
    Step::SetUmask,
    Step::ChangeDir,
    Step::CleanEnvironment,
    Step::OpenLog,
    Step::SetTitle,
    Step::CatchSignals,
];

/// Those in a root of its own, which may lack `/proc`.
const STEPS_INSIDE: &[Step] = &[Step::SetUmask, Step::OpenLog, Step::CatchSignals];

impl Mode {
    fn word(self) -> &'static str {
        match self {
            Self::Detached => "detached",
            Self::Foreground => "foreground",
            Self::Contained => "contained",
        }
    }

    fn of_word(word: Option<&str>) -> Self {
        match word {
            Some("foreground") => Self::Foreground,
            Some("contained") => Self::Contained,
            _ => Self::Detached,
        }
    }
}

impl Detached {
    /// Hands the process over to the next program.
    pub(crate) fn hand_over(&self, to: &mut Heritage) {
        to.put("mode", self.mode.word());
        // The kernel forgets it at `execve(2)`.
        if prctl::get_dumpable() == Ok(false) {
            to.put(UNDUMPABLE, "");
        }
        to.put_number("start-timeout", millis(self.settings.spec.start_timeout));
        to.put(
            "program-version",
            self.settings.spec.version.unwrap_or_default(),
        );
        self.invocation.hand_over(to);
        self.settings.hand_over(to);
        self.settings.confinement.hand_over(to);
        self.lock.hand_over(to);
        if let Some(pid_file) = &self.pid_file {
            pid_file.hand_over(to);
        }
        if let Some(outside) = &self.outside {
            to.put_descriptor("null", &outside.null);
        }
        self.hand_over_listeners(to);
        manager::hand_over(to);
    }
}

/// Takes over the process, and does the steps that are left.
///
/// # Errors
/// The declaration needs a restart; a step fails.
pub(crate) fn adopt(
    spec: &Spec,
    signals: &'static [Signal],
    from: Inheritance,
) -> Result<Box<Detached>, Error> {
    let settings = Settings::adopt(spec, &from)?;
    if settings.confinement.core == Core::On {
        prctl::set_dumpable(true).map_err(|e| Error::step("set the dumpable flag", e))?;
    }
    let mode = Mode::of_word(from.text("mode"));
    let mut way = Box::new(Way::new(settings, signals, mode, None, None));
    way.role = Role::Daemon;
    if let Err(error) = take_over(&mut way, &from) {
        // While the descriptors are open.
        go_back(&error.to_string());
        return Err(error);
    }
    way.inheritance = Some(from);
    let steps = if way.settings.confinement.chroot.is_some() {
        // Without `/proc` only the name of the process is set.
        let _ = title::set(way.settings.spec.title.unwrap_or(way.settings.name));
        STEPS_INSIDE
    } else {
        STEPS
    };
    match walk(way, steps) {
        End::Daemon(detached) => {
            let from = detached.inheritance.as_ref();
            if let Some(reason) = from.and_then(|from| from.text(BACK)) {
                log::error!(target: TARGET, "came back after an upgrade: {reason}");
            }
            detached.describe(detached.page);
            Ok(detached)
        }
        End::Caller(Err(error)) => Err(error),
        End::Caller(Ok(_)) => Err(Error::other("the start ended without a lock")),
    }
}

/// Takes over the descriptors and the state page, and enters the working directory in a root of its own.
fn take_over(way: &mut Way, from: &Inheritance) -> Result<(), Error> {
    manager::adopt(from)?;
    let lock = way.lock.insert(LockFile::adopt(from)?);
    let failed = |source| Error::at("take over the state page of", lock.path(), source);
    let page = Page::adopt(lock.file()).map_err(failed)?;
    page.separate_copies(&lock.share());
    page.set_phase(Phase::Upgrading);
    let seen = Snapshot::read(lock.file()).map_err(failed)?;
    way.supervisor = seen.and_then(|seen| Supervisor::parse(&seen.supervisor()));
    way.page = Some(page);
    way.pid_file = PidFile::adopt(from, lock)?;
    way.listeners = listen::adopt(&way.settings, from)?;
    publish_listeners(lock, &way.listeners)?;
    if let Some(null) = from.descriptor_if_any("null")? {
        let terminal = from.descriptor_if_any("terminal")?;
        let program = from.descriptor_if_any(OWN)?;
        way.outside = Some(Outside {
            null: null.into(),
            terminal: terminal.map(Into::into),
            program: program
                .map(KnownFile::new)
                .transpose()
                .map_err(|errno| Error::step("take over the descriptor of the program", errno))?,
        });
    }
    way.invocation = Invocation::adopt(from);
    if way.settings.confinement.chroot.is_some() {
        enter_working_dir(way)?;
    }
    Ok(())
}

/// Changes to the declared working directory in a root of its own, for which there is no other step.
fn enter_working_dir(way: &Way) -> Result<(), Error> {
    let path = PathBuf::from(way.settings.spec.working_dir);
    chdir(&path).map_err(|e| Error::at("change to", &path, e).of_declared("working_dir", &path))
}
