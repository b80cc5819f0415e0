//! The size of a stripped program, and the cost of a clean build.

use std::fs;

use benches::{Ratio, median};

use crate::sandbox::{Sandbox, no_deadline};
use crate::subjects::{Builder, cargo_build};
use crate::sys;
use crate::table::{Cell, Table};

/// A name, a binary of `bench-subjects`, its features, and against which row its build counts.
const BUILDS: [(&str, &str, &str, usize); 7] = [
    (
        "by hand: daemonize, signal-hook, fern, thiserror",
        "by-hand",
        "by-hand",
        0,
    ),
    ("the example's Server", "seed", "seed", 0),
    ("by hand, with clap's derive", "by-hand", "by-hand-cli", 2),
    ("the example's Server, cli", "seed", "seed,cli", 2),
    (
        "the example's Server, default features",
        "seed",
        "seed,all",
        2,
    ),
    ("plain Rust", "floor", "floor", 0),
    ("fork", "fork", "fork", 0),
];

/// Builds each `rounds` times from nothing.
pub(crate) fn measure(_: &Builder, rounds: usize) -> Table {
    let sandbox = Sandbox::new(&std::env::temp_dir());
    no_deadline();
    let mut seconds: [Vec<f64>; BUILDS.len()] = Default::default();
    let mut sizes = [0; BUILDS.len()];
    for _ in 0..rounds {
        for (at, (name, bin, features, _)) in BUILDS.iter().enumerate() {
            let target = sandbox.file("target");
            let before = sys::children_seconds();
            let status = cargo_build(&target, bin, features).status().unwrap();
            assert!(status.success(), "{name} does not build");
            seconds[at].push(sys::children_seconds() - before);
            sizes[at] = fs::metadata(target.join("small").join(bin)).unwrap().len();
            fs::remove_dir_all(target).unwrap();
        }
    }
    let rows = BUILDS.iter().enumerate().map(|(at, (name, _, _, floor))| {
        let cells = vec![
            Cell::Text(format!("{} kB", sizes[at] / 1000)),
            Cell::Figure(median(&seconds[at]), "s", 1),
            Cell::Ratio(Ratio::of(&seconds[at], &seconds[*floor])),
        ];
        ((*name).to_owned(), cells)
    });
    Table {
        title: "Weight".to_owned(),
        columns: vec!["stripped", "clean build, CPU", "to its peer by hand"],
        rows: rows.collect(),
        note: format!(
            "All are built with link-time optimisation, opt-level s and panic abort, {rounds} times from \
             clean. Programs with clap are compared with the one by hand with clap, the others with the \
             one without."
        ),
    }
}
