//! The end of async programs: while they sleep, and with a blocking task that never ends.

use std::time::Duration;

use benches::median;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::sandbox::{Sandbox, adopt, now, pinned, reap, reap_within};
use crate::subjects::{Builder, ENDS, Program};
use crate::table::{Cell, Table};

/// The time that each may take to stop.
const STOP_TIMEOUT: Duration = Duration::from_secs(2);

/// The time that the bench waits for one that is stuck.
const PATIENCE: Duration = Duration::from_secs(6);

/// How many rounds have a stuck task.
const STUCK_ROUNDS: usize = 3;

pub(crate) fn measure(builder: &Builder, rounds: usize) -> Table {
    let programs = builder.build(&ENDS);
    let mut asleep = vec![Vec::new(); programs.len()];
    let mut stuck = vec![Vec::new(); programs.len()];
    pinned(|| {
        for round in 0..rounds {
            for at in 0..programs.len() {
                let at = (at + round) % programs.len();
                asleep[at].extend(end(&programs[at], false));
                if round < STUCK_ROUNDS {
                    stuck[at].extend(end(&programs[at], true));
                }
            }
        }
    });
    let rows = programs.iter().zip(&asleep).zip(&stuck);
    let rows = rows.map(|((program, asleep), stuck)| {
        let stuck = if stuck.is_empty() {
            Cell::Text(format!("not after {} s", PATIENCE.as_secs()))
        } else {
            Cell::Figure(median(stuck) / 1000.0, "s", 2)
        };
        let cells = vec![Cell::Figure(median(asleep), "ms", 2), stuck];
        (program.name.to_owned(), cells)
    });
    Table {
        title: "The end of async programs".to_owned(),
        columns: vec!["asleep for 30 s", "with a stuck blocking task"],
        rows: rows.collect(),
        note: format!(
            "From SIGTERM until the process is gone, as medians of {rounds} interleaved rounds, with a stuck \
             task of {STUCK_ROUNDS}. Each may take {} s to stop. Plain tokio passes that time to \
             `shutdown_timeout`.",
            STOP_TIMEOUT.as_secs()
        ),
    }
}

/// The milliseconds of one end; nothing if it does not end.
#[allow(clippy::cast_precision_loss, reason = "figures for people")]
#[allow(
    clippy::zombie_processes,
    reason = "one in the foreground is reaped by its pid"
)]
fn end(program: &Program, is_stuck: bool) -> Option<f64> {
    let sandbox = Sandbox::in_memory();
    let mut command = sandbox.command(&program.words);
    let timeout = format!("{}s", STOP_TIMEOUT.as_secs());
    command.env("BENCH_STOP_TIMEOUT", timeout);
    if is_stuck {
        command.env("BENCH_STUCK", "1");
    }
    let mut child = command.spawn().unwrap();
    let pid = sandbox.report().pid;
    if program.words.last().is_some_and(|word| word == "start") {
        assert!(child.wait().unwrap().success(), "{}", program.name);
        adopt(pid);
    }
    // It goes to sleep first.
    std::thread::sleep(Duration::from_millis(20));
    let asked = now();
    kill(Pid::from_raw(pid), Signal::SIGTERM).unwrap();
    if is_stuck {
        reap_within(pid, PATIENCE)?;
    } else {
        reap(pid);
    }
    Some((now() - asked) as f64 / 1e6)
}
