//! Resource limits, `setrlimit(2)`.

use nix::sys::resource::{RLIM_INFINITY, Resource, getrlimit, rlim_t, setrlimit};

use crate::error::Error;

/// The word for the absence of a limit, in declarations.
const UNLIMITED: &str = "unlimited";

/// A resource that can be limited.
#[derive(Debug)]
struct Entry {
    name: &'static str,
    resource: Resource,
    /// True if the value is a number of bytes, which may have a unit.
    is_size: bool,
    step: &'static str,
}

macro_rules! entry {
    ($name:literal, $resource:ident, $is_size:literal) => {
        Entry {
            name: $name,
            resource: Resource::$resource,
            is_size: $is_size,
            step: concat!("set the limit ", $name),
        }
    };
}

/// All resources of `setrlimit(2)`.
///
/// `cpu` is in seconds and `rttime` in microseconds. The others are sizes or counts.
static ENTRIES: [Entry; 16] = [
    entry!("as", RLIMIT_AS, true),
    entry!("core", RLIMIT_CORE, true),
    entry!("cpu", RLIMIT_CPU, false),
    entry!("data", RLIMIT_DATA, true),
    entry!("fsize", RLIMIT_FSIZE, true),
    entry!("locks", RLIMIT_LOCKS, false),
    entry!("memlock", RLIMIT_MEMLOCK, true),
    entry!("msgqueue", RLIMIT_MSGQUEUE, true),
    entry!("nice", RLIMIT_NICE, false),
    entry!("nofile", RLIMIT_NOFILE, false),
    entry!("nproc", RLIMIT_NPROC, false),
    entry!("rss", RLIMIT_RSS, true),
    entry!("rtprio", RLIMIT_RTPRIO, false),
    entry!("rttime", RLIMIT_RTTIME, false),
    entry!("sigpending", RLIMIT_SIGPENDING, false),
    entry!("stack", RLIMIT_STACK, true),
];

/// A list of limits, with at most one per resource.
#[derive(Debug, Default)]
pub(crate) struct Limits(Vec<Limit>);

#[derive(Debug)]
struct Limit {
    entry: &'static Entry,
    soft: rlim_t,
    hard: rlim_t,
}

impl Limits {
    /// Parses a list such as `nofile=65536,nproc=100:200`, or `none`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut limits = Self::default();
        if text == "none" {
            return Ok(limits);
        }
        for part in text.split(',') {
            let limit = Limit::parse(part.trim())?;
            let name = limit.entry.name;
            if limits.0.iter().any(|other| other.entry.name == name) {
                return Err(format!("the limit `{name}` is given twice; remove one"));
            }
            limits.0.push(limit);
        }
        Ok(limits)
    }

    /// Checks that this process may set the limits.
    ///
    /// Raises each hard limit that is too low, and lowers it again: only the kernel knows the
    /// answer. Root of a user namespace cannot raise any limit, and `nofile` cannot exceed
    /// `fs.nr_open`.
    ///
    /// # Errors
    /// `ErrorKind::NotAllowed` with the name of the limit.
    pub(crate) fn check_permitted(&self) -> Result<(), Error> {
        for Limit { entry, hard, .. } in &self.0 {
            let failed = |errno| Error::step("read the limits", errno);
            let (soft, most) = getrlimit(entry.resource).map_err(failed)?;
            if *hard <= most {
                continue;
            }
            match setrlimit(entry.resource, soft, *hard) {
                Ok(()) => setrlimit(entry.resource, soft, most)
                    .map_err(|errno| Error::step(entry.step, errno))?,
                Err(_) => return Err(entry.refused(*hard, most)),
            }
        }
        Ok(())
    }

    /// Sets the limits of this process.
    pub(crate) fn apply(&self) -> Result<(), Error> {
        self.0.iter().try_for_each(|Limit { entry, soft, hard }| {
            setrlimit(entry.resource, *soft, *hard).map_err(|e| Error::step(entry.step, e))
        })
    }

    /// Returns the limits as they are declared, or `None` for an empty list.
    pub(crate) fn declaration(&self) -> Option<String> {
        let limits = self.0.iter().map(|Limit { entry, soft, hard }| {
            let [soft, hard] = [soft, hard].map(|value| spell(*value, UNLIMITED));
            format!("{}={soft}:{hard}", entry.name)
        });
        let limits: Vec<_> = limits.collect();
        (!limits.is_empty()).then(|| limits.join(","))
    }

    /// Returns name and value of each limit for a systemd unit.
    #[cfg(feature = "units")]
    pub(crate) fn of_unit(&self) -> Vec<(String, String)> {
        self.0.iter().map(Limit::of_unit).collect()
    }
}

