//! The address of a listener. The attribute accepts the same texts, see `daemon-macros`.
//!
//! An address has no white space, so that a variable can list several of them.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::RawFd;
use std::path::{Path, PathBuf};

/// The kind of a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A stream over IP.
    Tcp,
    /// Datagrams over IP.
    Udp,
    /// A stream, `unix(7)`.
    Unix,
    /// Datagrams, `unix(7)`.
    Unixgram,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
            Self::Unix => "unix",
            Self::Unixgram => "unixgram",
        })
    }
}

/// An address at which a daemon can listen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Address {
    Tcp(Ip),
    Udp(Ip),
    Unix(Local),
    Unixgram(Local),
    /// A socket that the parent process left open at this number. Its kind shows when it is used.
    Inherited(RawFd),
}

/// An address of `ip(7)` or `ipv6(7)`. Port 0 lets the kernel choose one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ip {
    pub(crate) address: SocketAddr,
    /// Whether a socket of IPv6 refuses IPv4, `IPV6_V6ONLY`.
    pub(crate) is_v6_only: bool,
}

/// An address of `unix(7)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Local {
    /// A file, and its mode. A relative path is below the directory of the pid file.
    Path { path: PathBuf, mode: u32 },
    /// A name that is not in the file system, without the `@`.
    Abstract(String),
}

/// The mode of a socket's file. Its owner and its group may connect.
const MODE: u32 = 0o660;

/// The longest path and the longest abstract name, in bytes: `sun_path` without the NUL.
pub(super) const LONGEST: usize = 107;

impl Address {
    /// Parses an address.
    ///
    /// # Errors
    /// Returns a sentence with the cure for a text in another form.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() || text.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(format!(
                "`{}` is empty or has white space; pass {FORMS}",
                text.escape_debug()
            ));
        }
        if let Some(rest) = text.strip_prefix("udp:") {
            ip(rest).map(Self::Udp)
        } else if let Some(rest) = text.strip_prefix("unix:") {
            local(rest).map(Self::Unix)
        } else if let Some(rest) = text.strip_prefix("unixgram:") {
            local(rest).map(Self::Unixgram)
        } else if let Some(rest) = text.strip_prefix("fd:") {
            descriptor(rest).map(Self::Inherited)
        } else {
            ip(text).map(Self::Tcp)
        }
    }

    /// Returns the kind of the socket, unless only the socket itself tells.
    pub(crate) fn kind(&self) -> Option<Kind> {
        match self {
            Self::Tcp(_) => Some(Kind::Tcp),
            Self::Udp(_) => Some(Kind::Udp),
            Self::Unix(_) => Some(Kind::Unix),
            Self::Unixgram(_) => Some(Kind::Unixgram),
            Self::Inherited(_) => None,
        }
    }

    /// Returns the path and the mode of the socket's file, if it has one.
    pub(crate) fn file(&self) -> Option<(&Path, u32)> {
        match self {
            Self::Unix(Local::Path { path, mode }) | Self::Unixgram(Local::Path { path, mode }) => {
                Some((path, *mode))
            }
            _ => None,
        }
    }

    /// Returns the path of the socket's file, if it has one.
    pub(crate) fn path(&self) -> Option<&Path> {
        self.file().map(|(path, _)| path)
    }

    /// Places a relative path below `directory`, and removes what does not lead elsewhere: `/./`.
    pub(crate) fn place_below(&mut self, directory: &Path) {
        if let Self::Unix(Local::Path { path, .. }) | Self::Unixgram(Local::Path { path, .. }) =
            self
        {
            *path = directory.join(&path).components().collect();
        }
    }
}

/// The forms of an address, for messages.
const FORMS: &str = "`127.0.0.1:80`, `[::]:80`, `udp:127.0.0.1:53`, `unix:PATH`, \
                     `unixgram:PATH`, `unix:@NAME` or `fd:3`";

/// Parses an address of IP with a port.
fn ip(text: &str) -> Result<Ip, String> {
    let (plain, option) = halves(text);
    let address = plain.parse().map_err(|_| not_an_ip(plain))?;
    match (option, &address) {
        (None, _) => Ok(false),
        (Some("v6only"), SocketAddr::V6(_)) => Ok(true),
        (Some("v6only"), SocketAddr::V4(_)) => Err(format!(
            "`{text}`: only an address of IPv6 can be `v6only`; remove `?v6only`"
        )),
        (Some(option), _) => Err(format!(
            "`{text}`: unknown option `{option}`; pass `?v6only`, or remove the `?`"
        )),
    }
    .map(|is_v6_only| Ip {
        address,
        is_v6_only,
    })
}

/// Returns the message for a text that is not an address of IP with a port.
fn not_an_ip(text: &str) -> String {
    if let Ok(ip) = text.parse::<IpAddr>() {
        let with_port = SocketAddr::new(ip, 80);
        return format!("`{text}` has no port; pass one, as `{with_port}`");
    }
    let (host, port) = text.rsplit_once(':').unwrap_or((text, ""));
    if port.parse::<u16>().is_err() {
        return format!("`{text}` is not an address; pass {FORMS}");
    }
    if let "" | "*" = host {
        return format!("`{text}` has no host; pass `[::]:{port}` for all of this machine");
    }
    format!(
        "`{text}`: `{host}` is not an IP address; pass one, as `127.0.0.1:{port}` or `[::]:{port}`"
    )
}

