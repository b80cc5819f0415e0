//! The numbers that no commit raises without its reason: `budgets.txt` and its comparison.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::breakdown::{CHOICES, Process, callgrind, calls};
use crate::subjects::{Builder, COUNTED, Program};

const HEAD: &str = "\
# The numbers that CI compares: a step fails when one rises above its budget.
# `UPDATE_BUDGETS=1 .ci/run budgets` writes them. A commit that raises one gives the reason.
# Bytes are those of the stripped program of the README in its profile `small`. Instructions are
# those of the program alone, without the C library. System calls are those before READY.
";

/// How far a number may be below its budget before the budget is said to be too high, in percent.
const SLACK: u64 = 5;

/// A number, and its name.
type Number = (String, u64);

/// Compares the numbers of this tree with their budgets. Returns whether none is above.
pub(crate) fn compare(builder: &Builder) -> bool {
    let compiler = compiler();
    let numbers = measure(builder);
    if std::env::var_os("UPDATE_BUDGETS").is_some() {
        fs::write(path(), written(&compiler, &numbers)).unwrap();
    }
    let text = fs::read_to_string(path()).unwrap();
    let budgets: Vec<(&str, u64)> = text.lines().filter_map(parse).collect();
    // The code of another compiler is not that of the budgets, but its system calls are.
    let is_same = text.lines().any(|line| line == format!("# {compiler}"));
    if !is_same {
        println!("not made by this compiler, {compiler}: only system calls are compared");
    }
    let mut holds = true;
    for (name, number) in numbers {
        let Some((_, budget)) = budgets.iter().find(|(known, _)| *known == name) else {
            println!("{name}: {number}, without a budget");
            holds = false;
            continue;
        };
        let counts = is_same || name.starts_with("system calls");
        let word = match () {
            () if !counts => "not compared",
            () if number > *budget => "ABOVE ITS BUDGET",
            () if number * 100 < budget * (100 - SLACK) => "held, and the budget can be lowered",
            () => "held",
        };
        holds &= !counts || number <= *budget;
        println!("{name}: {number} of {budget}, {word}");
    }
    holds
}

fn measure(builder: &Builder) -> Vec<Number> {
    let mut numbers = Vec::new();
    let counted = builder.one(COUNTED);
    match callgrind::count(Path::new(&counted.words[0])) {
        Some(count) => numbers.extend([
            ("instructions of a record".to_owned(), count.record),
            ("instructions of a signal".to_owned(), count.signal),
            ("instructions of a start, caller".to_owned(), count.caller),
        ]),
        None => println!("no valgrind: instructions are not compared"),
    }
    match calls::counts(&staying(counted)) {
        Some(counts) => {
            for process in Process::ALL {
                let name = format!("system calls of a start, {}", process.name());
                let count = counts.get(&process).copied().unwrap_or(0);
                numbers.push((name, count as u64));
            }
        }
        None => println!("no strace: system calls are not compared"),
    }
    for (name, features) in CHOICES {
        numbers.push((format!("bytes, {name}"), builder.size("seed", features)));
    }
    numbers
}

/// The program with a daemon that lives until it is told to end.
fn staying(program: Program) -> Program {
    let words = ["env", "BENCH_STAY=1"].map(str::to_owned);
    let words = words.into_iter().chain(program.words).collect();
    Program { words, ..program }
}

/// A little above the numbers, where a path of this machine could be in them.
fn written(compiler: &str, numbers: &[Number]) -> String {
    let mut text = format!("{HEAD}# {compiler}\n");
    for (name, number) in numbers {
        // Other machines have other paths in their programs, and other files for the C library.
        let budget = match name.split([' ', ',']).next() {
            Some("bytes") => (number + number / 100).div_ceil(4096) * 4096,
            Some("instructions") => number + number / 100,
            _ => number + 2,
        };
        let _ = writeln!(text, "{name}: {budget}");
    }
    text
}

fn parse(line: &str) -> Option<(&str, u64)> {
    let (name, number) = line.split_once(": ").filter(|_| !line.starts_with('#'))?;
    Some((name, number.parse().ok()?))
}

fn compiler() -> String {
    let output = Command::new("rustc").arg("--version").output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("budgets.txt")
}
