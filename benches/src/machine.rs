//! The machine of the figures.

use std::fs;
use std::process::Command;

/// Processor, kernel, C library and compiler.
pub(crate) fn describe() -> String {
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap();
    let model = cpus
        .lines()
        .find_map(|line| line.strip_prefix("model name"));
    let model = model.map_or("an unnamed processor", |rest| {
        rest.trim_start_matches(['\t', ':', ' '])
    });
    let count = std::thread::available_parallelism().unwrap();
    let load = fs::read_to_string("/proc/loadavg").unwrap();
    let load = load.split_whitespace().next().unwrap();
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
    let libc = first_line("ldd", "--version");
    let rustc = first_line("rustc", "--version");
    format!(
        "{count} × {model}; Linux {}; {libc}; {rustc}; load {load} at the end.",
        kernel.trim()
    )
}

fn first_line(program: &str, argument: &str) -> String {
    let output = Command::new(program).arg(argument).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    text.ok()
        .and_then(|text| text.lines().next().map(str::to_owned))
        .unwrap_or_else(|| format!("no {program}"))
}
