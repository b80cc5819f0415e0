//! Where the figures come from: system calls, page faults, bytes and instructions. The result is
//! the page `breakdown.md`.

mod bytes;
pub(crate) mod callgrind;
pub(crate) mod calls;
mod faults;
mod purposes;

use std::fmt::Write;
use std::fs;
use std::path::Path;

use benches::median;

use crate::machine;
use crate::subjects::{Builder, COUNTED, FLOOR, OURS};

/// The choices of features whose bytes are shown.
pub(crate) const CHOICES: [(&str, &str); 3] = [
    ("no feature", "seed"),
    ("cli", "seed,cli"),
    ("default", "seed,all"),
];

/// How many of the largest functions are shown.
const FUNCTIONS: usize = 25;

/// A process of a start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Process {
    Caller,
    FirstChild,
    Daemon,
}

impl Process {
    pub(crate) const ALL: [Self; 3] = [Self::Caller, Self::FirstChild, Self::Daemon];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Caller => "caller",
            Self::FirstChild => "first child",
            Self::Daemon => "daemon",
        }
    }
}

/// Writes the page.
pub(crate) fn write(builder: &Builder, rounds: usize) {
    let mut text = String::from("# Breakdown\n\n");
    let _ = writeln!(
        text,
        "`cargo run --release -p benches -- breakdown` writes this page. The program is that of the \
         other measures, without any feature, in its profile `small`.\n\n{}",
        machine::describe()
    );
    calls_of(&mut text, builder, rounds);
    faults_of(&mut text, builder);
    instructions_of(&mut text, builder);
    for (name, features) in CHOICES {
        bytes_of(&mut text, builder, name, features);
    }
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("breakdown.md");
    fs::write(page, &text).unwrap();
    print!("{text}");
}

fn calls_of(text: &mut String, builder: &Builder, rounds: usize) {
    let Some(rows) = calls::rows(&builder.one(OURS), rounds) else {
        eprintln!("system calls: no strace, left out");
        return;
    };
    let _ = writeln!(
        text,
        "\n## System calls of a start\n\n\
         The first start in an empty directory, four directories deep, as root. Times are medians of \
         {rounds} rounds by strace(1), beyond those of `geteuid`, which does nothing. The tracer \
         stretches the rest, so they only tell the dear purposes from the cheap ones.\n\n\
         * Needed: without it a start would lose a check or a promise.\n\
         * Could be merged: another call could do its work as well.\n\
         * Avoidable: nothing would be lost without it.\n\n\
         | process | purpose | calls | µs | |\n|---|---|--:|--:|---|"
    );
    for row in &rows {
        let (process, group) = (row.process.name(), row.group.name());
        let micros = if row.sleeps() {
            "sleeps".to_owned()
        } else {
            format!("{:.0}", median(&row.micros))
        };
        let _ = writeln!(
            text,
            "| {process} | {} | {} | {micros} | {group} |",
            row.purpose, row.calls
        );
    }
    let _ = writeln!(text);
    for group in [
        purposes::Group::Needed,
        purposes::Group::Merged,
        purposes::Group::Avoidable,
    ] {
        let of_group = rows.iter().filter(|row| row.group == group);
        let calls: usize = of_group.map(|row| row.calls).sum();
        let _ = writeln!(text, "* {}: {calls} calls", group.name());
    }
}

fn faults_of(text: &mut String, builder: &Builder) {
    let [ours, floor] = [OURS, FLOOR].map(|subject| faults::count(&builder.one(subject)));
    if ours.is_empty() {
        eprintln!("page faults: no perf, left out");
        return;
    }
    let _ = writeln!(
        text,
        "\n## Page faults of a start and a stop\n\n\
         By perf(1), which sees each. Those of plain Rust are in brackets. After a fork each process \
         faults once for each page that it writes to, and for each group of pages of code.\n\n\
         | cause | caller | first child | daemon |\n|---|--:|--:|--:|"
    );
    let cell = |process, cause: usize| {
        let of = |counts: &std::collections::BTreeMap<Process, [usize; faults::CAUSES.len()]>| {
            counts.get(&process).map_or(0, |causes| causes[cause])
        };
        format!("{} ({})", of(&ours), of(&floor))
    };
    for (cause, name) in faults::CAUSES.iter().enumerate() {
        let cells = Process::ALL.map(|process| cell(process, cause));
        let _ = writeln!(text, "| {name} | {} |", cells.join(" | "));
    }
    let sum = |process| {
        let of = |counts: &std::collections::BTreeMap<Process, [usize; faults::CAUSES.len()]>| {
            counts
                .get(&process)
                .map_or(0, |causes| causes.iter().sum::<usize>())
        };
        format!("{} ({})", of(&ours), of(&floor))
    };
    let _ = writeln!(text, "| all | {} |", Process::ALL.map(sum).join(" | "));
}

fn instructions_of(text: &mut String, builder: &Builder) {
    let program = builder.one(COUNTED);
    let Some(counted) = callgrind::count(Path::new(&program.words[0])) else {
        eprintln!("instructions: no valgrind, left out");
        return;
    };
    let _ = writeln!(
        text,
        "\n## Instructions\n\n\
         By callgrind, those of the program alone, without loader and C library. They repeat \
         within one in a hundred, since a path or a number may have another length.\n\n| | instructions |\n|---|--:|\n\
         | a record of the log | {} |\n\
         | a signal, from its arrival to the next sleep | {} |\n\
         | the caller of a start | {} |\n\
         | all processes of a start, and the end of the daemon | {} |",
        counted.record, counted.signal, counted.caller, counted.daemon
    );
}

fn bytes_of(text: &mut String, builder: &Builder, name: &str, features: &str) {
    let program = builder.with_symbols("seed", features);
    let Some(code) = bytes::read(&program) else {
        eprintln!("bytes: no nm, left out");
        return;
    };
    let stripped = builder.size("seed", features);
    let all: u64 = code.functions.iter().map(|(_, size)| size).sum();
    let _ = writeln!(
        text,
        "\n## Bytes, {name}\n\n\
         The stripped program of the README has {stripped} bytes, of which {all} are code.\n\n\
         | crate | bytes |\n|---|--:|"
    );
    for (name, size) in code.crates.iter().take_while(|(_, size)| *size > 2000) {
        let _ = writeln!(text, "| {name} | {size} |");
    }
    let _ = writeln!(text, "\n| function | bytes |\n|---|--:|");
    for (name, size) in code.functions.iter().take(FUNCTIONS) {
        let short: String = name.chars().take(90).collect();
        let _ = writeln!(text, "| `{}` | {size} |", short.replace('|', "\\|"));
    }
}
