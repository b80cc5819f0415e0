//! Tests of the protocol with real sockets and pipes.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::io::{IoSliceMut, Read as _};
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use nix::sys::socket::{ControlMessageOwned, recvmsg};
use nix::unistd::write;

use super::*;
use crate::os::clock;

/// Binds a manager's socket to a new abstract name.
fn manager() -> (UnixDatagram, String) {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = format!("daemon-rt-test-{}-{number}", std::process::id());
    let address = SocketAddr::from_abstract_name(&name).unwrap();
    let socket = UnixDatagram::bind_addr(&address).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    (socket, format!("@{name}"))
}

fn notifier(address: &str, usec: Option<&str>, pid: Option<&str>) -> io::Result<Notifier> {
    Notifier::new(
        Some(address.into()),
        usec.map(Into::into),
        pid.map(Into::into),
    )
}

fn receive(manager: &UnixDatagram) -> String {
    let mut buffer = [0; 4096];
    let length = manager.recv(&mut buffer).unwrap();
    String::from_utf8(buffer[..length].to_vec()).unwrap()
}

#[test]
fn states_are_sent_as_lines() {
    let (manager, address) = manager();
    let notifier = notifier(&address, None, None).unwrap();
    let long = Duration::from_millis(1500);
    let states = [State::Ready, State::Status("a\nREADY=1")];
    notifier.notify(&states).unwrap();
    assert_eq!(receive(&manager), "READY=1\nSTATUS=a READY=1\n");
    notifier
        .notify(&[State::Stopping, State::ExtendTimeout(long)])
        .unwrap();
    assert_eq!(
        receive(&manager),
        "STOPPING=1\nEXTEND_TIMEOUT_USEC=1500000\n"
    );
}

#[test]
fn reload_state_has_its_time() {
    let (manager, address) = manager();
    let notifier = notifier(&address, None, None).unwrap();
    let before = clock::monotonic().as_micros();
    notifier.notify(&[State::Reloading]).unwrap();
    let message = receive(&manager);
    let usec = message
        .strip_prefix("RELOADING=1\nMONOTONIC_USEC=")
        .unwrap()
        .trim_end();
    let usec: u128 = usec.parse().unwrap();
    assert!(
        (before..=clock::monotonic().as_micros()).contains(&usec),
        "{message}"
    );
}

#[test]
fn socket_path_is_accepted() {
    let directory = std::env::temp_dir().join(format!("daemon-rt-notify-{}", std::process::id()));
    // A killed test with this pid may have left it.
    let _ = std::fs::remove_dir_all(&directory);
    std::fs::create_dir_all(&directory).unwrap();
    let path = directory.join("socket");
    let manager = UnixDatagram::bind(&path).unwrap();
    let notifier = notifier(path.to_str().unwrap(), None, None).unwrap();
    notifier.notify(&[State::Ready]).unwrap();
    assert_eq!(receive(&manager), "READY=1\n");
    std::fs::remove_dir_all(&directory).unwrap();
}

#[test]
fn notifier_without_manager_does_nothing() {
    for address in [None, Some(OsString::new())] {
        let mut notifier = Notifier::new(address, Some("1000".into()), None).unwrap();
        assert!(notifier.manager.is_none() && notifier.watchdog().is_none());
        notifier.notify(&[State::Ready]).unwrap();
        notifier.flush(Duration::ZERO).unwrap();
        notifier.turn(Instant::now()).unwrap();
    }
}

#[test]
fn invalid_address_is_refused() {
    let long = "/".repeat(200);
    for address in ["relative", "vsock:2:1", long.as_str()] {
        let error = notifier(address, None, None).unwrap_err().to_string();
        assert!(error.contains(address), "{error}");
    }
    let gone = notifier("/nonexistent/socket", None, None).unwrap();
    let error = gone.notify(&[State::Ready]).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::NotFound);
}

