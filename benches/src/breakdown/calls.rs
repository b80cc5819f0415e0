//! The system calls of a start by process and purpose, from strace(1).

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use benches::median;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::Process;
use super::purposes::{Group, LATER, LOADER, RULES, STANDARD, UNKNOWN, WAIT};
use crate::sandbox::{Sandbox, adopt, reap};
use crate::subjects::Program;

/// The calls of one purpose in one process.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub process: Process,
    pub purpose: &'static str,
    pub group: Group,
    pub calls: usize,
    /// Microseconds beyond those of a call that does nothing, in each round.
    pub micros: Vec<f64>,
}

impl Row {
    /// Whether the process sleeps in one of the calls.
    pub(super) fn sleeps(&self) -> bool {
        [WAIT.0, LATER.0].contains(&self.purpose)
    }
}

/// The calls that a budget limits: those before READY, without the caller's wait, whose number
/// depends on the scheduler.
pub(crate) type Counts = BTreeMap<Process, usize>;

/// Traces one start of `program`. `None` where strace is missing.
pub(crate) fn counts(program: &Program) -> Option<Counts> {
    let mut counts = Counts::new();
    for line in trace(program)? {
        if ![LATER, LOADER, STANDARD, WAIT].contains(&line.purpose) {
            *counts.entry(line.process).or_insert(0) += 1;
        }
    }
    Some(counts)
}

/// Traces `rounds` starts, and groups their calls in the order of the first one.
pub(super) fn rows(program: &Program, rounds: usize) -> Option<Vec<Row>> {
    let mut rows: Vec<Row> = Vec::new();
    for round in 0..rounds {
        let lines = trace(program)?;
        let nothing = |line: &&Line| line.name == "getpid" || line.name == "geteuid";
        let nothing: Vec<f64> = lines
            .iter()
            .filter(nothing)
            .map(|line| line.micros)
            .collect();
        let nothing = median(&nothing);
        for line in lines {
            let (purpose, group) = line.purpose;
            let same = |row: &Row| row.process == line.process && row.purpose == purpose;
            let at = rows.iter().position(same).unwrap_or_else(|| {
                rows.push(Row {
                    process: line.process,
                    purpose,
                    group,
                    calls: 0,
                    micros: Vec::new(),
                });
                rows.len() - 1
            });
            let row = &mut rows[at];
            row.micros.resize(rounds, 0.0);
            row.micros[round] += (line.micros - nothing).max(0.0);
            row.calls += usize::from(round == 0);
        }
    }
    rows.sort_by_key(|row| row.process);
    Some(rows)
}

struct Line {
    process: Process,
    name: String,
    purpose: super::purposes::Purpose,
    micros: f64,
}

fn trace(program: &Program) -> Option<Vec<Line>> {
    let sandbox = Sandbox::in_memory();
    let strace = "strace -ff -T -y -o {dir}/trace"
        .split(' ')
        .map(str::to_owned);
    let words: Vec<String> = strace.chain(program.words.iter().cloned()).collect();
    let mut strace = sandbox.command(&words).spawn().ok()?;
    let daemon = sandbox.report().pid;
    // READY is behind the report.
    std::thread::sleep(std::time::Duration::from_millis(50));
    adopt(daemon);
    kill(Pid::from_raw(daemon), Signal::SIGTERM).unwrap();
    reap(daemon);
    strace.wait().unwrap().success().then_some(())?;
    let mut lines = Vec::new();
    for file in fs::read_dir(sandbox.directory()).unwrap() {
        let path = file.unwrap().path();
        if path.file_stem().is_some_and(|name| name == "trace") {
            lines.extend(read(&path, &sandbox));
        }
    }
    Some(lines)
}

/// Reads the calls of one process.
fn read(path: &Path, sandbox: &Sandbox) -> Vec<Line> {
    let text = fs::read_to_string(path).unwrap();
    let text = text.replace(&sandbox.directory().display().to_string(), "DIR");
    let process = match () {
        () if text.starts_with("execve(") => Process::Caller,
        () if text.contains("\nsetsid()") => Process::FirstChild,
        () => Process::Daemon,
    };
    // The loader ends where Rust looks at the standard streams, and Rust where it has the handler
    // of SIGBUS.
    let calls: Vec<&str> = text.lines().filter(|line| line.contains('(')).collect();
    let is_callers = process == Process::Caller;
    let find = |start: &str| calls.iter().position(|line| line.starts_with(start));
    let loaded = find("poll(").filter(|_| is_callers).unwrap_or(0);
    let begun = find("rt_sigaction(SIGBUS, {").filter(|_| is_callers);
    let ready = calls
        .iter()
        .position(|line| line.starts_with("write(") && line.contains(", \"R\\0"));
    let purpose = |at: usize, line: &str| match () {
        () if at < loaded => LOADER,
        () if begun.is_some_and(|begun| at <= begun) => STANDARD,
        () if ready.is_some_and(|ready| at > ready) => LATER,
        () => {
            let fits =
                |(call, part, _): &&(&str, &str, _)| line.starts_with(call) && line.contains(part);
            RULES.iter().find(fits).map_or(UNKNOWN, |rule| rule.2)
        }
    };
    let line = |(at, line): (usize, &&str)| Line {
        process,
        name: line.split('(').next().unwrap_or_default().to_owned(),
        purpose: purpose(at, line),
        micros: micros(line),
    };
    calls.iter().enumerate().map(line).collect()
}

/// Returns the time at the end of a line, such as `<0.000008>`; none for a call that did not
/// return.
fn micros(line: &str) -> f64 {
    let time = line.trim_end().strip_suffix('>');
    let time = time.and_then(|line| line.rsplit_once('<'));
    time.map_or(0.0, |(_, seconds)| {
        seconds.parse::<f64>().unwrap_or(0.0) * 1e6
    })
}
