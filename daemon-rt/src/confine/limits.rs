//! Resource limits, `setrlimit(2)`.

use nix::sys::resource::{RLIM_INFINITY, Resource, getrlimit, rlim_t, setrlimit};

use crate::error::Error;

/// A kind of limit.
#[derive(Debug)]
struct Kind {
    name: &'static str,
    resource: Resource,
    /// Whether its value is a number of bytes, which may have a unit.
    is_size: bool,
    step: &'static str,
}

macro_rules! kind {
    ($name:literal, $resource:ident, $is_size:literal) => {
        Kind {
            name: $name,
            resource: Resource::$resource,
            is_size: $is_size,
            step: concat!("set the limit ", $name),
        }
    };
}

/// `cpu` is in seconds, `rttime` in microseconds; the others that are no sizes are counts.
static KINDS: [Kind; 16] = [
    kind!("as", RLIMIT_AS, true),
    kind!("core", RLIMIT_CORE, true),
    kind!("cpu", RLIMIT_CPU, false),
    kind!("data", RLIMIT_DATA, true),
    kind!("fsize", RLIMIT_FSIZE, true),
    kind!("locks", RLIMIT_LOCKS, false),
    kind!("memlock", RLIMIT_MEMLOCK, true),
    kind!("msgqueue", RLIMIT_MSGQUEUE, true),
    kind!("nice", RLIMIT_NICE, false),
    kind!("nofile", RLIMIT_NOFILE, false),
    kind!("nproc", RLIMIT_NPROC, false),
    kind!("rss", RLIMIT_RSS, true),
    kind!("rtprio", RLIMIT_RTPRIO, false),
    kind!("rttime", RLIMIT_RTTIME, false),
    kind!("sigpending", RLIMIT_SIGPENDING, false),
    kind!("stack", RLIMIT_STACK, true),
];

/// Limits, each at most once.
#[derive(Debug, Default)]
pub(crate) struct Limits(Vec<Limit>);

#[derive(Debug)]
struct Limit {
    kind: &'static Kind,
    soft: rlim_t,
    hard: rlim_t,
}

impl Limits {
    /// Reads `nofile=65536,nproc=100:200`, or `none`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut limits = Self::default();
        if text == "none" {
            return Ok(limits);
        }
        for part in text.split(',') {
            let limit = Limit::parse(part.trim())?;
            let name = limit.kind.name;
            if limits.0.iter().any(|other| other.kind.name == name) {
                return Err(format!("the limit `{name}` is given twice"));
            }
            limits.0.push(limit);
        }
        Ok(limits)
    }

    /// Whether this process may set them: raises a hard limit that is too low, and lowers it again.
    /// The kernel is asked, since nothing else knows: root of a user namespace may raise none, and
    /// `nofile` no higher than `fs.nr_open`.
    ///
    /// # Errors
    /// `ErrorKind::NotAllowed`, which names the limit.
    pub(crate) fn check(&self) -> Result<(), Error> {
        for Limit { kind, hard, .. } in &self.0 {
            let failed = |errno| Error::step("read the limits", errno);
            let (soft, most) = getrlimit(kind.resource).map_err(failed)?;
            if *hard <= most {
                continue;
            }
            match setrlimit(kind.resource, soft, *hard) {
                Ok(()) => setrlimit(kind.resource, soft, most)
                    .map_err(|errno| Error::step(kind.step, errno))?,
                Err(_) => return Err(kind.refused(*hard, most)),
            }
        }
        Ok(())
    }

    /// Sets them for this process.
    pub(crate) fn apply(&self) -> Result<(), Error> {
        self.0.iter().try_for_each(|Limit { kind, soft, hard }| {
            setrlimit(kind.resource, *soft, *hard).map_err(|e| Error::step(kind.step, e))
        })
    }

    /// As they are declared; none if there are none.
    pub(crate) fn text(&self) -> Option<String> {
        let limits = self.0.iter().map(|Limit { kind, soft, hard }| {
            format!("{}={}:{}", kind.name, spell(*soft), spell(*hard))
        });
        let limits: Vec<_> = limits.collect();
        (!limits.is_empty()).then(|| limits.join(","))
    }

    /// As a unit of systemd says them, but for `core`: name and value.
    pub(crate) fn of_unit(&self) -> impl Iterator<Item = (String, String)> {
        let others = self.0.iter().filter(|limit| limit.kind.name != "core");
        others.map(Limit::of_unit)
    }

    /// The same for `core`.
    pub(crate) fn core_of_unit(&self) -> Option<(String, String)> {
        let core = self.0.iter().find(|limit| limit.kind.name == "core");
        core.map(Limit::of_unit)
    }
}