#[test]
fn full_queue_is_an_error() {
    let (_manager, address) = manager();
    let notifier = notifier(&address, None, None).unwrap();
    let (socket, _) = notifier.manager.as_ref().unwrap();
    socket
        .set_write_timeout(Some(Duration::from_millis(10)))
        .unwrap();
    // The queue of a datagram socket is short: net.unix.max_dgram_qlen.
    let refused = (0..100_000).find_map(|_| notifier.notify(&[State::Watchdog]).err());
    assert_eq!(refused.unwrap().kind(), io::ErrorKind::WouldBlock);
}

#[test]
fn watchdog_is_fed_once_per_period() {
    let (manager, address) = manager();
    let limit = Duration::from_secs(3);
    let own = std::process::id().to_string();
    let mut notifier = notifier(&address, Some("3000000"), Some(&own)).unwrap();
    let start = Instant::now();
    notifier.turn(start).unwrap();
    assert_eq!(receive(&manager), "WATCHDOG=1\n");
    // Another turn at once sends nothing. The next one is due well within half the limit.
    notifier.turn(start).unwrap();
    let left = notifier.watchdog().unwrap().time_left(start);
    assert!(left > Duration::ZERO && left < limit / 2, "{left:?}");
    manager.set_nonblocking(true).unwrap();
    assert_eq!(
        manager.recv(&mut [0; 16]).unwrap_err().kind(),
        io::ErrorKind::WouldBlock
    );
    notifier.turn(start + left).unwrap();
    assert_eq!(receive(&manager), "WATCHDOG=1\n");
}

#[test]
fn watchdog_of_another_process_is_ignored() {
    let (_manager, address) = manager();
    for (usec, pid) in [("1000", "1"), ("0", ""), ("abc", ""), ("1000", "abc")] {
        let pid = (!pid.is_empty()).then_some(pid);
        let mut notifier = notifier(&address, Some(usec), pid).unwrap();
        assert!(notifier.watchdog().is_none(), "{usec} {pid:?}");
    }
}

#[test]
fn flush_waits_for_the_manager() {
    let (manager, address) = manager();
    let notifier = notifier(&address, None, None).unwrap();
    let timeout = notifier.flush(Duration::from_millis(10)).unwrap_err();
    assert_eq!(timeout.kind(), io::ErrorKind::TimedOut);
    let (mut seen, told) = io::pipe().unwrap();
    let reader = thread::spawn(move || {
        for _ in 0..2 {
            let mut bytes = [0; 64];
            let mut text = [IoSliceMut::new(&mut bytes)];
            let mut space = nix::cmsg_space!([RawFd; 1]);
            let flags = MsgFlags::empty();
            let fd = manager.as_raw_fd();
            let message = recvmsg::<UnixAddr>(fd, &mut text, Some(&mut space), flags).unwrap();
            for control in message.cmsgs().unwrap() {
                let ControlMessageOwned::ScmRights(fds) = control else {
                    continue;
                };
                write(&told, b"x").unwrap();
                for fd in fds {
                    nix::unistd::close(fd).unwrap();
                }
            }
        }
    });
    notifier.flush(Duration::from_secs(10)).unwrap();
    // The manager had read it before the flush returned.
    let mut byte = [0];
    seen.read_exact(&mut byte).unwrap();
    reader.join().unwrap();
}

#[test]
fn readiness_is_a_line_on_a_copy_of_the_descriptor() {
    use std::os::fd::AsRawFd as _;
    let (mut ours, theirs) = io::pipe().unwrap();
    let ready = ReadyDescriptor::take(theirs.as_raw_fd()).unwrap();
    ready.announce().unwrap();
    // The pipe ends with its owner, so no copy is left.
    drop(theirs);
    let mut text = String::new();
    ours.read_to_string(&mut text).unwrap();
    assert_eq!(text, "\n");
}

#[test]
fn closed_or_standard_ready_descriptor_is_refused() {
    for number in [-1, 0, 2] {
        let error = ReadyDescriptor::take(number).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput, "{number}");
    }
    let closed = ReadyDescriptor::take(1_000_000).unwrap_err();
    assert_eq!(closed.raw_os_error(), Some(nix::libc::EBADF));
}
