//! Listeners in a daemon of sync hooks, and in one of async hooks.

use std::net::{TcpListener, UdpSocket};
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixDatagram, UnixListener};

use daemon_rt::{Context, Daemon, Handle, daemon};

/// The name of a type may differ.
type Admin = UnixListener;

struct Server {
    http: TcpListener,
    others: (UdpSocket, UnixListener, UnixDatagram, OwnedFd, TcpListener),
}

#[daemon(
    name = "server",
    config = u64,
    listen = [
        http = "[::]:8080?v6only",
        dns = "udp:127.0.0.1:53",
        admin = "unix:admin.sock?mode=0600",
        events = "unixgram:/run/events.sock",
        r#type = "unix:@type",
        unused = "127.0.0.1:0",
    ],
)]
impl Server {
    fn new(
        admin: Admin,
        mut http: TcpListener,
        events: UnixDatagram,
        context: &mut Context,
        _unused: std::net::TcpListener,
        settings: u64,
        dns: UdpSocket,
        r#type: OwnedFd,
    ) -> Result<Self, std::io::Error> {
        context.status(&format!("new {settings}"));
        http = http.try_clone()?;
        let others = (dns, admin, events, r#type, _unused);
        Ok(Self { http, others })
    }

    fn run(&mut self) {
        let _ = (&self.http, &self.others);
    }
}

struct Tasks {
    http: TcpListener,
}

#[daemon(name = "tasks", runtime = tokio, listen = [http = "127.0.0.1:0"])]
impl Tasks {
    async fn new(handle: Handle, http: TcpListener) -> Self {
        handle.status("new");
        Self { http }
    }

    async fn run(&self) {
        let _ = &self.http;
    }
}

/// An empty list is a declaration of nothing.
#[derive(Default)]
struct Deaf;

#[daemon(name = "deaf", listen = [])]
impl Deaf {
    fn run(&mut self) {}
}

fn main() {
    let spec = format!("{:?}", Server::SPEC);
    assert!(
        spec.contains("name: \"type\", address: \"unix:@type\", is_nonblocking: false"),
        "{spec}"
    );
    let spec = format!("{:?}", Tasks::SPEC);
    assert!(
        spec.contains("name: \"http\", address: \"127.0.0.1:0\", is_nonblocking: true"),
        "{spec}"
    );
    assert_eq!(Deaf::SPEC.name(), "deaf");
}
