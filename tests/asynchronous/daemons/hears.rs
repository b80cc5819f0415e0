//! An async daemon with a listener. It answers each client by the number of its value.

use std::collections::HashMap;
use std::io::{self, ErrorKind, Write};
use std::net::TcpListener;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use daemon_rt::{Handle, daemon};
use tokio::time::sleep;

static VALUES: AtomicU32 = AtomicU32::new(0);

#[derive(Debug)]
struct Hears {
    value: u32,
    http: TcpListener,
}

#[daemon(
    name = "hears",
    runtime = tokio,
    config = HashMap<String, u32>,
    listen = [http = "127.0.0.1:0"],
)]
impl Hears {
    fn new(http: TcpListener, _settings: HashMap<String, u32>) -> Self {
        let value = VALUES.fetch_add(1, Relaxed) + 1;
        Self { value, http }
    }

    /// Polls, so that the daemons here need no sockets of tokio.
    async fn run(&self, handle: Handle) -> io::Result<()> {
        while !handle.is_stopping() {
            match self.http.accept() {
                Ok((mut client, _)) => writeln!(client, "value {}", self.value)?,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    sleep(Duration::from_millis(5)).await;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

fn main() -> ExitCode {
    daemon_rt::main::<Hears>()
}
