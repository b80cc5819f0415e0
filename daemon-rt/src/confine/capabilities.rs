//! The capabilities that the daemon keeps, `capabilities(7)`.

use nix::errno::Errno;

use crate::error::Error;
use crate::os::sys;

/// The names, in the order of their numbers in `linux/capability.h`.
///
/// They are one text, because a table of pointers would be relocated at each start, into memory
/// that processes do not share.
const NAMES: &str = "\
    chown dac_override dac_read_search fowner fsetid kill setgid setuid setpcap \
    linux_immutable net_bind_service net_broadcast net_admin net_raw ipc_lock ipc_owner \
    sys_module sys_rawio sys_chroot sys_ptrace sys_pacct sys_admin sys_boot sys_nice \
    sys_resource sys_time sys_tty_config mknod lease audit_write audit_control setfcap \
    mac_override mac_admin syslog wake_alarm block_suspend audit_read perfmon bpf \
    checkpoint_restore";

fn known() -> impl Iterator<Item = &'static str> {
    NAMES.split(' ')
}

/// The number of bits in a set of the kernel.
const MOST: u32 = u64::BITS;

/// An error that no setting of the program causes: a sandbox or an emulator ignores the calls.
pub(super) const NOT_DROPPED: &str = "privileges were not dropped, because the system ignored the \
    request; start the daemon as the declared user instead";

/// A set of capabilities, one bit per capability.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Capabilities(u64);

impl Capabilities {
    pub(crate) const NONE: Self = Self(0);
    /// The capabilities that override the mode of a file: `CAP_DAC_OVERRIDE`, and for reading and
    /// searching `CAP_DAC_READ_SEARCH`.
    const DAC: [Self; 2] = [Self(1 << 1), Self(1 << 2)];
    /// The capability that allows a process to become any user.
    pub(crate) const SETUID: Self = Self(1 << 7);
    /// The capability that `PR_CAPBSET_DROP` needs.
    pub(crate) const SETPCAP: Self = Self(1 << 8);

    /// Returns the set with these bits.
    pub(crate) const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// Returns a bit per capability.
    pub(crate) const fn bits(self) -> u64 {
        self.0
    }

    /// Parses `names`, in any case, with or without `CAP_`.
    pub(crate) fn from_names(names: &[&str]) -> Result<Self, String> {
        let number = |name: &&str| {
            let lower = name.trim().to_ascii_lowercase();
            let bare = lower.strip_prefix("cap_").unwrap_or(&lower);
            let found = known().position(|known| known == bare);
            found.ok_or_else(|| format!("`{name}` is not a capability, such as net_bind_service"))
        };
        let numbers: Vec<usize> = names.iter().map(number).collect::<Result<_, _>>()?;
        Ok(Self(
            numbers.iter().fold(0, |set, number| set | 1 << number),
        ))
    }

    /// Returns the names as `capabilities(7)` writes them, such as `CAP_CHOWN`.
    pub(crate) fn names(self) -> Vec<String> {
        known()
            .enumerate()
            .filter(|(number, _)| self.0 & 1 << number != 0)
            .map(|(_, name)| format!("CAP_{}", name.to_ascii_uppercase()))
            .collect()
    }

    /// Reports whether all `others` are in this set.
    pub(crate) fn include(self, others: Self) -> bool {
        self.0 & others.0 == others.0
    }

    /// Reports whether this set allows what the mode of a file denies.
    pub(crate) fn override_modes(self) -> bool {
        Self::DAC.iter().any(|one| self.include(*one))
    }

    /// Returns the effective set of this thread.
    pub(crate) fn effective() -> Result<Self, Error> {
        sets().map(|sets| Self(sets.effective))
    }

    /// Checks that this process holds all of them, so that it can keep them.
    ///
    /// # Errors
    /// `ErrorKind::NotAllowed` with the names of the missing ones.
    pub(crate) fn check_permitted(self) -> Result<(), Error> {
        let missing = Self(self.0 & !sets()?.permitted);
        if missing == Self::NONE {
            return Ok(());
        }
        Err(Error::not_allowed(format!(
            "cannot keep {}: this process does not have it; start as root, or let the service manager grant it",
            missing.names().join(", ")
        )))
    }

