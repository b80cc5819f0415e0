//! The example `web` under clients, with a reload each second: no request fails, and memory and
//! descriptors end where they began.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tests::support::examples::program;
use tests::support::http::{Client, free_address};
use tests::support::{Finished, Process, Running, Sandbox, until};

use crate::{Held, budget, held, memory_kb};

const CLIENTS: usize = 8;

/// How many requests one connection carries.
const REQUESTS: usize = 100;

/// How many requests a soak of half a minute or more has at least.
const MANY: usize = 100_000;

/// How much more memory the server may have at the end: the heap of each of its threads reaches its
/// size by and by.
const SLACK_KB: u64 = 1024;

/// The server, and what its clients have seen.
struct Site {
    sandbox: Sandbox,
    config: PathBuf,
    address: SocketAddr,
    answered: AtomicUsize,
    is_over: AtomicBool,
}

impl Site {
    fn write(&self, greeting: &str) {
        let new = self.config.with_extension("new");
        let text = format!("greeting = {greeting}\n");
        fs::write(&new, text).unwrap();
        fs::rename(&new, &self.config).unwrap();
    }

    fn verb(&self, verb: &str) -> Finished {
        let mut command = self.sandbox.command(&[verb]);
        command.env("WEB_CONFIG", &self.config);
        command.env("WEB_LISTEN", format!("http={}", self.address));
        Running::begin(command).finish()
    }

    /// Sends requests until it is over, each of which must be answered.
    fn send(&self, pid: i32) {
        let from = format!(" from {pid}");
        while !self.is_over.load(Ordering::Relaxed) {
            let mut client = Client::connect(self.address).unwrap();
            for _ in 0..REQUESTS {
                let answer = client.get("/").unwrap();
                assert!(answer.ends_with(&from), "{answer}");
                self.answered.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// A reload each second under all clients, until `time` is over and `count` requests have been
    /// answered.
    fn serve(&self, pid: i32, time: Duration, count: usize) -> usize {
        let (begin, before) = (Instant::now(), self.answered.load(Ordering::Relaxed));
        let answered = || self.answered.load(Ordering::Relaxed) - before;
        self.is_over.store(false, Ordering::Relaxed);
        std::thread::scope(|scope| {
            let clients: Vec<_> = (0..CLIENTS)
                .map(|_| scope.spawn(|| self.send(pid)))
                .collect();
            let mut reloads = 0;
            let have_failed = || {
                clients
                    .iter()
                    .any(std::thread::ScopedJoinHandle::is_finished)
            };
            while (begin.elapsed() < time || answered() < count) && !have_failed() {
                std::thread::sleep(Duration::from_secs(1));
                reloads += 1;
                if reloads % 3 == 0 {
                    self.write("5");
                    let _ = self.verb("reload").exits(1).complains("web.toml:1:12");
                } else {
                    self.write(&format!("\"hello {reloads}\""));
                    let _ = self.verb("reload").exits(0);
                }
            }
            self.is_over.store(true, Ordering::Relaxed);
        });
        answered()
    }
}

/// Waits until the server has closed the connections of the clients.
fn settled(daemon: &Process, before: &Held) -> Held {
    until(|| (held(daemon) == *before).then_some(()));
    held(daemon)
}

#[test]
fn requests_and_reloads_leak_nothing() {
    let sandbox = Sandbox::new(program("web"));
    let site = Site {
        config: sandbox.path("web.toml"),
        address: free_address(),
        sandbox,
        answered: AtomicUsize::new(0),
        is_over: AtomicBool::new(false),
    };
    site.write("\"hello\"");
    let _ = site.verb("start").exits(0);
    let daemon = site.sandbox.daemon();
    let at_start = held(&daemon);
    site.serve(daemon.pid, Duration::from_secs(3), 5_000);
    let held_before = settled(&daemon, &at_start);
    let memory_before = memory_kb(&daemon);
    let is_long = budget() >= Duration::from_secs(30);
    let answered = site.serve(daemon.pid, budget(), if is_long { MANY } else { 1 });
    assert_eq!(settled(&daemon, &held_before), held_before);
    let after = memory_kb(&daemon);
    println!("{answered} requests; {memory_before} kB before, {after} kB after");
    assert!(
        after <= memory_before + SLACK_KB,
        "{memory_before} kB became {after} kB"
    );
    assert_eq!(site.sandbox.daemon().pid, daemon.pid);
    site.sandbox.stop();
    site.sandbox.assert_nothing_left();
}
