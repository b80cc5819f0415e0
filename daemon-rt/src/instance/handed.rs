//! The lock and the pid file across `execve(2)`, from one program to the next in the same process.
//!
//! The record lock stays with the process while none of its code closes a descriptor of the file. The
//! descriptor itself is therefore handed over, and no other one of that file may be open: the kernel
//! closes those that are close-on-exec.
//!
//! The mapping that keeps [`EXCLUSION`] ends. The next program takes that lock on the description that
//! it inherits, since it may not be allowed to open the file. Meanwhile the record lock excludes other
//! daemons.

use std::path::PathBuf;

use super::lock::{EXCLUSION, LockFile, Site};
use super::pid_file::PidFile;
use crate::error::Error;
use crate::os::known_file::KnownFile;
use crate::os::sys::Anchor;
use crate::trust::{Place, Rule};
use crate::upgrade::{Heritage, Inheritance};

impl LockFile {
    /// Hands the file to the next program, in the daemon.
    pub(crate) fn hand_over(&self, to: &mut Heritage) {
        to.put_descriptor("lock", self.file());
        to.put("lock-path", self.path());
        let site = match self.site {
            Site::Named(_) => "named",
            Site::Outside(_) => "outside",
            Site::Nowhere(_) => "nowhere",
        };
        to.put("lock-site", site);
    }

    /// Takes over the file and its locks.
    ///
    /// # Errors
    /// Another process holds one of the locks; a system call fails.
    pub(crate) fn adopt(from: &Inheritance) -> Result<Self, Error> {
        let path = from.get("lock-path").map(PathBuf::from).unwrap_or_default();
        let failed = |path: &PathBuf, errno| Error::at("take over the lock", path, errno);
        let file = KnownFile::new(from.descriptor("lock")?).map_err(|e| failed(&path, e))?;
        let place = || Place::of(&path, Rule::PidFile).ok();
        let site = match from.text("lock-site") {
            Some("nowhere") => Site::Nowhere(path.clone()),
            Some("named") => match place().filter(|place| place.has(file.id())) {
                Some(place) => Site::Named(place),
                None => Site::Outside(path.clone()),
            },
            _ => Site::Outside(path.clone()),
        };
        let mut lock = Self::new(file, site);
        let taken = lock.take_name()?
            && EXCLUSION
                .try_take(lock.file())
                .map_err(|e| failed(&path, e))?;
        if !taken {
            return Err(Error::other(format!(
                "another process holds the lock {}; see `lslocks`",
                path.display()
            )));
        }
        lock.anchor = Some(Anchor::new(lock.file()).map_err(|e| failed(&path, e))?);
        Ok(lock)
    }
}

impl PidFile {
    /// Hands the file to the next program, in the daemon.
    pub(crate) fn hand_over(&self, to: &mut Heritage) {
        to.put_descriptor("pid-file-descriptor", &*self.file);
        if let Some(place) = &self.place {
            to.put("pid-file-path", place.path());
        }
    }

    /// Takes over the file, if the daemon has one.
    ///
    /// # Errors
    /// A system call fails.
    pub(crate) fn adopt(from: &Inheritance, lock: &LockFile) -> Result<Option<Self>, Error> {
        let Some(file) = from.descriptor_if_any("pid-file-descriptor")? else {
            return Ok(None);
        };
        let file = KnownFile::new(file).map_err(|e| Error::step("take over the pid file", e))?;
        let path = from.get("pid-file-path").map(PathBuf::from);
        let place = path.and_then(|path| lock.pid_file_place(&path).ok());
        Ok(Some(Self { place, file }))
    }
}
