//! Sockets that another process has bound.

use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;
use std::process::{Command, Stdio};

use tests::require_programs;
use tests::support::{Finished, Running, Sandbox, eventually};

use super::{ip, listeners};

/// Runs `verb` with the socket at descriptor 3, as a service manager does.
fn pass(sandbox: &Sandbox, socket: OwnedFd, names: &str, verb: &str) -> Command {
    let mut command = sandbox.program("sh");
    let script = format!(
        "exec 3<&0 0</dev/null; export LISTEN_PID=$$ LISTEN_FDS=1 {names}; exec \"$D\" {verb}"
    );
    command.args(["-c", &script]).env("D", sandbox.exe());
    command.stdin(Stdio::from(socket));
    command
}

/// Runs the command to its end, with the stdin that it has.
fn finish(mut command: Command) -> Finished {
    let line = format!("{command:?}");
    let output = command.output().unwrap();
    Finished {
        line,
        status: output.status,
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
        took: std::time::Duration::ZERO,
    }
}

#[test]
fn passed_socket_goes_to_the_listener_of_its_name() {
    let sandbox = Sandbox::of("listens");
    let children = sandbox.path("variables");
    sandbox.script(&format!("on_start command env > {}", children.display()));
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    let start = pass(&sandbox, socket.into(), "LISTEN_FDNAMES=http", "start");
    let _ = finish(start).exits(0);
    let found = listeners(&sandbox);
    assert_eq!(found["http"], (address.to_string(), "systemd".to_owned()));
    assert_eq!(found["dns"].1, "bound");
    TcpStream::connect(address).unwrap();
    let variables = std::fs::read_to_string(children).unwrap();
    assert!(!variables.contains("LISTEN_"), "{variables}");
    sandbox.stop();
    assert!(TcpStream::connect(address).is_err());
    sandbox.assert_nothing_left();
}

#[test]
fn passed_socket_without_a_name_goes_to_the_listener_at_its_address() {
    let sandbox = Sandbox::of("listens");
    let socket = UnixListener::bind(sandbox.path("admin.sock")).unwrap();
    let passed = socket.try_clone().unwrap();
    let start = pass(&sandbox, passed.into(), "LISTEN_FDNAMES=unknown", "start");
    let _ = finish(start).exits(0);
    assert_eq!(listeners(&sandbox)["admin"].1, "systemd");
    sandbox.stop();
    // It is the manager's, as the socket is.
    assert!(sandbox.path("admin.sock").exists());
}

#[test]
fn passed_socket_at_another_address_is_an_error_with_both() {
    let sandbox = Sandbox::of("listens");
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let passed = socket.local_addr().unwrap().to_string();
    let verb = "start --listen http=127.0.0.1:1";
    let start = pass(&sandbox, socket.into(), "LISTEN_FDNAMES=http", verb);
    let failed = finish(start).exits(6);
    let _ = failed.complains(&passed).complains("127.0.0.1:1");
    sandbox.assert_nothing_left();
}

#[test]
fn passed_socket_that_no_listener_wants_is_an_error() {
    let sandbox = Sandbox::of("listens");
    let tcp: OwnedFd = TcpListener::bind("127.0.0.2:0").unwrap().into();
    let start = pass(&sandbox, tcp, "LISTEN_FDNAMES=web.socket", "start");
    let failed = finish(start).exits(6);
    let _ = failed
        .complains("`web.socket`")
        .complains("http, dns, admin, events");

    let stream: OwnedFd = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        // Its end is closed then, and it is still a connection.
        TcpStream::connect(address).unwrap().into()
    };
    let start = pass(&sandbox, stream, "LISTEN_FDNAMES=http", "start");
    let _ = finish(start).exits(6);

    let file: OwnedFd = std::fs::File::open("/dev/null").unwrap().into();
    let start = pass(&sandbox, file, "LISTEN_FDNAMES=http", "start");
    let _ = finish(start).exits(6).complains("is not a socket");

    let udp: OwnedFd = UdpSocket::bind("127.0.0.1:0").unwrap().into();
    let start = pass(&sandbox, udp, "LISTEN_FDNAMES=http", "start");
    let _ = finish(start).exits(6).complains("udp:127.0.0.1");
    sandbox.assert_nothing_left();
}

