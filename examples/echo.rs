//! A TCP server in the daemon's own loop: one thread, many clients, and no client delays another.

#[path = "echo/client.rs"]
mod client;

use std::error::Error;
use std::net::TcpListener;
use std::process::ExitCode;
use std::{env, fs};

use client::Client;
use daemon_rt::{Context, Interest, Wake, daemon};
use log::info;

struct Echo {
    listener: TcpListener,
    clients: Vec<Client>,
    limit: usize,
    bytes: usize,
}

#[daemon(name = "echo", signals = [SIGUSR1])]
impl Echo {
    fn new() -> Result<Self, Box<dyn Error>> {
        let address = env::var("ECHO_ADDRESS");
        let listener = TcpListener::bind(address.as_deref().unwrap_or("127.0.0.1:7007"))?;
        listener.set_nonblocking(true)?;
        info!("listening on {}", listener.local_addr()?);
        Ok(Self {
            listener,
            clients: vec![],
            limit: limit()?,
            bytes: 0,
        })
    }

    /// Accepts no client over the limit; new connections wait in the kernel's queue.
    fn run(&mut self, context: &mut Context) {
        let mut interests: Vec<_> = self.clients.iter().map(Client::interest).collect();
        if interests.len() < self.limit {
            interests.push(Interest::readable(&self.listener));
        }
        let Wake::Ready(index) = context.wait(&interests, None) else {
            return;
        };
        match self.clients.get_mut(index).map(Client::turn) {
            None => self.clients.extend(Client::accept(&self.listener)),
            Some(Ok(bytes)) => self.bytes += bytes,
            Some(Err(_)) => drop(self.clients.swap_remove(index)),
        }
    }

    /// Keeps the old limit if this fails; `reload` prints the error.
    fn on_reload(&mut self) -> Result<(), Box<dyn Error>> {
        self.limit = limit()?;
        Ok(())
    }

    #[signal(SIGUSR1)]
    fn dump(&mut self) {
        info!(
            "{} bytes so far, at most {} clients",
            self.bytes, self.limit
        );
    }
}

/// Reads the maximum number of clients from the file at `ECHO_LIMIT`; 100 by default.
fn limit() -> Result<usize, Box<dyn Error>> {
    let Some(file) = env::var_os("ECHO_LIMIT") else {
        return Ok(100);
    };
    Ok(fs::read_to_string(file)?.trim().parse()?)
}

fn main() -> ExitCode {
    daemon_rt::main::<Echo>()
}
