//! The socket units of systemd, with addresses of the command line.

use std::fs;

use tests::require_programs;
use tests::support::Sandbox;

const OVERRIDES: [&str; 4] = [
    "--listen",
    "http=[::]:8080?v6only",
    "--listen",
    "admin=unix:/srv/admin.sock?mode=0600",
];

#[test]
fn socket_units_are_installed_compared_and_removed() {
    let sandbox = Sandbox::of("serves");
    let root = sandbox.path("root");
    let root = root.to_str().unwrap();
    let kind = ["systemd-socket", "--root", root];
    let _ = sandbox
        .verb(&[&["install"], &kind[..], &OVERRIDES].concat())
        .exits(0);
    let directory = sandbox.path("root/etc/systemd/system");
    for (name, lines) in [
        (
            "http",
            &["ListenStream=[::]:8080", "BindIPv6Only=ipv6-only"][..],
        ),
        ("dns", &["ListenDatagram=127.0.0.1:0"]),
        (
            "admin",
            &["ListenStream=/srv/admin.sock", "SocketMode=0600"],
        ),
        ("events", &["SocketMode=0660"]),
        ("spare", &["ListenStream=127.0.0.1:0"]),
    ] {
        let path = directory.join(format!("serves-{name}.socket"));
        let text = fs::read_to_string(&path).unwrap();
        for line in lines {
            assert!(text.lines().any(|found| found == *line), "{line}: {text}");
        }
        // The first line has the options, each of them.
        let check = ["unit", "--check", path.to_str().unwrap()];
        let _ = sandbox.verb(&check).exits(0);
        fs::write(
            &path,
            text.replace("FileDescriptorName=", "FileDescriptorName=x"),
        )
        .unwrap();
        let _ = sandbox.verb(&check).exits(1);
        fs::write(&path, text).unwrap();
    }
    let _ = sandbox.verb(&[&["uninstall"], &kind[..]].concat()).exits(0);
    assert_eq!(fs::read_dir(directory).unwrap().count(), 0);
}

#[test]
fn every_socket_unit_is_enabled() {
    require_programs!("systemctl");
    let sandbox = Sandbox::of("serves");
    let root = sandbox.path("root");
    let kind = ["systemd-socket", "--root", root.to_str().unwrap()];
    let _ = sandbox
        .verb(&[&["install"], &kind[..], &["--enable"]].concat())
        .exits(0);
    let links = sandbox.path("root/etc/systemd/system/sockets.target.wants");
    assert_eq!(fs::read_dir(&links).unwrap().count(), 5);
    let _ = sandbox.verb(&[&["uninstall"], &kind[..]].concat()).exits(0);
    assert_eq!(fs::read_dir(&links).map_or(0, Iterator::count), 0);
}

/// Another process leaves it open, and no unit can.
#[test]
fn descriptor_is_not_for_a_socket_unit() {
    let sandbox = Sandbox::of("serves");
    let words = ["unit", "systemd-socket", "--listen", "http=fd:3"];
    let refused = sandbox.verb(&words).exits(2);
    let _ = refused.complains("systemd cannot open the listener `http` at fd:3");
    let unit = sandbox.verb(&["unit", "systemd", "--listen", "http=fd:3"]);
    let _ = unit.exits(0).says("FileDescriptorStoreMax=4");
}
