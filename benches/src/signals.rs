//! From `kill` to the handler, and the fate of 80,000 queued signals.

use std::time::{Duration, Instant};

use benches::{Ratio, median};
use nix::libc;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::sandbox::{Report, Sandbox, adopt, now, pinned};
use crate::subjects::{ASYNC, ASYNC_THREADS, Builder, Program, SIGNALS, TOKIO, TOKIO_THREADS};
use crate::sys;
use crate::table::{Cell, Table};

/// How many signals one round sends, one at a time.
const SENT: usize = 200;

/// How many realtime signals are queued at once.
const QUEUED: u64 = 80_000;

/// How long the handler's count may stand still before it is the last.
const STILL: Duration = Duration::from_millis(500);

pub(crate) fn measure(builder: &Builder, rounds: usize) -> Table {
    let programs = builder.build(&SIGNALS);
    let mut latencies = vec![Vec::new(); programs.len()];
    pinned(|| {
        for round in 0..rounds {
            for at in 0..programs.len() {
                let at = (at + round) % programs.len();
                latencies[at].push(latency(&programs[at]));
            }
        }
    });
    let rows = programs.iter().zip(&latencies).map(|(program, own)| {
        let seen = pinned(|| seen(program));
        let peer = programs
            .iter()
            .position(|other| Some(other.name) == peer_of(program.name));
        let to_peer = peer.map_or(Cell::Text("-".to_owned()), |at| {
            Cell::Ratio(Ratio::of(own, &latencies[at]))
        });
        let cells = vec![
            Cell::Ratio(Ratio::of(own, &latencies[0])),
            Cell::Figure(median(own), "µs", 1),
            to_peer,
            Cell::Text(seen),
        ];
        (program.name.to_owned(), cells)
    });
    Table {
        title: "Signals, ratios to the self-pipe in C".to_owned(),
        columns: vec![
            "to the handler, p50",
            "p50",
            "to tokio's stream",
            "queued signals seen",
        ],
        rows: rows.collect(),
        note: format!(
            "Times run from before kill(2) to the handler's first line, one signal at a time, on the same \
             processor. The figures are medians of {rounds} interleaved rounds of {SENT}. The queued \
             signals are SIGRTMIN, sent while the daemon is stopped, with RLIMIT_SIGPENDING raised. tokio's \
             stream is that of `tokio::signal` on the same kind of runtime."
        ),
    }
}

/// The program with streams of tokio's own that runs as the one with async hooks does.
fn peer_of(name: &str) -> Option<&'static str> {
    match name {
        name if name == ASYNC.name => Some(TOKIO.name),
        name if name == ASYNC_THREADS.name => Some(TOKIO_THREADS.name),
        _ => None,
    }
}

fn start(sandbox: &Sandbox, program: &Program) -> (Report, std::process::Child) {
    let child = sandbox.command(&program.words).spawn().unwrap();
    let report = sandbox.report();
    adopt(report.pid);
    (report, child)
}

#[allow(clippy::cast_precision_loss, reason = "figures for people")]
fn latency(program: &Program) -> f64 {
    let sandbox = Sandbox::in_memory();
    let (daemon, _child) = start(&sandbox, program);
    let times: Vec<f64> = (0..SENT)
        .map(|_| {
            // It sleeps again before the next one.
            std::thread::sleep(Duration::from_micros(300));
            let begin = now();
            kill(Pid::from_raw(daemon.pid), Signal::SIGUSR1).unwrap();
            (sandbox.report().when - begin) as f64 / 1000.0
        })
        .collect();
    median(&times)
}

/// How many of the queued signals the handler is called for.
fn seen(program: &Program) -> String {
    let sandbox = Sandbox::in_memory();
    let (daemon, _child) = start(&sandbox, program);
    let pid = Pid::from_raw(daemon.pid);
    // Where that is refused, as many as the limit allows.
    sys::allow_queued(daemon.pid, QUEUED + 1000);
    kill(pid, Signal::SIGSTOP).unwrap();
    let sent = (0..QUEUED).take_while(|_| sys::queue(daemon.pid, libc::SIGRTMIN()));
    let sent = sent.count() as u64;
    kill(pid, Signal::SIGCONT).unwrap();
    let mut last = (0, Instant::now());
    loop {
        std::thread::sleep(Duration::from_millis(50));
        kill(pid, Signal::SIGUSR2).unwrap();
        // None comes while the signals before it are worked off.
        if let Some(report) = sandbox.report_within(Duration::from_secs(10))
            && report.value != last.0
        {
            last = (report.value, Instant::now());
        }
        if last.0 >= sent || last.1.elapsed() > STILL {
            return format!("{} of {sent}", last.0);
        }
    }
}