/// Parses the rest of `unix:` or `unixgram:`.
fn local(text: &str) -> Result<Local, String> {
    let (plain, option) = halves(text);
    if let Some(name) = plain.strip_prefix('@') {
        if option.is_some() {
            return Err(format!(
                "`{text}`: an abstract name has no mode; remove everything from the `?` on"
            ));
        }
        if name.is_empty() || name.len() > LONGEST {
            return Err(format!(
                "`{text}`: an abstract name has 1 to {LONGEST} bytes; pass another one"
            ));
        }
        return Ok(Local::Abstract(name.to_owned()));
    }
    let ends_in_name = plain
        .rsplit('/')
        .next()
        .is_some_and(|last| !matches!(last, "" | "."));
    if !ends_in_name || plain.split('/').any(|part| part == "..") {
        return Err(format!(
            "`{text}` is not the path of a socket; pass a path without `..` that ends in a name"
        ));
    }
    Ok(Local::Path {
        path: PathBuf::from(plain),
        mode: option.map_or(Some(MODE), mode).ok_or_else(|| {
            format!(
                "`{text}`: a path has the option `?mode=` with an octal number, as `?mode=0600`"
            )
        })?,
    })
}

/// Parses `mode=0660`.
fn mode(option: &str) -> Option<u32> {
    let digits = option.strip_prefix("mode=")?;
    // `from_str_radix` would take a sign.
    let plain = digits.bytes().all(|digit| digit.is_ascii_digit());
    let mode = u32::from_str_radix(digits, 8).ok();
    mode.filter(|mode| plain && *mode <= 0o777)
}

/// Parses the number of a descriptor. The daemon writes to 1 and 2.
fn descriptor(text: &str) -> Result<RawFd, String> {
    let plain = text.bytes().all(|digit| digit.is_ascii_digit());
    let number = text.parse().ok().filter(|_| plain);
    number
        .filter(|number| !matches!(number, 1 | 2))
        .ok_or_else(|| format!("`fd:{text}` is not a descriptor; pass 0, or a number above 2"))
}

/// Splits an address at the `?` before its option.
fn halves(text: &str) -> (&str, Option<&str>) {
    match text.split_once('?') {
        Some((plain, option)) => (plain, Some(option)),
        None => (text, None),
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(ip) => write!(f, "{ip}"),
            Self::Udp(ip) => write!(f, "udp:{ip}"),
            Self::Unix(local) => write!(f, "unix:{local}"),
            Self::Unixgram(local) => write!(f, "unixgram:{local}"),
            Self::Inherited(number) => write!(f, "fd:{number}"),
        }
    }
}

impl fmt::Display for Ip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.address)?;
        f.write_str(if self.is_v6_only { "?v6only" } else { "" })
    }
}

impl fmt::Display for Local {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path { path, mode: MODE } => write!(f, "{}", path.display()),
            Self::Path { path, mode } => write!(f, "{}?mode={mode:04o}", path.display()),
            Self::Abstract(name) => write!(f, "@{name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Address, Kind};
    use std::path::Path;

    #[test]
    fn address_is_displayed_as_it_is_parsed() -> Result<(), String> {
        for text in [
            "127.0.0.1:0",
            "[::]:80?v6only",
            "[fe80::1%2]:80",
            "udp:[::1]:53",
            "unix:/run/a.sock",
            "unix:a/b.sock?mode=0600",
            "unixgram:/run/a.sock?mode=0777",
            "unix:@name",
            "fd:0",
        ] {
            assert_eq!(Address::parse(text)?.to_string(), text);
        }
        Ok(())
    }

    #[test]
    fn kind_is_that_of_the_prefix() -> Result<(), String> {
        for (text, kind) in [
            ("127.0.0.1:80", Some(Kind::Tcp)),
            ("udp:127.0.0.1:80", Some(Kind::Udp)),
            ("unix:a", Some(Kind::Unix)),
            ("unixgram:@a", Some(Kind::Unixgram)),
            ("fd:3", None),
        ] {
            assert_eq!(Address::parse(text)?.kind(), kind, "{text}");
        }
        Ok(())
    }

    #[test]
    fn relative_path_is_placed_below_the_directory() -> Result<(), String> {
        for (text, placed) in [
            ("unix:a?mode=660", "unix:/run/a"),
            ("unix:./@a//b/./c", "unix:/run/@a/b/c"),
            ("unix:/b", "unix:/b"),
            ("unix:@a", "unix:@a"),
        ] {
            let mut address = Address::parse(text)?;
            address.place_below(Path::new("/run"));
            assert_eq!(address.to_string(), placed);
        }
        Ok(())
    }

    #[test]
    fn wrong_address_names_its_cure() {
        for (text, cure) in [
            ("127.0.0.1", "pass one, as `127.0.0.1:80`"),
            ("::1", "pass one, as `[::1]:80`"),
            ("*:80", "pass `[::]:80`"),
            (":80", "pass `[::]:80`"),
            ("localhost:80", "`localhost` is not an IP address"),
            ("127.0.0.1:80?v6only", "remove `?v6only`"),
            ("[::]:80?v6", "unknown option `v6`"),
            ("127.0.0.1:65536", "is not an address; pass `127.0.0.1:80`"),
            ("tcp:127.0.0.1:80", "`tcp:127.0.0.1` is not an IP address"),
            ("unix:", "ends in a name"),
            ("unix:/run/", "ends in a name"),
            ("unix:/run/.", "ends in a name"),
            ("unix:../a", "without `..`"),
            ("unix:a?mode=0o600", "as `?mode=0600`"),
            ("unix:@", "1 to 107 bytes"),
            ("unix:@a?mode=0600", "has no mode"),
            ("fd:2", "above 2"),
            ("fd:+3", "above 2"),
            ("unix:a b", "white space"),
            ("", "is empty"),
        ] {
            let error = Address::parse(text).err().unwrap_or_default();
            assert!(error.contains(cure), "{text}: {error}");
        }
    }
}
