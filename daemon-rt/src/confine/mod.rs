//! What the daemon and its children may not do, whatever their code says: limits, a root of their
//! own, capabilities, `no_new_privs`, core dumps.

pub(crate) mod capabilities;
pub(crate) mod chroot;
pub(crate) mod limits;
pub(crate) mod privileges;

use std::path::{Path, PathBuf};

use nix::sys::prctl;

use self::capabilities::Capabilities;
use self::chroot::{Jail, Outside, inside};
use self::limits::Limits;
use self::privileges::Identity;
use crate::error::Error;
use crate::spec::Core;

/// The declaration of it.
#[derive(Debug)]
pub(crate) struct Confinement {
    pub no_new_privs: Option<bool>,
    /// Those to keep; none: nothing is said of them.
    pub capabilities: Option<Capabilities>,
    pub limits: Limits,
    pub chroot: Option<PathBuf>,
    pub core: Core,
}

impl Confinement {
    /// Whether `no_new_privs` is set in a daemon that `drops` to another user. Unless told, where
    /// rights are given up: no program that the daemon runs should have them back.
    pub(crate) fn sets_no_new_privs(&self, drops: bool) -> bool {
        self.no_new_privs
            .unwrap_or(drops || self.capabilities.is_some())
    }

    /// Whether a part of it holds for one thread alone, and for those that it makes.
    pub(crate) fn is_a_threads(&self) -> bool {
        self.capabilities.is_some() || self.sets_no_new_privs(false)
    }

    /// Whether this process may do it. Nothing is changed.
    pub(crate) fn check(&self) -> Result<(), Error> {
        self.limits.check()?;
        if let Some(capabilities) = self.capabilities {
            capabilities.check()?;
        }
        self.check_root()
    }

    /// Whether it can have its root.
    pub(crate) fn check_root(&self) -> Result<(), Error> {
        self.jail().map(drop)
    }

    /// Whether it would find in its root what it needs there.
    pub(crate) fn check_places(&self, working_dir: &Path, log: Option<&Path>) -> Result<(), Error> {
        match self.jail()? {
            Some(jail) => jail.check(working_dir, log),
            None => Ok(()),
        }
    }

    /// Gives up what the daemon shall not have, in the order in which each step is still allowed,
    /// and becomes `user`. What it needs from outside of its new root comes back. `log` is the log as
    /// it is named outside, if it goes to a file.
    ///
    /// In the daemon, while it has one thread.
    pub(crate) fn enter(
        &self,
        user: Option<&Identity>,
        working_dir: &Path,
        log: Option<&Path>,
    ) -> Result<Option<Outside>, Error> {
        let jail = self.jail()?;
        let outside = jail.map(|jail| jail.enter(working_dir, log)).transpose()?;
        // Before the ids change: root may raise hard limits.
        self.limits.apply()?;
        if self.core != Core::Inherited {
            limits::set_core(self.core == Core::On)?;
        }
        if let Some(capabilities) = self.capabilities {
            capabilities.bound()?;
        }
        match (user, self.capabilities) {
            (Some(user), kept) => user.assume(kept)?,
            (None, Some(kept)) => kept.keep()?,
            (None, None) => {}
        }
        if self.sets_no_new_privs(user.is_some()) {
            prctl::set_no_new_privs().map_err(|e| Error::step("set no_new_privs", e))?;
        }
        // The last: the kernel turns dumps off at each change of ids or capabilities.
        if self.core != Core::Inherited {
            prctl::set_dumpable(self.core == Core::On)
                .map_err(|e| Error::step("set the dumpable flag", e))?;
        }
        Ok(outside)
    }

    /// The path that `outside` has for the daemon.
    pub(crate) fn inside(&self, outside: &Path) -> Result<PathBuf, Error> {
        match &self.chroot {
            Some(root) => inside(root, outside),
            None => Ok(outside.to_owned()),
        }
    }

    /// The limits as a unit of systemd says them.
    pub(crate) fn unit_limits(&self) -> Vec<(String, String)> {
        let core = match self.core {
            Core::Inherited => self.limits.core_of_unit(),
            Core::Off => Some(("LimitCORE".to_owned(), "0".to_owned())),
            Core::On => self
                .limits
                .core_of_unit()
                .or_else(|| Some(("LimitCORE".to_owned(), "infinity".to_owned()))),
        };
        self.limits.of_unit().chain(core).collect()
    }

    fn jail(&self) -> Result<Option<Jail>, Error> {
        self.chroot.as_deref().map(Jail::open).transpose()
    }
}
