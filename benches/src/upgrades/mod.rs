//! Servers that are replaced by another build while clients connect anew for each request.

mod peers;
mod place;
mod programs;

use std::time::Duration;

use load::{Load, Plan, Report};

use self::place::Place;
use self::programs::Files;
use crate::sandbox;
use crate::subjects::Builder;
use crate::table::{Cell, Table};

/// How often a server is replaced in a round.
const UPGRADES: usize = 5;

/// The requests between two upgrades.
const REQUESTS: u64 = 1500;

/// The time between two requests, of all clients together. It leaves most of the processors to the
/// upgrade, so that a request waits for the server and not for other clients.
const PAUSE: Duration = Duration::from_micros(250);

/// A server that can be replaced by another build.
trait Server {
    /// Puts `build` in the place of the build that serves, and returns when the old one is gone.
    fn upgrade(&mut self, place: &Place, build: &str);

    /// Returns the process that the service manager and the user know.
    fn pid(&self, place: &Place) -> i32;
}

/// Starts a server with a first build. Returns `None` if its program is not here.
type Start = fn(&Place, &Files, &str) -> Option<Box<dyn Server>>;

/// Each way of a replacement, and the server that does it.
const WAYS: [(&str, Start); 12] = [
    ("daemon-rt, no upgrade", programs::untouched),
    ("daemon-rt", programs::sync),
    ("daemon-rt, tokio", programs::on_tokio),
    ("daemon-rt, refused", programs::refused),
    ("daemon-rt, rolled back", programs::rolled_back),
    ("daemon-rt, stop and start", programs::stop_and_start),
    ("ecdysis", programs::ecdysis),
    ("nginx, HUP", peers::nginx_hup),
    ("nginx, USR2", peers::nginx_usr2),
    ("gunicorn, HUP", peers::gunicorn_hup),
    ("gunicorn, USR2", peers::gunicorn_usr2),
    ("haproxy, master-worker", peers::haproxy),
];

/// All rounds of one way.
#[derive(Default)]
struct Seen {
    report: Report,
    /// The slowest request of each round, in milliseconds.
    worst: Vec<f64>,
    /// From the begin of an upgrade to its end, in milliseconds.
    took: Vec<f64>,
    keeps_pid: bool,
}

/// Measures all ways in interleaved rounds, under few clients and under many.
pub(crate) fn measure(builder: &Builder, rounds: usize) -> [Table; 2] {
    let files = Files::build(builder);
    crate::sys::hurry();
    let tables = [8, 64].map(|clients| measure_under(&files, clients, rounds));
    crate::sys::relax();
    tables
}

fn measure_under(files: &Files, clients: usize, rounds: usize) -> Table {
    let mut all: Vec<Option<Seen>> = WAYS.iter().map(|_| Some(Seen::default())).collect();
    for round in 0..rounds {
        for at in 0..WAYS.len() {
            let at = (at + round) % WAYS.len();
            let Some(seen) = &mut all[at] else { continue };
            if live(WAYS[at].1, files, clients, seen).is_none() {
                eprintln!("{}: not here, left out", WAYS[at].0);
                all[at] = None;
            }
        }
    }
    let rows = WAYS.iter().zip(&all);
    let rows = rows.filter_map(|((name, _), seen)| Some(((*name).to_owned(), row(seen.as_ref()?))));
    Table {
        title: format!("{} upgrades under {clients} clients", rounds * UPGRADES),
        columns: vec![
            "requests",
            "failed",
            "worst of a round",
            "worst of all",
            "p99",
            "upgrade",
            "same pid",
        ],
        rows: rows.collect(),
        note: format!(
            "Each request has a connection of its own, and all clients together send one every {PAUSE:?} \
             at most. An upgrade puts another file in the place of the program, or of what it reads. It \
             takes from the command until the old build is gone, as a median. Refused: the new program's \
             `check` fails. Rolled back: its `new` fails. nginx and haproxy answer from their \
             configuration, and HUP and USR2 are their signals. There were {rounds} interleaved rounds of \
             {UPGRADES} upgrades, and the first column of times is a median of them."
        ),
    }
}

/// Runs one round of a server.
fn live(start: Start, files: &Files, clients: usize, seen: &mut Seen) -> Option<()> {
    let place = Place::new();
    let mut server = start(&place, files, "build-00")?;
    place.wait_for("build-00");
    let before = server.pid(&place);
    let mut plan = Plan::new(place.target(), clients);
    plan.pause = PAUSE * u32::try_from(clients).unwrap();
    let load = Load::begin(&plan);
    for number in 1..=UPGRADES {
        wait_for_requests(&load, number as u64 * REQUESTS);
        let begin = sandbox::now();
        server.upgrade(&place, &format!("build-{number:02}"));
        #[allow(clippy::cast_precision_loss, reason = "figures for people")]
        seen.took.push((sandbox::now() - begin) as f64 / 1e6);
    }
    wait_for_requests(&load, load.requests() + REQUESTS);
    let report = load.end();
    seen.worst.push(report.worst().as_secs_f64() * 1e3);
    seen.report.add(report);
    seen.keeps_pid = server.pid(&place) == before;
    Some(())
}

fn wait_for_requests(load: &Load, count: u64) {
    while load.requests() < count {
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn row(seen: &Seen) -> Vec<Cell> {
    let report = &seen.report;
    for (kind, count) in &report.failed {
        eprintln!("  {count} failed by {kind}");
    }
    let ms = |time: Duration| Cell::Figure(time.as_secs_f64() * 1e3, "ms", 1);
    vec![
        Cell::Text(report.requests().to_string()),
        Cell::Text(report.failures().to_string()),
        Cell::Figure(benches::median(&seen.worst), "ms", 1),
        ms(report.worst()),
        ms(report.percentile(99)),
        Cell::Figure(benches::median(&seen.took), "ms", 1),
        Cell::Text(if seen.keeps_pid { "yes" } else { "no" }.to_owned()),
    ]
}
