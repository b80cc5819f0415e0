//! The example `web` beside programs that serve the same: start, first answer, and the end.

use std::fs;
use std::path::Path;
use std::time::Duration;

use benches::{Ratio, median};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::sandbox::{adopt, now, pinned, reap};
use crate::site::Site;
use crate::subjects::{Builder, Program, SITES};
use crate::table::{Cell, Table};

/// One life, in microseconds.
#[derive(Debug, Clone, Copy)]
struct Life {
    returns: Option<f64>,
    answers: f64,
    stop: f64,
}

/// Starts and ends every server `rounds` times, a different one first each time.
pub(crate) fn measure(builder: &Builder, rounds: usize) -> Table {
    let programs = builder.build(&SITES);
    let mut lives = vec![Vec::new(); programs.len()];
    pinned(|| {
        for round in 0..rounds {
            for at in 0..programs.len() {
                let at = (at + round) % programs.len();
                lives[at].push(live(&programs[at]));
            }
        }
    });
    let rows = programs.iter().zip(&lives).map(|(program, own)| {
        let ratio = |of: fn(&Life) -> Option<f64>| {
            let values = |lives: &[Life]| lives.iter().filter_map(of).collect::<Vec<f64>>();
            match values(own) {
                own if own.is_empty() => Cell::Text("-".to_owned()),
                own => Cell::Ratio(Ratio::of(&own, &values(&lives[0]))),
            }
        };
        let cells = vec![
            ratio(|life| life.returns),
            ratio(|life| Some(life.answers)),
            ratio(|life| Some(life.stop)),
            lines(program.name).map_or(Cell::Text("-".to_owned()), |lines| {
                Cell::Text(lines.to_string())
            }),
        ];
        (program.name.to_owned(), cells)
    });
    let first = |of: fn(&Life) -> f64| median(&lives[0].iter().map(of).collect::<Vec<f64>>());
    Table {
        title: "The example `web`, ratios to the same by hand".to_owned(),
        columns: vec!["start returns", "first answer", "SIGTERM to gone", "lines"],
        rows: rows.collect(),
        note: format!(
            "All serve with axum on tokio's threads. The one by hand has a lock, two forks, a readiness pipe, \
             a pid file, a log, a file of settings and the signals; it takes {:.0}, {:.0} and {:.0} µs. Those \
             without a figure in the first column stay in the foreground. systemdaemon and foundations \
             take fewer steps. The figures are medians of {rounds} interleaved rounds with their 95 % \
             interval. Lines are those of the source.",
            first(|life| life.returns.unwrap_or_default()),
            first(|life| life.answers),
            first(|life| life.stop)
        ),
    }
}

/// The lines of the source, of those whose source does all of it.
fn lines(name: &str) -> Option<usize> {
    let file = match name {
        "by hand" => "subjects/src/bin/web_by_hand.rs",
        "daemon-rt" => "../examples/web/main.rs",
        _ => return None,
    };
    let source = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
    Some(source.lines().count())
}

#[allow(clippy::cast_precision_loss, reason = "figures for people")]
fn live(program: &Program) -> Life {
    let micros = |from: u64, to: u64| (to - from) as f64 / 1000.0;
    let site = Site::new();
    let begin = now();
    let started = site.start(program);
    let (_, pid) = site.answer();
    let answered = now();
    if started.is_err() {
        adopt(pid);
    }
    // The server goes to sleep first.
    std::thread::sleep(Duration::from_millis(2));
    let asked = now();
    kill(Pid::from_raw(pid), Signal::SIGTERM).unwrap();
    reap(pid);
    Life {
        returns: started.err().map(|returned| micros(begin, returned)),
        answers: micros(begin, answered),
        stop: micros(asked, now()),
    }
}
