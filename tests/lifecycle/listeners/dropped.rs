//! A daemon that binds as root, and serves as another user.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::net::UnixStream;

use tests::support::{NOBODY, Running, Sandbox};
use tests::{require_namespaces, require_root};

use super::listeners;

/// A place where the log directory belongs to `nobody`, and the rest to root.
fn sandbox() -> Option<Sandbox> {
    require_root!("become another user", None);
    let sandbox = Sandbox::of("listens");
    fs::create_dir(sandbox.path("logs")).unwrap();
    chown(sandbox.path("logs"), Some(NOBODY), Some(NOBODY)).unwrap();
    Some(sandbox)
}

#[test]
fn low_port_is_bound_for_another_user() {
    require_namespaces!("--net");
    let Some(sandbox) = sandbox() else { return };
    let log = sandbox.path("logs/listens.log");
    let mut command = sandbox.program("unshare");
    command.args(["--net", "sh", "-c", "\"$D\" start && ss -ltn"]);
    command.env("D", sandbox.exe());
    command.env("LISTENS_LOG_FILE", &log);
    command.env("LISTENS_USER", "nobody");
    command.env("LISTENS_LISTEN", "http=0.0.0.0:80 dns=udp:0.0.0.0:53");
    let _ = Running::begin(command).finish().exits(0).says("0.0.0.0:80");
    let daemon = sandbox.daemon();
    assert_eq!(daemon.field("Uid"), "65534\t65534\t65534\t65534");
    assert_eq!(daemon.field("CapEff"), "0000000000000000");

    let path = sandbox.path("admin.sock");
    let file = fs::symlink_metadata(&path).unwrap();
    assert_eq!((file.uid(), file.gid()), (0, NOBODY));
    assert_eq!(file.permissions().mode() & 0o777, 0o660);
    UnixStream::connect(&path).unwrap();

    // The daemon may not remove it, so the verb does.
    sandbox.stop();
    assert!(daemon.has_ended());
    for name in ["admin.sock", "events.sock"] {
        assert!(!sandbox.path(name).exists(), "{name}");
    }
}

#[test]
fn ordinary_user_learns_the_cure_for_a_low_port() {
    let first = fs::read_to_string("/proc/sys/net/ipv4/ip_unprivileged_port_start");
    if first.is_ok_and(|first| first.trim() == "0") {
        tests::support::skip("every user may bind every port here");
        return;
    }
    let Some(sandbox) = super::sandboxes().nth(1) else {
        return;
    };
    for verb in ["check", "start"] {
        let failed = sandbox
            .verb(&[verb, "--listen", "http=127.0.0.1:1"])
            .exits(4);
        let _ = failed.complains("ip_unprivileged_port_start");
    }
    sandbox.assert_nothing_left();
}

#[test]
fn daemon_in_a_root_of_its_own_listens_outside() {
    let Some(sandbox) = sandbox() else { return };
    let root = sandbox.path("jail");
    fs::create_dir_all(root.join("logs")).unwrap();
    chown(root.join("logs"), Some(NOBODY), Some(NOBODY)).unwrap();
    let mut command = sandbox.command(&["start", "--user", "nobody"]);
    command.env("LISTENS_CHROOT", &root);
    command.env("LISTENS_LOG_FILE", root.join("logs/listens.log"));
    let _ = Running::begin(command).finish().exits(0);
    let daemon = sandbox.daemon();
    let path = sandbox.path("admin.sock");
    UnixStream::connect(&path).unwrap();
    assert_eq!(listeners(&sandbox)["admin"].1, "bound");
    for (number, target) in daemon.descriptors() {
        let file = fs::metadata(format!("/proc/{}/fd/{number}", daemon.pid));
        let is_directory = file.is_ok_and(|file| file.is_dir());
        let is_inside = target.starts_with(root.to_str().unwrap());
        assert!(!is_directory || is_inside, "{number} is {target}");
    }
    sandbox.stop();
    assert!(!path.exists());
    assert!(!sandbox.path("events.sock").exists());
}
