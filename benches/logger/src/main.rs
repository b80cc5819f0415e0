//! The logger beside its floor and its peers: one process a run, interleaved, medians of ratios.
//!
//! `cargo run --release -p bench-logger [ROUNDS [RECORDS]]`
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a bench ends at the first surprise"
)]
#![allow(unsafe_code, reason = "counts what is allocated")]

mod floor;
mod run;
mod subject;

use std::collections::HashMap;
use std::path::Path;
use std::process::Command;

use benches::{Ratio, median};
use run::Figures;
use subject::{SUBJECTS, Subject};

const THREADS: [usize; 3] = [1, 2, 8];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["run", subject, threads, records, file] => {
            let subject = SUBJECTS.iter().find(|known| known.name == subject).unwrap();
            let (threads, records) = (threads.parse().unwrap(), records.parse().unwrap());
            println!("{}", run::run(subject, threads, records, Path::new(file)));
        }
        _ => compare(number(&words, 0, 20), number(&words, 1, 100_000)),
    }
}

fn number(words: &[&str], at: usize, default: usize) -> usize {
    words.get(at).map_or(default, |word| word.parse().unwrap())
}

/// Runs every subject `rounds` times with each number of threads and prints the table.
fn compare(rounds: usize, records: usize) {
    let directory = Path::new("/dev/shm").join(format!("bench-logger.{}", std::process::id()));
    std::fs::create_dir(&directory).unwrap();
    let mut all: HashMap<(&str, usize), Vec<Figures>> = HashMap::new();
    for round in 0..rounds {
        for threads in THREADS {
            // Another subject begins each round, so that no subject always follows the same one.
            let from = round % SUBJECTS.len();
            for subject in SUBJECTS[from..].iter().chain(&SUBJECTS[..from]) {
                let figures = spawn(subject, threads, records, &directory);
                all.entry((subject.name, threads))
                    .or_default()
                    .push(figures);
            }
        }
    }
    std::fs::remove_dir_all(&directory).unwrap();
    for threads in THREADS {
        print_table(threads, &all);
    }
}

fn spawn(subject: &Subject, threads: usize, records: usize, directory: &Path) -> Figures {
    let file = directory.join(subject.name);
    let numbers = [threads.to_string(), records.to_string()];
    let mut command = Command::new(std::env::current_exe().unwrap());
    let output = command
        .args(["run", subject.name])
        .args(numbers)
        .arg(&file)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}: {output:?}", subject.name);
    let text = std::fs::read_to_string(&file).unwrap();
    let written = text
        .lines()
        .filter(|line| line.contains("request "))
        .count();
    assert_eq!(
        written,
        run::total(threads, records),
        "{} lost records",
        subject.name
    );
    std::fs::remove_file(&file).unwrap();
    String::from_utf8(output.stdout).unwrap().parse().unwrap()
}

fn print_table(threads: usize, all: &HashMap<(&str, usize), Vec<Figures>>) {
    let floor = &all[&("floor", threads)];
    let peer = &all[&("env_logger", threads)];
    let bare = &all[&("ready-line", threads)];
    println!("\n{threads} thread(s); ratios to the floor, [95 % interval of the median]");
    println!(
        "{:24} {:>22} {:>22} {:>8} {:>22} {:>22} {:>7}",
        "", "a record", "p99.9", "refused", "to env_logger's", "both net of `log`", "allocs"
    );
    for subject in &SUBJECTS {
        let figures = &all[&(subject.name, threads)];
        let to = |their: &[Figures], of: fn(&Figures) -> f64| {
            Ratio::of(&each(figures, of), &each(their, of)).to_string()
        };
        let net = |their: &[Figures]| {
            let pairs = their.iter().zip(bare);
            let beyond = pairs.map(|(their, bare)| their.refused - bare.refused);
            beyond.collect::<Vec<f64>>()
        };
        let beyond_log = if subject.of_log {
            Ratio::of(&net(figures), &net(peer)).to_string()
        } else {
            "-".to_owned()
        };
        println!(
            "{:24} {:>22} {:>22} {:>5.1} ns {:>22} {:>22} {:>7.2}",
            subject.name,
            to(floor, |figures| figures.record),
            to(floor, |figures| figures.tail),
            median(&each(figures, |figures| figures.refused)),
            to(peer, |figures| figures.refused),
            beyond_log,
            median(&each(figures, |figures| figures.allocations)),
        );
    }
    let floor_ns = median(&each(floor, |figures| figures.record));
    println!("the floor: {floor_ns:.0} ns a record");
}

/// One figure of each run.
fn each(all: &[Figures], of: fn(&Figures) -> f64) -> Vec<f64> {
    all.iter().map(of).collect()
}