impl Limit {
    fn parse(text: &str) -> Result<Self, String> {
        let (name, value) = text
            .split_once('=')
            .ok_or_else(|| format!("`{text}` is not a limit, such as nofile=65536"))?;
        let kind = KINDS.iter().find(|kind| kind.name == name.trim());
        let kind = kind.ok_or_else(|| {
            let names: Vec<_> = KINDS.iter().map(|kind| kind.name).collect();
            format!("`{name}` is not one of the limits {}", names.join(", "))
        })?;
        let read = |text: &str| {
            let unit = if kind.is_size {
                ", optionally with K, M or G"
            } else {
                ""
            };
            kind.value(text.trim()).ok_or_else(|| {
                format!("the limit `{name}` is a number or `unlimited`, not `{text}`{unit}")
            })
        };
        let (soft, hard) = match value.split_once(':') {
            Some((soft, hard)) => (read(soft)?, read(hard)?),
            None => (read(value)?, read(value)?),
        };
        if soft > hard {
            return Err(format!("the soft limit `{name}` is above the hard one"));
        }
        Ok(Self { kind, soft, hard })
    }

    fn of_unit(&self) -> (String, String) {
        let value = |value| match value {
            RLIM_INFINITY => "infinity".to_owned(),
            number => number.to_string(),
        };
        let (soft, hard) = (value(self.soft), value(self.hard));
        let both = if soft == hard {
            soft
        } else {
            format!("{soft}:{hard}")
        };
        let name = self.kind.name.to_ascii_uppercase();
        (format!("Limit{name}"), both)
    }
}

impl Kind {
    fn refused(&self, hard: rlim_t, most: rlim_t) -> Error {
        let may = match self.resource {
            Resource::RLIMIT_NOFILE => ", up to fs.nr_open",
            _ => "",
        };
        Error::not_allowed(format!(
            "cannot set limit `{}` to {}: the hard limit is {}, and raising it needs CAP_SYS_RESOURCE{may}",
            self.name,
            spell(hard),
            spell(most)
        ))
    }

    fn value(&self, text: &str) -> Option<rlim_t> {
        if text == "unlimited" {
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
        // The largest number means none.
        number
            .checked_mul(factor)
            .filter(|value| *value < RLIM_INFINITY)
    }
}

/// Raises the soft limit of core files to the hard one, or sets both to nothing.
pub(crate) fn set_core(on: bool) -> Result<(), Error> {
    const STEP: &str = "set the limit core";
    let failed = |errno| Error::step(STEP, errno);
    let (_, hard) = getrlimit(Resource::RLIMIT_CORE).map_err(failed)?;
    let most = if on { hard } else { 0 };
    setrlimit(Resource::RLIMIT_CORE, most, most).map_err(failed)
}

fn spell(value: rlim_t) -> String {
    match value {
        RLIM_INFINITY => "unlimited".to_owned(),
        number => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::{KINDS, Limits, RLIM_INFINITY};

    fn read(text: &str) -> Result<Vec<(&'static str, u64, u64)>, String> {
        let limits = Limits::parse(text)?.0;
        Ok(limits
            .iter()
            .map(|limit| (limit.kind.name, limit.soft, limit.hard))
            .collect())
    }

    #[test]
    fn limits_are_read() {
        assert_eq!(read("none"), Ok(vec![]));
        assert_eq!(read("nofile=65536"), Ok(vec![("nofile", 65536, 65536)]));
        let both = read("nproc=100:200, core=0:unlimited,stack=8M");
        let wanted = vec![
            ("nproc", 100, 200),
            ("core", 0, RLIM_INFINITY),
            ("stack", 8 << 20, 8 << 20),
        ];
        assert_eq!(both, Ok(wanted));
        for kind in &KINDS {
            assert!(read(&format!("{}=1", kind.name)).is_ok(), "{}", kind.name);
        }
    }

    #[test]
    fn what_is_none_is_named() {
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
