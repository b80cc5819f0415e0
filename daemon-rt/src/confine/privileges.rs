//! Becoming another user, for good.

use std::ffi::CString;
use std::path::PathBuf;

use nix::errno::Errno;
use nix::sys::prctl::set_keepcaps;
use nix::sys::stat::FileStat;
use nix::unistd::{
    Gid, Group, Uid, User, geteuid, getgrouplist, getgroups, getresgid, getresuid, setgroups,
    setresgid, setresuid,
};

use crate::confine::capabilities::{Capabilities, NOT_DROPPED};
use crate::error::Error;

/// The user and the groups that the daemon changes to.
///
/// They are looked up before the fork, because the sources of names (NSS, LDAP) may need threads,
/// sockets and time. An unknown name is also reported before anything has been changed.
#[derive(Debug)]
pub(crate) struct Identity {
    pub uid: Uid,
    pub gid: Gid,
    groups: Vec<Gid>,
    /// The name and the home of the user, if a user is configured.
    pub account: Option<(String, PathBuf)>,
}

impl Identity {
    /// Looks up `user` and `group`, by name or by number. Returns `None` if neither is given.
    ///
    /// # Errors
    /// `ErrorKind::NotConfigured` for an unknown name.
    pub(crate) fn find(user: Option<&str>, group: Option<&str>) -> Result<Option<Self>, Error> {
        let group = group.map(find_group).transpose()?;
        let Some(user) = user.map(find_user).transpose()? else {
            return Ok(group.map(|gid| Self {
                uid: geteuid(),
                gid,
                groups: vec![gid],
                account: None,
            }));
        };
        let gid = group.unwrap_or(user.gid);
        let name = CString::new(user.name.as_str()).map_err(|_| {
            Error::not_configured("the user's name has a NUL; remove it from `user`")
        })?;
        let groups = getgrouplist(&name, gid).map_err(|errno| match errno {
            Errno::EINVAL => Error::not_configured(format!(
                "`{}` is in more groups than the kernel allows; remove it from some",
                user.name
            )),
            errno => Error::step("list the user's groups", errno),
        })?;
        let account = Some((user.name, user.dir));
        Ok(Some(Self {
            uid: user.uid,
            gid,
            groups,
            account,
        }))
    }

    /// Reports whether this process already is that user, as under an init system that changes ids.
    ///
    /// Compares all its ids, because a process can regain root by its real or saved id.
    pub(crate) fn is_current(&self) -> bool {
        ids().is_ok_and(|ids| ids == ([self.uid; 3], [self.gid; 3]))
    }

    /// Reports whether the mode of `file` grants this user the access `wanted`.
    ///
    /// `wanted` is the bit for others, such as `S_IWOTH`.
    pub(crate) fn may(&self, wanted: u32, file: &FileStat) -> bool {
        let shift = if file.st_uid == self.uid.as_raw() {
            6
        } else if self.groups.contains(&Gid::from_raw(file.st_gid)) {
            3
        } else {
            0
        };
        file.st_mode >> shift & wanted == wanted
    }

    /// Changes all ids of all threads to this user and its groups, and verifies the result.
    ///
    /// Of root's capabilities only the `kept` ones stay. By default none stays, except for a root
    /// that changes nothing but its group.
    ///
    /// No other order works: each call needs a privilege that the next one drops. The last check is
    /// that root's ids cannot be regained, unless `CAP_SETUID` is kept.
    ///
    /// # Errors
    /// EPERM without root's privileges; `ErrorKind::Other` if a privilege of root's remains.
    pub(crate) fn assume(&self, kept: Option<Capabilities>) -> Result<(), Error> {
        let kept = kept.or((!self.uid.is_root()).then_some(Capabilities::NONE));
        let outlive = kept.is_some_and(|kept| kept != Capabilities::NONE);
        if outlive {
            set_keepcaps(true).map_err(|e| Error::step("keep capabilities", e))?;
        }
        setgroups(&self.groups).map_err(|e| Error::step("set the groups", e))?;
        setresgid(self.gid, self.gid, self.gid).map_err(|e| Error::step("set the group", e))?;
        setresuid(self.uid, self.uid, self.uid).map_err(|e| Error::step("set the user", e))?;
        if outlive {
            set_keepcaps(false).map_err(|e| Error::step("keep capabilities", e))?;
        }
        if let Some(kept) = kept {
            // The kernel keeps the inheritable capabilities, and with `no_setuid_fixup` all of
            // them.
            kept.keep()?;
        }
        self.verify(kept.is_some_and(|kept| kept.include(Capabilities::SETUID)))
    }

    fn verify(&self, may_regain: bool) -> Result<(), Error> {
        let kept = |what: &str| Error::other(format!("{NOT_DROPPED}: {what} remains"));
        if !self.is_current() {
            return Err(kept("a user id or a group id"));
        }
        let sorted = |groups: &[Gid]| {
            let mut raw: Vec<_> = groups.iter().map(|gid| gid.as_raw()).collect();
            raw.sort_unstable();
            raw.dedup();
            raw
        };
        let groups = getgroups().map_err(|e| Error::step("read the groups", e))?;
        if sorted(&groups) != sorted(&self.groups) {
            return Err(kept("a supplementary group"));
        }
        let root = Uid::from_raw(0);
        if self.uid != root && !may_regain && setresuid(root, root, root) != Err(Errno::EPERM) {
            return Err(kept("a way to become root again"));
        }
        Ok(())
    }
}

/// Returns the real, effective and saved ids of this process.
fn ids() -> nix::Result<([Uid; 3], [Gid; 3])> {
    let (user, group) = (getresuid()?, getresgid()?);
    Ok((
        [user.real, user.effective, user.saved],
        [group.real, group.effective, group.saved],
    ))
}

fn find_user(name: &str) -> Result<User, Error> {
    let found = match name.parse() {
        Ok(uid) => User::from_uid(Uid::from_raw(uid)),
        Err(_) => User::from_name(name),
    };
    let found = found.map_err(|e| Error::step("look up the user", e))?;
    found.ok_or_else(|| {
        Error::not_configured(format!(
            "cannot find user `{name}`; create the account, or declare another `user`"
        ))
    })
}

fn find_group(name: &str) -> Result<Gid, Error> {
    let found = match name.parse() {
        Ok(gid) => Group::from_gid(Gid::from_raw(gid)),
        Err(_) => Group::from_name(name),
    };
    let found = found.map_err(|e| Error::step("look up the group", e))?;
    found.map(|group| group.gid).ok_or_else(|| {
        Error::not_configured(format!(
            "cannot find group `{name}`; create it, or declare another `group`"
        ))
    })
}