#[test]
fn sockets_for_another_process_are_not_taken() {
    let sandbox = Sandbox::of("listens");
    let started =
        sandbox.shell("LISTEN_PID=1 LISTEN_FDS=7 LISTEN_FDNAMES=http \"$D\" start 3</dev/null");
    let _ = started.exits(0);
    assert_eq!(listeners(&sandbox)["http"].1, "bound");
    sandbox.stop();
    let failed = sandbox.shell("export LISTEN_PID=$$ LISTEN_FDS=900; exec \"$D\" start");
    let _ = failed.exits(2).complains("LISTEN_FDS=900");
    sandbox.assert_nothing_left();
}

#[test]
fn socket_at_a_number_is_used_and_no_child_inherits_it() {
    for number in [0, 5] {
        let sandbox = Sandbox::of("listens");
        let children = sandbox.path("descriptors");
        sandbox.script(&format!(
            "on_start command ls -l /proc/self/fd > {}",
            children.display()
        ));
        let socket = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        let mut command = sandbox.program("sh");
        let script = format!("exec \"$D\" run --listen http=fd:{number} {number}<&0");
        command.args(["-c", &script]).env("D", sandbox.exe());
        command.stdin(Stdio::from(OwnedFd::from(socket)));
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut daemon = command.spawn().unwrap();
        eventually("it runs", || children.exists());
        let _ = sandbox.wait_for_daemon();
        sandbox.wait_for_log("on_start");
        let source = format!("fd {number}");
        assert_eq!(listeners(&sandbox)["http"], (address.to_string(), source));
        TcpStream::connect(address).unwrap();
        let open = std::fs::read_to_string(&children).unwrap();
        assert!(!open.contains("socket"), "{open}");
        sandbox.stop();
        assert!(daemon.wait().unwrap().success());
    }
}

#[test]
fn number_without_a_fitting_socket_is_an_error() {
    let sandbox = Sandbox::of("listens");
    let failed = sandbox.verb(&["start", "--listen", "http=fd:9"]).exits(2);
    let _ = failed.complains("fd:9").complains("`http`");
    let failed = sandbox.shell("\"$D\" start --listen http=fd:9 9</dev/null");
    let _ = failed.exits(6).complains("is not a socket");
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    let mut command = sandbox.command(&["start", "--listen", "http=fd:0"]);
    command.stdin(Stdio::from(OwnedFd::from(udp)));
    let _ = finish(command).exits(6).complains("is declared for TCP");
    sandbox.assert_nothing_left();
}

#[test]
fn systemd_socket_activate_passes_its_socket() {
    require_programs!("systemd-socket-activate");
    let sandbox = Sandbox::of("listens");
    // The kernel chooses a port that is free, and another process may get it meanwhile.
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let mut command = sandbox.program("systemd-socket-activate");
    command.args(["--fdname=http", "-l", &port.to_string()]);
    for name in [
        "LISTENS_PID_FILE",
        "LISTENS_LOG_FILE",
        tests::support::MARKER,
    ] {
        command.arg(format!("--setenv={name}"));
    }
    command.arg(sandbox.exe()).arg("run");
    let running = Running::begin(command);
    let client = tests::support::until(|| TcpStream::connect(port).ok());
    // The daemon waits for the request of a client that stays.
    drop(client.unwrap());
    sandbox.wait_for_log("on_start");
    assert_eq!(listeners(&sandbox)["http"].1, "systemd");
    assert_eq!(ip(&sandbox, "http"), port);
    sandbox.stop();
    let _ = running.finish().exits(0);
    sandbox.assert_nothing_left();
}
