//! UNIX sockets: their files, modes and owners.

use std::fs;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::os::unix::net::{SocketAddr, UnixListener, UnixStream};
use std::path::Path;

use rustix::net::{AddressFamily, SocketAddrUnix, SocketType, bind, socket};
use tests::require_programs;
use tests::support::Sandbox;

use super::{listeners, sandboxes};

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().mode() & 0o7777
}

#[test]
fn mode_is_the_declared_one_whatever_the_umask() {
    for umask in ["000", "077", "777"] {
        let sandbox = Sandbox::of("listens");
        let _ = sandbox.verb(&["start", "--umask", umask]).exits(0);
        assert_eq!(mode(&sandbox.path("admin.sock")), 0o660, "{umask}");
        assert_eq!(mode(&sandbox.path("events.sock")), 0o600, "{umask}");
        sandbox.stop();
    }
}

#[test]
fn socket_of_a_killed_daemon_is_replaced() {
    for sandbox in sandboxes() {
        let daemon = sandbox.start();
        let path = sandbox.path("admin.sock");
        daemon.kill();
        assert!(path.exists());
        let _ = sandbox.verb(&["check"]).exits(0);
        let _ = sandbox.start();
        UnixStream::connect(&path).unwrap();
        sandbox.stop();
        assert!(!path.exists());
        sandbox.assert_nothing_left();
    }
}

#[test]
fn stop_removes_the_sockets_of_a_killed_daemon() {
    let sandbox = Sandbox::of("listens");
    sandbox.start().kill();
    sandbox.stop();
    for name in ["admin.sock", "events.sock"] {
        assert!(!sandbox.path(name).exists(), "{name}");
    }
}

#[test]
fn wrong_address_does_not_keep_the_daemon_from_being_stopped() {
    let sandbox = Sandbox::of("listens");
    let _ = sandbox.start();
    let stopped = sandbox
        .shell("LISTENS_LISTEN=nonsense \"$D\" stop")
        .exits(0);
    let _ = stopped.complains("ignored LISTENS_LISTEN");
    sandbox.assert_nothing_left();
}

#[test]
fn socket_of_another_process_is_left_alone() {
    let sandbox = Sandbox::of("listens");
    let path = sandbox.path("admin.sock");
    let stranger = UnixListener::bind(&path).unwrap();
    let before = fs::symlink_metadata(&path).unwrap().ino();
    let owner = format!(", pid {}, has it", std::process::id());
    for verb in ["check", "start"] {
        let failed = sandbox.verb(&[verb]).exits(1);
        let _ = failed.complains("in use (os error 98)").complains(&owner);
    }
    let _ = sandbox.verb(&["stop"]).exits(0);
    assert_eq!(fs::symlink_metadata(&path).unwrap().ino(), before);
    // It has seen nothing of it.
    stranger.set_nonblocking(true).unwrap();
    assert!(stranger.accept().is_err());
    sandbox.assert_nothing_left();
}

/// It refuses connections as a stale socket does.
#[test]
fn socket_that_is_bound_and_does_not_listen_yet_is_left_alone() {
    let sandbox = Sandbox::of("listens");
    let path = sandbox.path("admin.sock");
    let stranger: OwnedFd = socket(AddressFamily::UNIX, SocketType::STREAM, None).unwrap();
    bind(&stranger, &SocketAddrUnix::new(&path).unwrap()).unwrap();
    for verb in ["check", "start"] {
        let _ = sandbox
            .verb(&[verb])
            .exits(1)
            .complains("in use (os error 98)");
    }
    assert!(path.exists());
    sandbox.assert_nothing_left();
}

