//! The address of a listener. The runtime accepts the same texts, except for a descriptor of a start.

use std::net::{IpAddr, SocketAddr};

/// The kind of an address.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    Tcp,
    Udp,
    Unix,
    Unixgram,
}

impl Kind {
    /// Returns the type of the standard library, as messages show it.
    pub(crate) fn socket(self) -> &'static str {
        match self {
            Self::Tcp => "TcpListener",
            Self::Udp => "UdpSocket",
            Self::Unix => "UnixListener",
            Self::Unixgram => "UnixDatagram",
        }
    }

    /// Returns the name of the function of the runtime that hands out such a listener.
    pub(crate) fn function(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Unix => "unix",
            Self::Unixgram => "unixgram",
        }
    }
}

/// The longest abstract name of a UNIX socket, in bytes.
const LONGEST_NAME: usize = 107;

/// Returns the kind of an address, or the words for an address in its place.
pub(super) fn parse(text: &str) -> Result<Kind, String> {
    if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err("an address without white space".into());
    }
    if let Some(rest) = text.strip_prefix("udp:") {
        ip(rest).map(|()| Kind::Udp)
    } else if let Some(rest) = text.strip_prefix("unix:") {
        local(rest).map(|()| Kind::Unix)
    } else if let Some(rest) = text.strip_prefix("unixgram:") {
        local(rest).map(|()| Kind::Unixgram)
    } else if text.starts_with("fd:") {
        Err("an address, because a descriptor is known only at a start".into())
    } else {
        ip(text).map(|()| Kind::Tcp)
    }
}

/// Checks an address of IP with a port and perhaps `?v6only`.
fn ip(text: &str) -> Result<(), String> {
    let (plain, option) = halves(text);
    let Ok(address) = plain.parse::<SocketAddr>() else {
        return Err(expected_ip(plain));
    };
    match option {
        None => Ok(()),
        Some("v6only") if address.is_ipv6() => Ok(()),
        Some("v6only") => Err("without `?v6only`, which only an address of IPv6 can have".into()),
        Some(_) => Err("without an option but `?v6only`".into()),
    }
}

/// Returns the words for an address in place of `text`.
fn expected_ip(text: &str) -> String {
    if let Ok(ip) = text.parse::<IpAddr>() {
        let with_port = SocketAddr::new(ip, 80);
        return format!("an address with a port, such as \"{with_port}\"");
    }
    let port = text.rsplit_once(':').and_then(|(host, port)| {
        port.parse::<u16>().ok()?;
        Some((host, port))
    });
    match port {
        Some(("" | "*", port)) => format!("\"[::]:{port}\" for all addresses of the machine"),
        Some((_, port)) => {
            format!("an IP address, such as \"127.0.0.1:{port}\" or \"[::]:{port}\"")
        }
        None => "an address such as \"127.0.0.1:80\", \"udp:[::]:53\", \"unix:server.sock\", \
                 \"unixgram:/run/server.sock\" or \"unix:@server\""
            .into(),
    }
}

/// Checks the rest of an address of a UNIX socket.
fn local(text: &str) -> Result<(), String> {
    let (plain, option) = halves(text);
    if let Some(name) = plain.strip_prefix('@') {
        return match option {
            _ if name.is_empty() || name.len() > LONGEST_NAME => {
                Err(format!("an abstract name of 1 to {LONGEST_NAME} bytes"))
            }
            None => Ok(()),
            Some(_) => Err("an abstract name without an option, because it has no mode".into()),
        };
    }
    let mut parts = plain.rsplit('/');
    if matches!(parts.next(), None | Some("" | ".")) || plain.split('/').any(|part| part == "..") {
        return Err("the path of a socket, without `..` and without `/` at the end".into());
    }
    if !option.is_none_or(is_mode) {
        return Err("a path with no option but a mode in octal, such as `?mode=0600`".into());
    }
    Ok(())
}

/// True for `mode=0660`.
fn is_mode(option: &str) -> bool {
    option.strip_prefix("mode=").is_some_and(|digits| {
        let plain = digits.bytes().all(|digit| digit.is_ascii_digit());
        plain && u32::from_str_radix(digits, 8).is_ok_and(|mode| mode <= 0o777)
    })
}

/// Splits an address at the `?` before its option.
fn halves(text: &str) -> (&str, Option<&str>) {
    match text.split_once('?') {
        Some((plain, option)) => (plain, Some(option)),
        None => (text, None),
    }
}
