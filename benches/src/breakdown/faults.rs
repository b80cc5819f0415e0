//! The page faults of a start, by what causes them.

use std::collections::BTreeMap;
use std::process::Command;

use super::Process;
use crate::sandbox::{Sandbox, adopt};
use crate::subjects::Program;

/// The causes, in the order of the table.
pub(super) const CAUSES: [&str; 9] = [
    "kernel: the new program",
    "loader: its own pages",
    "loader: relocations and data of libraries",
    "loader: relocations of the program",
    "code of libraries",
    "code and constants of the program",
    "data of the program",
    "heap",
    "stack, thread-local and other memory",
];

/// Returns the number of faults by cause, for each process. Empty where perf(1) cannot record them.
pub(super) fn count(program: &Program) -> BTreeMap<Process, [usize; CAUSES.len()]> {
    let sandbox = Sandbox::in_memory();
    let record = "perf record -q -e page-faults -c 1 -d -o {dir}/faults";
    let words = record.split(' ').map(str::to_owned);
    let words: Vec<String> = words.chain(program.words.iter().cloned()).collect();
    let Ok(mut perf) = sandbox.command(&words).spawn() else {
        return BTreeMap::new();
    };
    let Some(report) = sandbox.report_within(std::time::Duration::from_secs(10)) else {
        return BTreeMap::new();
    };
    // It records until the last process ends.
    adopt(report.pid);
    nix::sys::signal::kill(
        nix::unistd::Pid::from_raw(report.pid),
        nix::sys::signal::Signal::SIGTERM,
    )
    .unwrap();
    if !perf.wait().unwrap().success() {
        return BTreeMap::new();
    }
    let mut script = Command::new("perf");
    script.args(["script", "-F", "pid,addr,ip,sym,dso", "-i"]);
    let output = script.arg(sandbox.file("faults")).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut pids = Vec::new();
    let mut counts = BTreeMap::new();
    for line in text.lines() {
        let Some((pid, cause)) = parse(line, &program.words[0]) else {
            continue;
        };
        if !pids.contains(&pid) {
            pids.push(pid);
        }
        let process = match pids.iter().position(|known| *known == pid) {
            Some(0) => Process::Caller,
            _ if pid == report.pid => Process::Daemon,
            _ => Process::FirstChild,
        };
        counts.entry(process).or_insert([0; CAUSES.len()])[cause] += 1;
    }
    counts
}

/// Returns pid and cause of a line: pid, address, its symbol and file, instruction, its symbol and
/// file.
fn parse(line: &str, program: &str) -> Option<(i32, usize)> {
    let (pid, rest) = line.trim_start().split_once(' ')?;
    let (address, rest) = rest.trim_start().split_once(' ')?;
    let (place, rest) = rest.split_once(") ")?;
    let place = place.rsplit_once('(')?.1;
    let (instruction, code) = rest.trim_start().split_once(' ')?;
    let is_code = address == instruction;
    let is_library = place.contains("/lib");
    let cause = match place {
        _ if code.contains("elf_load") || code.contains("_copy_to_user") => 0,
        _ if place.contains("/ld-linux") => 1,
        _ if is_library && is_code => 4,
        _ if is_library => 2,
        _ if place == program && code.contains("/ld-linux") => 3,
        _ if place == program && (is_code || code.contains("libc")) => 5,
        _ if place == program => 6,
        _ if code.contains("malloc") || code.contains("free") => 7,
        _ => 8,
    };
    Some((pid.parse().ok()?, cause))
}
