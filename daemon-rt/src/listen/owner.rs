//! The process that has an address, from `/proc/net`, `proc_pid_net(5)`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

use super::address::{Address, LONGEST, Local};
use crate::os::escape::printable;
use crate::os::proc;

/// A socket in the lists of the kernel.
#[derive(Debug, PartialEq, Eq)]
struct Listed {
    inode: u64,
    /// The lists of UNIX sockets name no user.
    uid: Option<u32>,
}

/// A process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Owner {
    pub(crate) pid: i32,
    pub(crate) name: String,
}

/// Returns a clause that says who has `address`: `nginx, pid 4711, has it`.
pub(super) fn of(address: &Address) -> String {
    let listed = listed(address);
    if let Some(owner) = listed.iter().find_map(|socket| find(socket.inode)) {
        return format!("{}, pid {}, has it", owner.name, owner.pid);
    }
    match listed.first() {
        Some(Listed { uid: Some(uid), .. }) => format!("a process of uid {uid} has it"),
        Some(_) => "a process of another user has it".to_owned(),
        None => "another process has it, maybe in another network namespace".to_owned(),
    }
}

/// Returns the process that has `address`, if this process may see it.
pub(crate) fn process_at(address: &Address) -> Option<Owner> {
    listed(address).iter().find_map(|socket| find(socket.inode))
}

/// Returns the process that has the socket with this inode. Of several it is the oldest, by pid.
fn find(inode: u64) -> Option<Owner> {
    let wanted = PathBuf::from(format!("socket:[{inode}]"));
    let processes = proc::entries("/proc").ok()?;
    let mut pids: Vec<i32> = processes
        .iter()
        .filter_map(|path| path.file_name()?.to_str()?.parse().ok())
        .collect();
    pids.sort_unstable();
    let has_it = |pid: &i32| {
        let open = proc::entries(&format!("/proc/{pid}/fd")).unwrap_or_default();
        let mut links = open.iter().filter_map(|fd| std::fs::read_link(fd).ok());
        links.any(|link| link == wanted)
    };
    let pid = pids.into_iter().find(has_it)?;
    let name = proc::text(format!("/proc/{pid}/comm")).unwrap_or_default();
    let name = printable(name.trim_end());
    Some(Owner { pid, name })
}

fn listed(address: &Address) -> Vec<Listed> {
    let text = |file: &str| proc::text(format!("/proc/net/{file}")).unwrap_or_default();
    match address {
        Address::Tcp(ip) => listed_ip(&(text("tcp") + &text("tcp6")), ip.address, true),
        Address::Udp(ip) => listed_ip(&(text("udp") + &text("udp6")), ip.address, false),
        Address::Unix(local) | Address::Unixgram(local) => listed_unix(&text("unix"), local),
        Address::Inherited(_) => Vec::new(),
    }
}

/// Finds the sockets that keep `wanted` from being bound.
fn listed_ip(list: &str, wanted: SocketAddr, is_stream: bool) -> Vec<Listed> {
    /// `TCP_LISTEN` of the kernel's `tcp_states.h`.
    const LISTENING: &str = "0A";
    let find = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [_, local, _, state, _, _, _, uid, _, inode, ..] = words[..] else {
            return None;
        };
        let (ip, port) = local.split_once(':')?;
        let has_port = u16::from_str_radix(port, 16) == Ok(wanted.port());
        let ip = parse_ip(ip).filter(|ip| has_port && meets(*ip, wanted.ip()));
        ip.filter(|_| !is_stream || state == LISTENING)?;
        Some(Listed {
            inode: inode.parse().ok()?,
            uid: uid.parse().ok(),
        })
    };
    list.lines().filter_map(find).collect()
}

/// Returns whether two addresses exclude each other at one port.
fn meets(one: IpAddr, other: IpAddr) -> bool {
    let (one, other) = (one.to_canonical(), other.to_canonical());
    one == other || one.is_unspecified() || other.is_unspecified()
}

/// Parses an address as the lists have it: words of 32 bits, each as a number of this machine.
fn parse_ip(text: &str) -> Option<IpAddr> {
    let word = |at: usize| {
        let word = u32::from_str_radix(text.get(at * 8..at * 8 + 8)?, 16).ok()?;
        Some(word.to_ne_bytes())
    };
    if text.len() == 8 {
        return Some(Ipv4Addr::from(word(0)?).into());
    }
    let mut bytes = [0; 16];
    for (at, place) in bytes.chunks_exact_mut(4).enumerate() {
        place.copy_from_slice(&word(at)?);
    }
    Some(Ipv6Addr::from(bytes).into())
}

/// Finds the UNIX sockets at `wanted`: the one that was bound there, and its connections, which no
/// process has before it accepts them.
fn listed_unix(list: &str, wanted: &Local) -> Vec<Listed> {
    let is_it = |name: &str| match wanted {
        // A long path was bound by a descriptor of its directory.
        Local::Path { path, .. } => {
            let name = Path::new(name);
            path == name
                || (path.as_os_str().len() > LONGEST
                    && name.starts_with("/proc/self/fd")
                    && name.file_name() == path.file_name())
        }
        Local::Abstract(wanted) => name.strip_prefix('@') == Some(wanted),
    };
    let find = |line: &str| {
        // Number, references, protocol, flags, type, state. Then the inode, which is padded.
        let rest = (0..6).try_fold(line, |rest, _| Some(rest.split_once(' ')?.1))?;
        let (inode, name) = rest.trim_start().split_once(' ')?;
        is_it(name).then_some(())?;
        let inode = inode.parse().ok()?;
        Some(Listed { inode, uid: None })
    };
    list.lines().filter_map(find).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TCP: &str = "\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000    33        0 7001 1
   1: 0100007F:1F91 0100007F:9999 01 00000000:00000000 00:00000000 00000000    33        0 7002 1
   2: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 7003 1
";

    #[test]
    #[cfg(target_endian = "little")]
    fn socket_that_excludes_the_address_is_found() {
        for (address, inode) in [
            ("127.0.0.1:8080", Some(7001)),
            ("0.0.0.0:8080", Some(7001)),
            ("127.0.0.2:8080", None),
            // A connection is no listener.
            ("127.0.0.1:8081", None),
            ("10.0.0.1:80", Some(7003)),
            ("[::1]:80", Some(7003)),
        ] {
            let found = address
                .parse()
                .ok()
                .map_or_else(Vec::new, |address| listed_ip(TCP, address, true));
            assert_eq!(found.first().map(|found| found.inode), inode, "{address}");
        }
    }

    #[test]
    fn unix_socket_is_found_by_its_whole_name() {
        let list = "\
Num       RefCount Protocol Flags    Type St Inode Path
000000000cd48e67: 00000002 00000000 00010000 0001 01   560 /run/a b.sock
000000000cd48e68: 00000002 00000000 00010000 0001 01 6560718 @name
000000000cd48e69: 00000002 00000000 00000000 0002 01 6560719
";
        let path = |path: &str| Local::Path {
            path: path.into(),
            mode: 0,
        };
        for (wanted, inode) in [
            (path("/run/a b.sock"), Some(560)),
            (path("/run/a"), None),
            (Local::Abstract("name".to_owned()), Some(6_560_718)),
        ] {
            let found = listed_unix(list, &wanted);
            assert_eq!(found.first().map(|found| found.inode), inode, "{wanted:?}");
        }
    }
}
