//! Daemons side by side: this runtime, floors written by hand, and peers.
//!
//! `cargo run --release -p benches -- all` runs everything, the logger's bench included, and
//! writes the tables and a picture to `benches/results.md` and `benches/results.svg`. A measure's
//! name runs that one alone, and a number sets the rounds:
//! `cargo run --release -p benches -- start verbs 60`.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a bench ends at the first surprise"
)]

mod breakdown;
mod budgets;
mod children;
mod crowd;
mod ends;
mod growth;
mod hostile;
mod idle;
mod machine;
mod mistakes;
mod picture;
mod reloads;
mod sandbox;
mod signals;
mod site;
mod start;
mod subjects;
mod sys;
mod table;
mod upgrades;
mod verbs;
mod web;
mod weight;

use std::fmt::Write;
use std::path::Path;
use std::process::Command;

use subjects::Builder;
use table::Table;

const MEASURES: [&str; 14] = [
    "start", "verbs", "signals", "children", "crowd", "growth", "hostile", "idle", "weight", "web",
    "reloads", "upgrades", "ends", "mistakes",
];

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let rounds = words.iter().find_map(|word| word.parse().ok());
    let named: Vec<&str> = words
        .iter()
        .map(String::as_str)
        .filter(|word| word.parse::<usize>().is_err())
        .collect();
    let known = |word: &&str| MEASURES.contains(word);
    match named[..] {
        ["all"] => all(rounds),
        ["breakdown"] => {
            sandbox::prepare();
            breakdown::write(&Builder::new(), rounds.unwrap_or(15));
        }
        ["budgets"] => {
            sandbox::prepare();
            if !budgets::compare(&Builder::new()) {
                std::process::exit(1);
            }
        }
        [_, ..] if named.iter().all(known) => {
            sandbox::prepare();
            let builder = Builder::new();
            for name in named {
                for table in measure(name, &builder, rounds) {
                    println!("{table}");
                }
            }
        }
        _ => {
            eprintln!(
                "say all, breakdown, budgets, or some of {}, and how many rounds",
                MEASURES.join(", ")
            );
            std::process::exit(2);
        }
    }
}

fn measure(name: &str, builder: &Builder, rounds: Option<usize>) -> Vec<Table> {
    eprintln!("measuring: {name}");
    vec![match name {
        "start" => start::measure(builder, rounds.unwrap_or(60)),
        "verbs" => verbs::measure(builder, rounds.unwrap_or(60)),
        "signals" => signals::measure(builder, rounds.unwrap_or(20)),
        "children" => return children::measure(builder).into_iter().collect(),
        "crowd" => crowd::measure(builder),
        "growth" => growth::measure(builder, rounds.unwrap_or(7)),
        "hostile" => return hostile::measure(builder).into_iter().collect(),
        "idle" => idle::measure(builder),
        "web" => web::measure(builder, rounds.unwrap_or(60)),
        "mistakes" => mistakes::measure(builder),
        "ends" => ends::measure(builder, rounds.unwrap_or(20)),
        "reloads" => reloads::measure(builder),
        "upgrades" => return upgrades::measure(builder, rounds.unwrap_or(4)).into(),
        _ => weight::measure(builder, rounds.unwrap_or(2).min(2)),
    }]
}

/// Runs every measure, then the logger's bench, whose output goes into the same file.
fn all(rounds: Option<usize>) {
    sandbox::prepare();
    let builder = Builder::new();
    let tables: Vec<Table> = MEASURES
        .iter()
        .flat_map(|name| measure(name, &builder, rounds))
        .collect();
    let machine = machine::describe();
    let mut text = format!("# Results\n\n{machine}\n");
    for table in &tables {
        let _ = write!(text, "\n{table}");
    }
    let directory = Path::new(env!("CARGO_MANIFEST_DIR"));
    std::fs::write(
        directory.join("results.svg"),
        picture::draw(&tables, &machine),
    )
    .unwrap();
    let _ = write!(text, "\n## Logger\n\n```text\n{}```\n", logger());
    std::fs::write(directory.join("results.md"), &text).unwrap();
    print!("{text}");
}

fn logger() -> String {
    eprintln!("measuring: logger");
    sandbox::no_deadline();
    let mut command = Command::new("cargo");
    command.args(["run", "--quiet", "--release", "-p", "bench-logger"]);
    let output = command
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}