#[test]
fn file_that_is_no_socket_is_left_alone() {
    let sandbox = Sandbox::of("listens");
    let path = sandbox.path("admin.sock");
    fs::write(sandbox.path("target"), "precious").unwrap();
    let make: [&dyn Fn(); 3] = [
        &|| fs::write(&path, "precious").unwrap(),
        &|| symlink(sandbox.path("target"), &path).unwrap(),
        &|| fs::create_dir(&path).unwrap(),
    ];
    for make in make {
        make();
        let before = fs::symlink_metadata(&path).unwrap().ino();
        for verb in ["check", "start"] {
            let failed = sandbox.verb(&[verb]).exits(4);
            let _ = failed.complains("it is not a socket");
        }
        sandbox.stop();
        let there = fs::symlink_metadata(&path).unwrap();
        assert_eq!(there.ino(), before);
        if there.is_dir() {
            fs::remove_dir(&path).unwrap();
        } else {
            fs::remove_file(&path).unwrap();
        }
    }
    assert_eq!(
        fs::read_to_string(sandbox.path("target")).unwrap(),
        "precious"
    );
}

#[test]
fn directory_in_which_others_write_is_refused() {
    let sandbox = Sandbox::of("listens");
    let open = sandbox.path("open");
    fs::create_dir(&open).unwrap();
    fs::set_permissions(&open, fs::Permissions::from_mode(0o777)).unwrap();
    let pair = format!("admin=unix:{}/admin.sock", open.display());
    for verb in ["check", "start"] {
        let failed = sandbox.verb(&[verb, "--listen", &pair]).exits(4);
        let _ = failed.complains("is writable by every user");
    }
    sandbox.assert_nothing_left();
}

#[test]
fn file_that_took_the_place_of_the_socket_stays() {
    let sandbox = Sandbox::of("listens");
    let _ = sandbox.start();
    let path = sandbox.path("admin.sock");
    fs::remove_file(&path).unwrap();
    let stranger = UnixListener::bind(&path).unwrap();
    sandbox.stop();
    assert!(path.exists());
    drop(stranger);
    sandbox.assert_nothing_left();
}

#[test]
fn path_that_is_too_long_for_the_kernel_is_bound_by_its_directory() {
    let sandbox = Sandbox::of("listens");
    let deep = sandbox.path(&["d".repeat(60), "e".repeat(60)].join("/"));
    fs::create_dir_all(&deep).unwrap();
    let path = deep.join("admin.sock");
    let pair = format!("admin=unix:{}", path.display());
    let _ = sandbox.verb(&["start", "--listen", &pair]).exits(0);
    assert_eq!(
        listeners(&sandbox)["admin"].0,
        format!("unix:{}", path.display())
    );
    assert_eq!(mode(&path), 0o660);
    let directory = fs::File::open(&deep).unwrap();
    let short = format!("/proc/self/fd/{}/admin.sock", directory.as_raw_fd());
    UnixStream::connect(&short).unwrap();
    let checked = sandbox.verb(&["check", "--listen", &pair]).exits(0);
    let _ = checked.says("held by this daemon");
    let _ = sandbox.verb(&["stop", "--listen", &pair]).exits(0);
    assert!(!path.exists());
}

#[test]
fn abstract_name_has_no_file() {
    let sandbox = Sandbox::of("listens");
    let name = format!("daemon-rt-test-{}", std::process::id());
    let pair = format!("admin=unix:@{name}");
    let _ = sandbox.verb(&["start", "--listen", &pair]).exits(0);
    assert_eq!(listeners(&sandbox)["admin"].0, format!("unix:@{name}"));
    UnixStream::connect_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
    let checked = sandbox.verb(&["check", "--listen", &pair]).exits(0);
    let _ = checked.says("held by this daemon");
    assert!(!sandbox.path("admin.sock").exists());
    sandbox.stop();
    sandbox.assert_nothing_left();
}

#[test]
fn other_tools_see_the_declared_path() {
    require_programs!("ss");
    let sandbox = Sandbox::of("listens");
    let _ = sandbox.start();
    let path = sandbox.path("admin.sock");
    let listed = sandbox.shell("ss -lx").exits(0);
    let _ = listed.says(path.to_str().unwrap());
    sandbox.stop();
}
