//! Every system call by which sockets are opened fails in turn, or is the last one of the daemon.

use std::fs;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;

use nix::errno::Errno;
use nix::libc;
use tests::support::{Process, Sandbox};

use super::calls::{CANNOT_FAIL, errno, is_memory};
use super::tracer::{self, Act, Aim, DAEMON, Trace, Which};

/// The calls of the daemon from its first socket to the one that publishes them.
fn calls(trace: &Trace) -> Vec<(usize, i64)> {
    let calls = &trace.calls[DAEMON];
    let first = calls.iter().position(|call| *call == libc::SYS_socket);
    let last = calls.iter().rposition(|call| *call == libc::SYS_listen);
    let (first, last) = (first.unwrap(), last.unwrap() + 8);
    let calls = calls.iter().copied().enumerate();
    calls.skip(first).take(last - first).collect()
}

fn seen() -> Vec<(usize, i64)> {
    let place = Sandbox::of("listens");
    let trace = tracer::run(&place, &["start"], None, None);
    assert_eq!(trace.code, 0, "{trace:#?}");
    place.stop();
    place.assert_nothing_left();
    calls(&trace)
}

fn begin(call: usize, act: Act) -> (Sandbox, Trace, String) {
    let place = Sandbox::of("listens");
    let (role, which) = (DAEMON, Which::Nth(call));
    let aim = Aim { role, which, act };
    let trace = tracer::run(&place, &["start"], None, Some(aim));
    let input = format!("{aim:?}: {trace}\n{}", place.log());
    assert!(trace.hit, "{input}");
    (place, trace, input)
}

/// That a daemon listens as it declares, and leaves nothing.
fn assert_whole(place: &Sandbox, input: &str) {
    let status = place.verb(&["status"]).exits(0);
    let http = status.stdout.lines().find_map(|line| {
        let rest = line.trim_start().strip_prefix("listener  http ")?;
        Some(rest.split_once(',')?.0.to_owned())
    });
    TcpStream::connect(http.expect(input)).expect(input);
    for (name, mode) in [("admin.sock", 0o660), ("events.sock", 0o600)] {
        let file = fs::symlink_metadata(place.path(name)).expect(input);
        assert_eq!(file.permissions().mode() & 0o777, mode, "{name}: {input}");
    }
    UnixStream::connect(place.path("admin.sock")).expect(input);
    place.stop();
    for name in ["admin.sock", "events.sock"] {
        assert!(!place.path(name).exists(), "{name}: {input}");
    }
    place.assert_nothing_left();
}

#[test]
fn failed_call_of_a_listener_fails_the_start_or_is_done_without() {
    let (mut failed, mut tolerated) = (0, 0);
    for (call, number) in seen() {
        if CANNOT_FAIL.contains(&number) || number == libc::SYS_setfsgid {
            continue;
        }
        let failure = match number {
            libc::SYS_socket => Errno::EMFILE,
            libc::SYS_bind | libc::SYS_listen => Errno::EADDRINUSE,
            number => errno(number),
        };
        let (place, trace, input) = begin(call, Act::Fail(failure));
        let input = format!("call number {number}, {input}");
        if trace.code == 0 {
            tolerated += 1;
        } else {
            failed += 1;
            let aborted = is_memory(number) && trace.code > 128;
            assert!(trace.code < 100 || aborted, "{input}");
            assert!(trace.stderr.starts_with("listens: ") || aborted, "{input}");
            let left: Vec<_> = place.processes().iter().map(Process::title).collect();
            assert!(left.is_empty(), "{left:?} {input}");
            let _ = place.start();
        }
        assert_whole(&place, &input);
    }
    println!("listeners: {failed} calls failed the start, {tolerated} were done without");
    assert!(failed > 15, "{failed}");
}

#[test]
fn start_after_a_kill_at_any_call_of_a_listener_listens() {
    for (call, number) in seen() {
        let (place, trace, input) = begin(call, Act::Kill);
        let input = format!("call number {number}, {input}");
        assert_ne!(trace.code, 0, "{input}");
        let _ = place.start();
        assert_whole(&place, &input);
    }
}
