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

use crate::confine::capabilities::Capabilities;
use crate::error::Error;

/// Who the daemon becomes, looked up before the fork: the sources of names (nss, LDAP) may need
/// threads, sockets and time, and an unknown name is told while nothing has been done yet.
#[derive(Debug)]
pub(crate) struct Identity {
    pub uid: Uid,
    pub gid: Gid,
    groups: Vec<Gid>,
    /// The user's name and home, where a user was asked for.
    pub account: Option<(String, PathBuf)>,
}

impl Identity {
    /// Looks up `user` and `group`, names or numbers. None: neither was asked for.
    ///
    /// # Errors
    /// `ErrorKind::NotConfigured` for a name that nobody knows.
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
        let name = CString::new(user.name.as_str())
            .map_err(|_| Error::not_configured("the user's name has a NUL"))?;
        let groups = getgrouplist(&name, gid).map_err(|errno| match errno {
            Errno::EINVAL => Error::not_configured(format!(
                "`{}` is in more groups than the kernel allows",
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

    /// Whether this process is that user already, as under an init system that sees to it: by all
    /// its ids, since a real or a saved one of root's is the way back.
    pub(crate) fn is_current(&self) -> bool {
        let (Ok(user), Ok(group)) = (getresuid(), getresgid()) else {
            return false;
        };
        [user.real, user.effective, user.saved] == [self.uid; 3]
            && [group.real, group.effective, group.saved] == [self.gid; 3]
    }

    /// Whether the mode of this file lets the user do what `wanted` is for others, such as `S_IWOTH`.
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

    /// Becomes the user, in all threads and all four ids, and proves it. Of root's capabilities the
    /// `kept` ones stay; none of them unless told, but for a root that only changes its group.
    ///
    /// The order is the only one that works: each call needs what the next one gives away. The
    /// proof is that root's ids cannot be had back, unless `CAP_SETUID` is kept.
    ///
    /// # Errors
    /// EPERM without root's rights; `ErrorKind::Other` when something of root's was kept.
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
            // The kernel keeps the caller's inheritable ones, and with `no_setuid_fixup` all.
            kept.keep()?;
        }
        self.verify(kept.is_some_and(|kept| kept.include(Capabilities::SETUID)))
    }

    fn verify(&self, may_regain: bool) -> Result<(), Error> {
        let kept = |what: &str| Error::other(format!("privileges were not dropped: {what}"));
        let user = getresuid().map_err(|e| Error::step("read the user", e))?;
        let group = getresgid().map_err(|e| Error::step("read the group", e))?;
        if [user.real, user.effective, user.saved] != [self.uid; 3] {
            return Err(kept("a user id remains"));
        }
        if [group.real, group.effective, group.saved] != [self.gid; 3] {
            return Err(kept("a group id remains"));
        }
        let sorted = |groups: &[Gid]| {
            let mut raw: Vec<_> = groups.iter().map(|gid| gid.as_raw()).collect();
            raw.sort_unstable();
            raw.dedup();
            raw
        };
        let groups = getgroups().map_err(|e| Error::step("read the groups", e))?;
        if sorted(&groups) != sorted(&self.groups) {
            return Err(kept("a supplementary group remains"));
        }
        let root = Uid::from_raw(0);
        if self.uid != root && !may_regain && setresuid(root, root, root) != Err(Errno::EPERM) {
            return Err(kept("root could be regained"));
        }
        Ok(())
    }
}

fn find_user(name: &str) -> Result<User, Error> {
    let found = match name.parse() {
        Ok(uid) => User::from_uid(Uid::from_raw(uid)),
        Err(_) => User::from_name(name),
    };
    let found = found.map_err(|e| Error::step("look up the user", e))?;
    found.ok_or_else(|| Error::not_configured(format!("unknown user `{name}`")))
}

fn find_group(name: &str) -> Result<Gid, Error> {
    let found = match name.parse() {
        Ok(gid) => Group::from_gid(Gid::from_raw(gid)),
        Err(_) => Group::from_name(name),
    };
    let found = found.map_err(|e| Error::step("look up the group", e))?;
    found
        .map(|group| group.gid)
        .ok_or_else(|| Error::not_configured(format!("unknown group `{name}`")))
}
