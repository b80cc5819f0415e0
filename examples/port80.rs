//! A web server at port 80 that runs as `nobody` and keeps the one capability that it needs.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::ExitCode;
use std::time::Duration;
use std::{env, fs};

use daemon_rt::{Context, Interest, Wake, daemon};
use log::info;

struct Port80 {
    listener: TcpListener,
}

#[daemon(
    name = "port80",
    user = "nobody",
    capabilities = ["net_bind_service"],
    rlimits = "nofile=1024",
    core = "off"
)]
impl Port80 {
    /// Runs after root's privileges were dropped.
    fn new() -> io::Result<Self> {
        let address = env::var("PORT80_ADDRESS");
        let listener = TcpListener::bind(address.as_deref().unwrap_or("127.0.0.1:80"))?;
        listener.set_nonblocking(true)?;
        for line in privileges()? {
            info!("{line}");
        }
        Ok(Self { listener })
    }

    fn run(&mut self, context: &mut Context) {
        let interests = [Interest::readable(&self.listener)];
        if let Wake::Ready(_) = context.wait(&interests, None)
            && let Ok((client, _)) = self.listener.accept()
            && let Err(error) = answer(client)
        {
            info!("lost a client: {error}");
        }
    }
}

/// Returns what the kernel permits this process, proc_pid_status(5).
fn privileges() -> io::Result<Vec<String>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let wanted = ["Uid:", "CapEff:", "NoNewPrivs:"];
    let lines = status
        .lines()
        .filter(|line| wanted.iter().any(|name| line.starts_with(name)));
    Ok(lines.map(|line| line.replace('\t', " ")).collect())
}

/// Serves one client for at most a second; `echo` shows how to serve many at once.
fn answer(mut client: TcpStream) -> io::Result<()> {
    client.set_nonblocking(false)?;
    client.set_read_timeout(Some(Duration::from_secs(1)))?;
    client.set_write_timeout(Some(Duration::from_secs(1)))?;
    let _request = client.read(&mut [0; 4096])?;
    client.write_all(b"HTTP/1.0 200 OK\r\nContent-Length: 19\r\n\r\nhello from nobody.\n")
}

fn main() -> ExitCode {
    daemon_rt::main::<Port80>()
}
