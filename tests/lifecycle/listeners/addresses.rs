//! Addresses of IP, and those that another process has.

use std::net::{Ipv6Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::unix::net::{UnixDatagram, UnixStream};

use tests::support::Sandbox;

use super::{ip, listeners, sandboxes};

#[test]
fn every_listener_listens_until_the_stop() {
    for sandbox in sandboxes() {
        let _ = sandbox.start();
        let found = listeners(&sandbox);
        assert_eq!(found.len(), 4, "{found:?}");
        assert!(
            found.values().all(|(_, source)| source == "bound"),
            "{found:?}"
        );
        let http = ip(&sandbox, "http");
        TcpStream::connect(http).unwrap();
        let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
        sender.connect(ip(&sandbox, "dns")).unwrap();
        for _ in 0..2 {
            // The second one would fail at a port without a socket.
            sender.send(b"question").unwrap();
        }
        let admin = format!("unix:{}", sandbox.path("admin.sock").display());
        assert_eq!(found["admin"].0, admin);
        UnixStream::connect(sandbox.path("admin.sock")).unwrap();
        let sender = UnixDatagram::unbound().unwrap();
        sender
            .send_to(b"event", sandbox.path("events.sock"))
            .unwrap();
        let _ = sandbox
            .verb(&["status"])
            .exits(0)
            .says(&format!("{http}, bound"));

        sandbox.stop();
        assert!(TcpStream::connect(http).is_err());
        for name in ["admin.sock", "events.sock"] {
            assert!(!sandbox.path(name).exists(), "{name}");
        }
        sandbox.assert_nothing_left();
    }
}

#[test]
fn daemon_in_the_foreground_listens() {
    let sandbox = Sandbox::of("listens");
    let running = sandbox.begin(&["run"]);
    let _ = sandbox.wait_for_daemon();
    sandbox.wait_for_log("on_start");
    TcpStream::connect(ip(&sandbox, "http")).unwrap();
    sandbox.stop();
    let _ = running.finish().exits(0);
    assert!(!sandbox.path("admin.sock").exists());
    sandbox.assert_nothing_left();
}

#[test]
fn address_in_use_is_an_error_with_its_process() {
    let stranger = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = stranger.local_addr().unwrap();
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    let any = SocketAddr::from(([0; 4], address.port()));
    let name = std::fs::read_to_string("/proc/self/comm").unwrap();
    let owner = format!("{}, pid {}, has it", name.trim(), std::process::id());
    for pair in [
        format!("http={address}"),
        format!("http={any}"),
        format!("dns=udp:{}", udp.local_addr().unwrap()),
    ] {
        let sandbox = Sandbox::of("listens");
        for verb in ["check", "start"] {
            let failed = sandbox.verb(&[verb, "--listen", &pair]).exits(1);
            let _ = failed.complains("in use (os error 98)").complains(&owner);
        }
        // A socket that was bound before the failure is gone as well.
        assert!(!sandbox.path("admin.sock").exists());
        sandbox.assert_nothing_left();
    }
}

#[test]
fn process_of_another_user_is_told_by_its_user() {
    let stranger = TcpListener::bind("127.0.0.1:0").unwrap();
    let pair = format!("http={}", stranger.local_addr().unwrap());
    let Some(sandbox) = sandboxes().nth(1) else {
        return;
    };
    let failed = sandbox.verb(&["start", "--listen", &pair]).exits(1);
    let _ = failed.complains("a process of uid 0 has it");
    sandbox.assert_nothing_left();
}

#[test]
fn check_and_restart_accept_what_the_daemon_itself_has() {
    for sandbox in sandboxes() {
        let _ = sandbox.start();
        let http = ip(&sandbox, "http");
        let pair = format!("http={http}");
        let checked = sandbox.verb(&["check", "--listen", &pair]).exits(0);
        let _ = checked.says(&format!("{http}, held by this daemon"));
        let _ = sandbox.verb(&["restart", "--listen", &pair]).exits(0);
        assert_eq!(ip(&sandbox, "http"), http);
        sandbox.stop();
        sandbox.assert_nothing_left();
    }
}

#[test]
fn restart_that_could_not_listen_leaves_the_daemon_alone() {
    let stranger = TcpListener::bind("127.0.0.1:0").unwrap();
    let sandbox = Sandbox::of("listens");
    let daemon = sandbox.start();
    let pair = format!("http={}", stranger.local_addr().unwrap());
    let failed = sandbox.verb(&["restart", "--listen", &pair]).exits(1);
    let _ = failed.complains("the old daemon keeps running");
    assert!(!daemon.has_ended());
    sandbox.stop();
    sandbox.assert_nothing_left();
}

#[test]
fn address_that_no_interface_has_is_an_error_with_its_cure() {
    let sandbox = Sandbox::of("listens");
    for verb in ["check", "start"] {
        let failed = sandbox
            .verb(&[verb, "--listen", "http=192.0.2.1:80"])
            .exits(1);
        let _ = failed
            .complains("no interface has it")
            .complains("0.0.0.0:80");
    }
    sandbox.assert_nothing_left();
}

#[test]
fn unspecified_address_of_ipv6_takes_both_families_unless_v6only() {
    if TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_err() {
        tests::support::skip("this system has no IPv6");
        return;
    }
    for (address, has_v4) in [("[::]:0", true), ("[::]:0?v6only", false)] {
        let sandbox = Sandbox::of("listens");
        let _ = sandbox
            .verb(&["start", "--listen", &format!("http={address}")])
            .exits(0);
        let (address, _) = &listeners(&sandbox)["http"];
        let address = address.strip_suffix("?v6only").unwrap_or(address);
        let port = address.parse::<SocketAddr>().unwrap().port();
        TcpStream::connect((Ipv6Addr::LOCALHOST, port)).unwrap();
        assert_eq!(TcpStream::connect(("127.0.0.1", port)).is_ok(), has_v4);
        sandbox.stop();
    }
}

#[test]
fn failed_start_leaves_no_socket() {
    let sandbox = Sandbox::of("listens");
    for hook in ["new", "on_start"] {
        sandbox.script(&format!("{hook} fail told to"));
        let _ = sandbox.verb(&["start"]).exits(1).complains("told to");
        for name in ["admin.sock", "events.sock"] {
            assert!(!sandbox.path(name).exists(), "{hook}: {name}");
        }
        sandbox.assert_nothing_left();
    }
}

#[test]
fn list_of_listeners_survives_a_removed_lock_file() {
    let sandbox = Sandbox::of("listens");
    let _ = sandbox.start();
    let before = listeners(&sandbox);
    std::fs::remove_file(sandbox.lock_file()).unwrap();
    sandbox.wait_for_log("restored the lock file");
    assert_eq!(listeners(&sandbox), before);
    sandbox.stop();
    sandbox.assert_nothing_left();
}
