//! A thousand reloads under clients. Every second file is broken.

use std::fs;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::sandbox::{adopt, reap};
use crate::site::{Client, Site};
use crate::subjects::{Builder, Program, RELOADED};
use crate::table::{Cell, Table};

const RELOADS: usize = 1000;
const CLIENTS: usize = 8;

/// How many requests a client sends over one connection.
const REQUESTS: usize = 16;

/// How long a reload may take.
const LIMIT: Duration = Duration::from_secs(10);

/// Wrong lines, each of a kind of its own.
const BROKEN: [&str; 4] = [
    "greeting = 5",
    "greeting = \"hel",
    "greeting: hello",
    "greting = \"hello\"",
];

#[derive(Debug, Default)]
struct Seen {
    requests: AtomicU64,
    failed: AtomicU64,
    others: AtomicU64,
    is_over: AtomicBool,
}

pub(crate) fn measure(builder: &Builder) -> Table {
    let programs = builder.build(&RELOADED);
    let rows = programs
        .iter()
        .map(|program| (program.name.to_owned(), reload(program)));
    Table {
        title: format!("{RELOADS} reloads, every second one broken, under {CLIENTS} clients"),
        columns: vec![
            "requests",
            "failed",
            "from another pid",
            "new greeting answered",
            "refused, the line named",
        ],
        rows: rows.collect(),
        note: format!(
            "A client sends {REQUESTS} requests over each connection. After a good reload the next \
             connection must be answered with the new greeting. systemdaemon has no verb, so the bench \
             waits for its log. It calls the service again at each SIGHUP, so its address is bound again."
        ),
    }
}

fn reload(program: &Program) -> Vec<Cell> {
    let site = Site::new();
    let started = site.start(program);
    let (_, pid) = site.answer();
    if started.is_err() {
        adopt(pid);
    }
    let seen = Seen::default();
    let (mut good, mut refused) = (0, 0);
    std::thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| client(&site, pid, &seen));
        }
        for number in 0..RELOADS {
            if number % 2 == 0 {
                let greeting = format!("hello-{number}");
                site.write(&settings(&greeting, number / 2 % 7, ""));
                let _ = ask(&site, program, pid);
                let answer = Client::connect(site.address).and_then(|mut client| client.get());
                good += u64::from(answer.is_ok_and(|(said, _)| said == greeting));
            } else {
                let line = BROKEN[number / 2 % BROKEN.len()];
                let comments = number / 2 % 7;
                site.write(&settings("hello", comments, line));
                let said = ask(&site, program, pid);
                let at = comments + 1;
                let names = [format!(":{at}:"), format!("line {at},")];
                refused += u64::from(names.iter().any(|name| said.contains(name)));
            }
        }
        seen.is_over.store(true, Ordering::Relaxed);
    });
    kill(Pid::from_raw(pid), Signal::SIGTERM).unwrap();
    reap(pid);
    let text = |number: u64| Cell::Text(number.to_string());
    let half = RELOADS / 2;
    vec![
        text(seen.requests.into_inner()),
        text(seen.failed.into_inner()),
        text(seen.others.into_inner()),
        Cell::Text(format!("{good} of {half}")),
        Cell::Text(format!("{refused} of {half}")),
    ]
}

/// A file whose wrong line, if there is one, is behind so many comments.
fn settings(greeting: &str, comments: usize, broken: &str) -> String {
    let comments = "# a comment\n".repeat(comments);
    match broken {
        "" => format!("{comments}greeting = \"{greeting}\"\n"),
        broken => format!("{comments}{broken}\n"),
    }
}

/// Reloads, and returns what was said of it.
fn ask(site: &Site, program: &Program, pid: i32) -> String {
    if program.words.last().is_some_and(|word| word == "start") {
        let mut command = site.command(&program.verb("reload"));
        command.stderr(std::process::Stdio::piped());
        let output = command.output().unwrap();
        return String::from_utf8_lossy(&output.stderr).into_owned();
    }
    let log = site.sandbox.file("stdout");
    let read = || fs::read_to_string(&log).unwrap();
    let before = read().len();
    kill(Pid::from_raw(pid), Signal::SIGHUP).unwrap();
    let end = Instant::now() + LIMIT;
    loop {
        let said = read().split_off(before);
        if said.contains("Starting service") || Instant::now() > end {
            return said;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn client(site: &Site, pid: i32, seen: &Seen) {
    while !seen.is_over.load(Ordering::Relaxed) {
        let mut connection = Client::connect(site.address);
        for _ in 0..REQUESTS {
            let answer = connection
                .as_mut()
                .map_err(|error| std::io::Error::from(error.kind()))
                .and_then(Client::get);
            seen.requests.fetch_add(1, Ordering::Relaxed);
            std::thread::sleep(Duration::from_micros(500));
            match answer {
                Ok((_, other)) if other != pid => drop(seen.others.fetch_add(1, Ordering::Relaxed)),
                Ok(_) => {}
                Err(_) => {
                    seen.failed.fetch_add(1, Ordering::Relaxed);
                    break;
                }
            }
        }
    }
}
