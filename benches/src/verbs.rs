//! The verbs `stop` and `status` of a daemon that runs, beside a program that does nothing.

use benches::{Ratio, median};

use crate::sandbox::{Sandbox, adopt, now, pinned, reap};
use crate::subjects::{Builder, EMPTY, FLOOR, OURS, OURS_CLI, Program};
use crate::table::{Cell, Table};

/// Microseconds of each verb, round after round.
#[derive(Debug, Default)]
struct Times {
    /// This program, which does nothing.
    nothing: Vec<f64>,
    stop: Vec<f64>,
    status: Vec<f64>,
}

pub(crate) fn measure(builder: &Builder, rounds: usize) -> Table {
    let empty = builder.one(EMPTY);
    let programs = builder.build(&[FLOOR, OURS, OURS_CLI]);
    let mut nothing = Vec::new();
    let in_memory = |words: &[String]| run(&Sandbox::in_memory(), words);
    let mut times: [Times; 3] = Default::default();
    pinned(|| {
        for round in 0..rounds {
            nothing.push(in_memory(&empty.words));
            for at in 0..programs.len() {
                let at = (at + round) % programs.len();
                times[at]
                    .nothing
                    .push(in_memory(&programs[at].verb("nothing")));
                live(&programs[at], at != 0, &mut times[at]);
            }
        }
    });
    // Other work of the machine only adds time, and a difference is small, so use the quicker runs.
    let beyond = |times: &Times| quartile(&times.stop) - quartile(&times.nothing);
    let floor = beyond(&times[0]);
    let rows = programs.iter().zip(&times).map(|(program, times)| {
        let status = if times.status.is_empty() {
            Cell::Text("-".to_owned())
        } else {
            Cell::Ratio(Ratio::of(&times.status, &times.nothing))
        };
        let libraries = Cell::Ratio(Ratio::of(&times.nothing, &nothing));
        let beyond = Cell::Figure(beyond(times) / floor, "", 2);
        (program.name.to_owned(), vec![beyond, status, libraries])
    });
    Table {
        title: "Verbs".to_owned(),
        columns: vec![
            "stop, beyond the process",
            "status / nothing",
            "nothing / empty program",
        ],
        rows: rows.collect(),
        note: format!(
            "Times run from before exec to the exit, when the lock is free. \"Nothing\" is the same program \
             with the same libraries, whose `main` returns at once. The first column excludes that time \
             (first quartiles), as a ratio to plain Rust's stop through a pidfd. There were {rounds} rounds. \
             The empty program uses the standard library alone and takes {:.0} µs. Plain Rust's stop takes \
             {:.0} µs beyond its own \"nothing\".",
            median(&nothing),
            floor
        ),
    }
}

/// Starts a daemon, asks for its status where there is such a verb, and stops it.
fn live(program: &Program, has_status: bool, times: &mut Times) {
    let sandbox = Sandbox::in_memory();
    run(&sandbox, &program.words);
    let report = sandbox.report();
    adopt(report.pid);
    if has_status {
        times.status.push(run(&sandbox, &program.verb("status")));
    }
    times.stop.push(run(&sandbox, &program.verb("stop")));
    reap(report.pid);
}

/// Runs a program to its end; the time in microseconds.
#[allow(clippy::cast_precision_loss, reason = "figures for people")]
fn run(sandbox: &Sandbox, words: &[String]) -> f64 {
    let mut command = sandbox.command(words);
    let begin = now();
    let status = command.status().unwrap();
    let end = now();
    assert!(status.success(), "{words:?}: {status}");
    (end - begin) as f64 / 1000.0
}

/// The value that a quarter of them stays below.
fn quartile(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 4]
}