impl Limit {
    fn parse(text: &str) -> Result<Self, String> {
        let (name, value) = text
            .split_once('=')
            .ok_or_else(|| format!("`{text}` is not a limit, such as nofile=65536"))?;
        let entry = ENTRIES.iter().find(|entry| entry.name == name.trim());
        let entry = entry.ok_or_else(|| {
            let names: Vec<_> = ENTRIES.iter().map(|entry| entry.name).collect();
            format!("`{name}` is not one of the limits {}", names.join(", "))
        })?;
        let read = |text: &str| {
            let unit = if entry.is_size {
                ", optionally with K, M or G"
            } else {
                ""
            };
            entry.value(text.trim()).ok_or_else(|| {
                format!("the limit `{name}` is a number or `unlimited`, not `{text}`{unit}")
            })
        };
        let (soft, hard) = match value.split_once(':') {
            Some((soft, hard)) => (read(soft)?, read(hard)?),
            None => (read(value)?, read(value)?),
        };
        if soft > hard {
            return Err(format!(
                "the soft limit `{name}` is above the hard one; write soft:hard"
            ));
        }
        Ok(Self { entry, soft, hard })
    }

    #[cfg(feature = "units")]
    fn of_unit(&self) -> (String, String) {
        let (soft, hard) = (spell(self.soft, "infinity"), spell(self.hard, "infinity"));
        let both = if soft == hard {
            soft
        } else {
            format!("{soft}:{hard}")
        };
        let name = self.entry.name.to_ascii_uppercase();
        (format!("Limit{name}"), both)
    }
}

impl Entry {
    fn refused(&self, hard: rlim_t, most: rlim_t) -> Error {
        let may = match self.resource {
            Resource::RLIMIT_NOFILE => ", up to fs.nr_open",
            _ => "",
        };
        Error::not_allowed(format!(
            "cannot set limit `{}` to {}: the hard limit is {}, and raising it needs CAP_SYS_RESOURCE{may}",
            self.name,
            spell(hard, UNLIMITED),
            spell(most, UNLIMITED)
        ))
    }

    fn value(&self, text: &str) -> Option<rlim_t> {
        if text == UNLIMITED {
            return Some(RLIM_INFINITY);
        }
        let units = [('K', 1 << 10), ('M', 1 << 20), ('G', 1 << 30)];
        let in_units = |(unit, factor): &(char, rlim_t)| Some((text.strip_suffix(*unit)?, *factor));
        let (digits, factor) = units
            .iter()
            .filter(|_| self.is_size)
            .find_map(in_units)
            .unwrap_or((text, 1));
        let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let number: rlim_t = digits.parse().ok().filter(|_| plain)?;
        // The largest number means `unlimited`.
        number
            .checked_mul(factor)
            .filter(|value| *value < RLIM_INFINITY)
    }
}

/// Raises the soft limit of core files to the hard one, or sets both to 0.
pub(crate) fn set_core(on: bool) -> Result<(), Error> {
    const STEP: &str = "set the limit core";
    let failed = |errno| Error::step(STEP, errno);
    let (_, hard) = getrlimit(Resource::RLIMIT_CORE).map_err(failed)?;
    let most = if on { hard } else { 0 };
    setrlimit(Resource::RLIMIT_CORE, most, most).map_err(failed)
}

/// Writes a limit, or the word for none.
fn spell(value: rlim_t, unlimited: &str) -> String {
    match value {
        RLIM_INFINITY => unlimited.to_owned(),
        number => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::{ENTRIES, Limits, RLIM_INFINITY};

    fn read(text: &str) -> Result<Vec<(&'static str, u64, u64)>, String> {
        let limits = Limits::parse(text)?.0;
        Ok(limits
            .iter()
            .map(|limit| (limit.entry.name, limit.soft, limit.hard))
            .collect())
    }

    #[test]
    fn valid_limits_are_parsed() {
        assert_eq!(read("none"), Ok(vec![]));
        assert_eq!(read("nofile=65536"), Ok(vec![("nofile", 65536, 65536)]));
        let both = read("nproc=100:200, core=0:unlimited,stack=8M");
        let wanted = vec![
            ("nproc", 100, 200),
            ("core", 0, RLIM_INFINITY),
            ("stack", 8 << 20, 8 << 20),
        ];
        assert_eq!(both, Ok(wanted));
        for entry in &ENTRIES {
            assert!(read(&format!("{}=1", entry.name)).is_ok(), "{}", entry.name);
        }
    }

    #[test]
    fn errors_name_the_invalid_part() {
        for (text, named) in [
            ("", "``"),
            ("nofile", "`nofile`"),
            ("nofiles=1", "`nofiles`"),
            ("nofile=", "`nofile`"),
            ("nofile=-1", "`-1`"),
            ("nofile=1K", "`1K`"),
            ("nofile=1:2:3", "`2:3`"),
            ("nofile=2:1", "soft limit `nofile`"),
            ("nofile=1,nofile=2", "twice"),
            ("stack=18446744073709551615", "`stack`"),
            ("stack=99999999999G", "`stack`"),
        ] {
            let why = read(text).err().unwrap_or_default();
            assert!(why.contains(named), "{text}: {why}");
        }
    }
}
