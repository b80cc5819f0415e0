//! The restrictions of the daemon and its children: limits, a root directory of their own,
//! capabilities, `no_new_privs`, core dumps.

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
use crate::upgrade::{Heritage, Inheritance};

/// The key of the capabilities in an inheritance.
const CAPABILITIES: &str = "capabilities";

/// Returns the capabilities that the program before this one has kept.
pub(crate) fn handed_over(from: &Inheritance) -> Option<Capabilities> {
    from.number(CAPABILITIES).map(Capabilities::from_bits)
}

/// The declared restrictions.
#[derive(Debug)]
pub(crate) struct Confinement {
    pub no_new_privs: Option<bool>,
    /// The capabilities to keep. `None` leaves the sets unchanged.
    pub capabilities: Option<Capabilities>,
    pub limits: Limits,
    pub chroot: Option<PathBuf>,
    pub core: Core,
}

impl Confinement {
    /// Reports whether `no_new_privs` is set in a daemon that `drops` to another user.
    ///
    /// By default it is set if the daemon drops privileges, so that no program that it executes can
    /// regain them.
    pub(crate) fn sets_no_new_privs(&self, drops: bool) -> bool {
        self.no_new_privs
            .unwrap_or(drops || self.capabilities.is_some())
    }

    /// Reports whether a restriction applies to one thread only, and to the threads that it
    /// creates.
    pub(crate) fn is_per_thread(&self) -> bool {
        self.capabilities.is_some() || self.sets_no_new_privs(false)
    }

    /// Checks that this process may apply the restrictions, without changing anything.
    pub(crate) fn check_permitted(&self) -> Result<(), Error> {
        self.limits.check_permitted()?;
        if let Some(capabilities) = self.capabilities {
            capabilities.check_permitted()?;
        }
        self.check_root()
    }

    /// Checks that the declared root directory can be opened and trusted.
    pub(crate) fn check_root(&self) -> Result<(), Error> {
        self.jail().map(drop)
    }

    /// Checks that the working directory and the log exist inside the declared root.
    pub(crate) fn check_places(&self, working_dir: &Path, log: Option<&Path>) -> Result<(), Error> {
        match self.jail()? {
            Some(jail) => jail.check_entry(working_dir, log),
            None => Ok(()),
        }
    }

    /// Applies the restrictions, in the order in which each step is still allowed, and becomes
    /// `user`.
    ///
    /// Runs in the daemon, while it has one thread. `log` is the path of the log outside of the new
    /// root, if the log is a file. Returns the files that the daemon needs from there.
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
        // This comes last, because the kernel disables dumps at each change of ids or capabilities.
        if self.core != Core::Inherited {
            prctl::set_dumpable(self.core == Core::On)
                .map_err(|e| Error::step("set the dumpable flag", e))?;
        }
        Ok(outside)
    }

    /// Hands the capabilities to the next program. Unless it is root's, it must also execute with them.
    pub(crate) fn hand_over(&self, to: &mut Heritage) {
        if let Some(kept) = self.capabilities {
            to.put_number(CAPABILITIES, kept.bits());
        }
    }

    /// Becomes `user` below the declared root, in a process that only reads the settings.
    #[cfg(feature = "config")]
    pub(crate) fn enter_as_reader(&self, user: Option<&Identity>) -> Result<(), Error> {
        if let Some(jail) = self.jail()? {
            jail.enter_as_reader()?;
        }
        match (user, self.capabilities) {
            (Some(user), kept) => user.assume(kept),
            (None, Some(kept)) => kept.keep(),
            (None, None) => Ok(()),
        }
    }

    /// Returns the path by which the daemon reaches the path `outside`.
    pub(crate) fn inside(&self, outside: &Path) -> Result<PathBuf, Error> {
        match &self.chroot {
            Some(root) => inside(root, outside),
            None => Ok(outside.to_owned()),
        }
    }

    /// Returns name and value of each limit for a systemd unit.
    #[cfg(feature = "units")]
    pub(crate) fn unit_limits(&self) -> Vec<(String, String)> {
        const CORE: &str = "LimitCORE";
        let mut limits = self.limits.of_unit();
        if self.core == Core::Off {
            limits.retain(|(name, _)| name != CORE);
            limits.push((CORE.to_owned(), "0".to_owned()));
        } else if self.core == Core::On && limits.iter().all(|(name, _)| name != CORE) {
            limits.push((CORE.to_owned(), "infinity".to_owned()));
        }
        limits
    }

    fn jail(&self) -> Result<Option<Jail>, Error> {
        self.chroot.as_deref().map(Jail::open).transpose()
    }
}