    /// Limits the bounding set to these, if this process may do so.
    ///
    /// Afterwards no program that it executes can gain more, not even a setuid one.
    pub(crate) fn bound(self) -> Result<(), Error> {
        if !Self::effective()?.include(Self::SETPCAP) {
            return Ok(());
        }
        for number in (0..MOST).filter(|number| self.0 & 1 << number == 0) {
            match sys::drop_bounding(number) {
                Ok(()) => {}
                // The number is beyond the last one that this kernel knows.
                Err(Errno::EINVAL) => break,
                Err(errno) => return Err(Error::step("limit the bounding set", errno)),
            }
        }
        Ok(())
    }

    /// Sets the permitted and the effective set of this thread to these, and verifies the result.
    ///
    /// The inheritable and the ambient set become empty, so that no child receives any.
    pub(crate) fn keep(self) -> Result<(), Error> {
        let wanted = sys::CapabilitySets {
            effective: self.0,
            permitted: self.0,
            inheritable: 0,
        };
        // The kernel removes from the ambient set what is not inheritable, capabilities(7).
        sys::set_capabilities(wanted).map_err(|e| Error::step("set the capabilities", e))?;
        if sets()? != wanted {
            return Err(Error::other(format!("{NOT_DROPPED}: a capability remains")));
        }
        Ok(())
    }
}

fn sets() -> Result<sys::CapabilitySets, Error> {
    sys::capabilities().map_err(|e| Error::step("read the capabilities", e))
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::path::Path;
    use std::process::Command;

    use super::{Capabilities, known};
    use crate::confine::privileges::Identity;
    use crate::os::sys::Program;

    #[test]
    fn names_are_parsed_in_any_case() {
        let wanted = Capabilities::from_names(&["net_bind_service"]);
        for name in [
            "NET_BIND_SERVICE",
            "cap_net_bind_service",
            " CAP_Net_Bind_Service ",
        ] {
            assert_eq!(Capabilities::from_names(&[name]), wanted, "{name}");
        }
        assert!(Capabilities::from_names(&["net_bind_servise"]).is_err());
        assert!(Capabilities::from_names(&[""]).is_err());
    }

    /// Not a test of its own: it is the process of the next one.
    #[test]
    #[cfg_attr(miri, ignore = "Miri has no such system calls")]
    fn role() -> Result<(), Box<dyn std::error::Error>> {
        let Ok(role) = std::env::var("CAPABILITIES_ROLE") else {
            return Ok(());
        };
        let kept = Capabilities::from_names(&["net_bind_service", "kill"])?;
        let nobody = Identity::find(Some("65534"), None)?.ok_or("nobody")?;
        nobody.assume(Some(kept))?;
        let script = "grep -E 'Cap(Prm|Eff|Amb)' /proc/$$/status";
        let arguments = ["sh", "-c", script].map(OsString::from);
        let program = match role.as_str() {
            "keeps" => Program::at(Path::new("/bin/sh"), arguments, [])?,
            _ => Program::at(Path::new("/nowhere"), arguments, [])?,
        };
        let why = program.with_capabilities(kept.bits()).exec();
        assert_eq!(super::sets()?.inheritable, 0);
        println!("{why}");
        Ok(())
    }

    #[test]
    #[cfg_attr(miri, ignore = "Miri has no such system calls")]
    fn program_keeps_capabilities_over_an_exec() -> Result<(), Box<dyn std::error::Error>> {
        if !nix::unistd::geteuid().is_root() {
            return Ok(());
        }
        for (role, wanted) in [
            (
                "keeps",
                "CapPrm:\t0000000000000420\nCapEff:\t0000000000000420\nCapAmb:\t0000000000000420\n",
            ),
            ("fails", "ENOENT: No such file or directory\n"),
        ] {
            let output = Command::new(std::env::current_exe()?)
                .args([
                    "--exact",
                    "confine::capabilities::tests::role",
                    "--nocapture",
                ])
                .arg("--test-threads=1")
                .env("CAPABILITIES_ROLE", role)
                .output()?;
            let text = String::from_utf8(output.stdout)?;
            assert!(text.contains(wanted), "{role}: {text}");
        }
        Ok(())
    }

    #[test]
    fn each_name_has_its_number() {
        for (name, set) in [
            ("setuid", Capabilities::SETUID),
            ("setpcap", Capabilities::SETPCAP),
            ("checkpoint_restore", Capabilities(1 << 40)),
        ] {
            assert_eq!(Capabilities::from_names(&[name]), Ok(set));
        }
        let names: Vec<_> = known().collect();
        let all = Capabilities::from_names(&names).map(Capabilities::names);
        assert_eq!(all.map(|names| names.len()), Ok(41));
    }
}
