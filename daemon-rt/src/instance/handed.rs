//! The lock and the pid file across `execve(2)`, from one program to the next in the same process.
//!
//! The record lock stays with the process while none of its code closes a descriptor of the file. The
//! descriptor itself is therefore handed over. But a kernel before 5.11 ends the lock if the process
//! has threads. Each kernel ends it if user code has the file open with close-on-exec.
//!
//! The mapping that keeps [`EXCLUSION`] ends as well. So the program that departs first takes
//! [`CARRIED`] by the descriptor that it hands over, and no other daemon can start in between.
//!
//! The next program opens the file for [`EXCLUSION`], and releases [`CARRIED`] when it is ready. A child
//! that has a copy of the descriptor would keep that lock. Until then the program may go back. A program
//! that may not open the file keeps [`CARRIED`].

use std::path::PathBuf;
use std::thread;

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::sched::{CloneFlags, unshare};

use super::lock::{CARRIED, EXCLUSION, LockFile, Site};
use super::pid_file::PidFile;
use crate::error::Error;
use crate::os::file_id::{FileId, Found};
use crate::os::known_file::KnownFile;
use crate::os::sys::Anchor;
use crate::os::threads::block_signals;
use crate::trust::{Place, Rule};
use crate::upgrade::{Heritage, Inheritance};

impl LockFile {
    /// Hands the file to the next program, in the daemon.
    pub(crate) fn hand_over(&self, to: &mut Heritage) {
        to.put_descriptor("lock", self.file());
        to.put("lock-path", self.path());
        let site = match self.site {
            Site::Named(_) | Site::Lost(_) => "named",
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
        let file = KnownFile::new(from.descriptor("lock")?)
            .map_err(|errno| Error::at("take over the lock", &path, errno))?;
        let site = match from.text("lock-site") {
            Some("nowhere") => Site::Nowhere(path),
            Some("named") => match Place::of(&path, Rule::PidFile) {
                Ok(place) => Site::Named(place),
                Err(_) if matches!(file.id().find_at(&path), Found::Another | Found::Nothing) => {
                    Site::Lost(path)
                }
                Err(_) => Site::Outside(path),
            },
            _ => Site::Outside(path),
        };
        let mut lock = Self::new(file, site);
        lock.take_over()?;
        Ok(lock)
    }

    fn take_over(&mut self) -> Result<(), Error> {
        self.carry()?;
        let anchor = Anchor::new(self.file()).map_err(|errno| self.untaken(errno))?;
        (self.anchor, self.is_carried) = (Some(anchor), true);
        // Last, as at a start. The kernel may have ended it at the exec.
        if self.take_name()? {
            Ok(())
        } else {
            Err(self.taken())
        }
    }

    /// Keeps other daemons away while this process executes another program, by the descriptor that
    /// stays open.
    ///
    /// # Errors
    /// Another process holds the lock; a system call fails.
    pub(crate) fn carry(&self) -> Result<(), Error> {
        match CARRIED.try_take(self.file()) {
            Ok(true) => Ok(()),
            Ok(false) => Err(self.taken()),
            Err(errno) => Err(self.untaken(errno)),
        }
    }

    /// Releases what [`LockFile::carry`] took, once this program is ready or goes on.
    ///
    /// A program that took over first takes [`EXCLUSION`] by a description that no child has. It keeps
    /// [`CARRIED`] where it may not open the file. It also does while a child of the program before
    /// shares the memory of that program, `vfork(2)`.
    pub(crate) fn settle(&mut self) {
        if let (true, Site::Named(place)) = (self.is_carried, &self.site)
            && let Some(anchor) = take_apart(place, self.id())
        {
            (self.anchor, self.is_carried) = (Some(anchor), false);
        }
        if !self.is_carried {
            CARRIED.release(self.file());
        }
    }

    fn untaken(&self, errno: Errno) -> Error {
        Error::at("take over the lock", self.path(), errno)
    }

    fn taken(&self) -> Error {
        Error::other(format!(
            "another process holds the lock {}; see `lslocks`",
            self.path().display()
        ))
    }
}

/// Takes [`EXCLUSION`] of `file`, on a thread that has descriptors of its own, `unshare(2)`. To close the
/// file again then ends no record lock of the process.
fn take_apart(place: &Place, file: FileId) -> Option<Anchor> {
    let take = || {
        block_signals();
        unshare(CloneFlags::CLONE_FILES).ok()?;
        let opened = place.open(LockFile::STEP, OFlag::O_RDWR, 0).ok()?;
        let is_it = FileId::of(&opened) == Some(file);
        let is_taken = is_it && EXCLUSION.try_take(&opened) == Ok(true);
        is_taken.then(|| Anchor::new(&opened).ok())?
    };
    thread::scope(|scope| {
        let thread = thread::Builder::new().spawn_scoped(scope, take);
        thread.ok()?.join().ok()?
    })
}

impl PidFile {
    /// Hands the file to the next program, in the daemon.
    pub(crate) fn hand_over(&self, to: &mut Heritage) {
        // Without it the next program writes the file again, where it can.
        if self.file.is_open() {
            to.put_descriptor("pid-file-descriptor", &*self.file);
        }
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
