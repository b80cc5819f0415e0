//! Start until ready, start returns, the word "ready" itself, and the end by SIGTERM.

use std::time::Duration;

use benches::{Ratio, median};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::sandbox::{Sandbox, adopt, now, pinned, reap};
use crate::subjects::{Builder, Program, STARTS};
use crate::table::{Cell, Table};

/// How many rounds ask with a slow hook.
const SLOW_ROUNDS: usize = 5;

/// The slow hook's time, in milliseconds.
const SLOW: u64 = 50;

/// One life, in microseconds.
#[derive(Debug, Clone, Copy)]
struct Life {
    ready: f64,
    returns: f64,
    stop: f64,
}

/// Starts and ends every subject `rounds` times, a different one first each time.
pub(crate) fn measure(builder: &Builder, rounds: usize) -> Table {
    let programs = builder.build(&STARTS);
    let lives = pinned(|| rounds_of(&programs, rounds, 0));
    let slow = pinned(|| rounds_of(&programs, SLOW_ROUNDS, SLOW));
    let rows = programs.iter().zip(&lives).zip(&slow);
    let rows = rows.map(|((program, life), slow)| {
        let to_floor = |of: fn(&Life) -> f64| {
            let values = |lives: &[Life]| lives.iter().map(of).collect::<Vec<f64>>();
            Cell::Ratio(Ratio::of(&values(life), &values(&lives[0])))
        };
        let early: Vec<f64> = slow.iter().map(|life| life.ready - life.returns).collect();
        let early = median(&early) / 1000.0;
        let waits = if early > 1.0 {
            format!("no, {early:.0} ms early")
        } else {
            "yes".to_owned()
        };
        let cells = vec![
            to_floor(|life| life.ready),
            to_floor(|life| life.returns),
            to_floor(|life| life.stop),
            Cell::Text(waits),
        ];
        (program.name.to_owned(), cells)
    });
    let floor = |of: fn(&Life) -> f64| median(&lives[0].iter().map(of).collect::<Vec<f64>>());
    Table {
        title: "Start and stop, ratios to plain Rust".to_owned(),
        columns: vec![
            "until ready",
            "start returns",
            "SIGTERM to gone",
            "waits for ready?",
        ],
        rows: rows.collect(),
        note: format!(
            "Until ready: from before exec until lock, pid file, log and an empty hook are done. The \
             figures are medians of {rounds} interleaved rounds with their 95 % interval. Plain Rust \
             takes {:.0}, {:.0} and {:.0} µs. The last column is measured with a hook of {SLOW} ms.",
            floor(|life| life.ready),
            floor(|life| life.returns),
            floor(|life| life.stop)
        ),
    }
}

fn rounds_of(programs: &[Program], rounds: usize, hook: u64) -> Vec<Vec<Life>> {
    let mut lives = vec![Vec::new(); programs.len()];
    for round in 0..rounds {
        for at in 0..programs.len() {
            let at = (at + round) % programs.len();
            lives[at].push(live(&programs[at], hook));
        }
    }
    lives
}

#[allow(clippy::cast_precision_loss, reason = "figures for people")]
fn live(program: &Program, hook: u64) -> Life {
    let sandbox = Sandbox::in_memory();
    let mut command = sandbox.command(&program.words);
    command.env("BENCH_HOOK_MS", hook.to_string());
    let begin = now();
    let status = command.status().unwrap();
    let returned = now();
    assert!(status.success(), "{}: {status}", program.name);
    let report = sandbox.report();
    adopt(report.pid);
    // The daemon goes to sleep first.
    std::thread::sleep(Duration::from_millis(2));
    let asked = now();
    kill(Pid::from_raw(report.pid), Signal::SIGTERM).unwrap();
    reap(report.pid);
    let micros = |from: u64, to: u64| (to - from) as f64 / 1000.0;
    Life {
        ready: micros(begin, report.when),
        returns: micros(begin, returned),
        stop: micros(asked, now()),
    }
}
