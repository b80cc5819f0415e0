//! A daemon whose listeners the attribute declares. It answers each client of `http` by the number
//! of its value, and panics if the client says so.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, UdpSocket};
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixDatagram, UnixListener};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use daemon_rt::{Context, Interest, Wake, daemon};
use log::info;
use rustix::fs::{OFlags, fcntl_getfl};
use rustix::io::{FdFlags, fcntl_getfd};

static VALUES: AtomicU32 = AtomicU32::new(0);

#[derive(Debug)]
struct Serves {
    value: u32,
    http: TcpListener,
}

#[daemon(
    name = "serves",
    on_panic = "restart",
    listen = [
        http = "127.0.0.1:0",
        dns = "udp:127.0.0.1:0",
        admin = "unix:admin.sock",
        events = "unixgram:events.sock",
        spare = "127.0.0.1:0",
    ],
)]
impl Serves {
    fn new(
        _events: UnixDatagram,
        http: TcpListener,
        _dns: UdpSocket,
        _admin: UnixListener,
        _spare: OwnedFd,
    ) -> io::Result<Self> {
        let is_nonblocking = fcntl_getfl(&http)?.contains(OFlags::NONBLOCK);
        let is_closed_by_exec = fcntl_getfd(&http)?.contains(FdFlags::CLOEXEC);
        let value = VALUES.fetch_add(1, Relaxed) + 1;
        info!("value {value}: nonblocking {is_nonblocking}, close-on-exec {is_closed_by_exec}");
        // Reaches every duplicate, but not the next value.
        http.set_nonblocking(true)?;
        Ok(Self { value, http })
    }

    fn run(&mut self, context: &mut Context) -> io::Result<()> {
        let interests = [Interest::readable(&self.http)];
        let Wake::Ready(_) = context.wait(&interests, None) else {
            return Ok(());
        };
        let Ok((mut client, _)) = self.http.accept() else {
            return Ok(());
        };
        client.set_nonblocking(false)?;
        let mut line = String::new();
        BufReader::new(&client).read_line(&mut line)?;
        assert_ne!(line, "panic\n");
        writeln!(client, "value {}", self.value)
    }
}

fn main() -> ExitCode {
    daemon_rt::main::<Serves>()
}
