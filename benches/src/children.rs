//! Ten thousand children that end at once.

use std::fs;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::sandbox::{Sandbox, adopt};
use crate::subjects::{Builder, OURS};
use crate::table::{Cell, Table};

const CHILDREN: u64 = 10_000;

/// `None` without a C compiler: ten thousand larger processes do not fit everywhere.
pub(crate) fn measure(builder: &Builder) -> Option<Table> {
    let child = builder.cc("child", "-static")?;
    let program = builder.one(OURS);
    let sandbox = Sandbox::in_memory();
    fs::copy(child, sandbox.file("child")).unwrap();
    let mut command = sandbox.command(&program.words);
    command.env("BENCH_CHILDREN", CHILDREN.to_string());
    assert!(command.status().unwrap().success());
    let daemon = sandbox.report();
    adopt(daemon.pid);
    kill(Pid::from_raw(daemon.pid), Signal::SIGWINCH).unwrap();
    let released = sandbox.report();
    let mut last = released;
    while last.value < CHILDREN {
        last = sandbox.report();
    }
    // One more report would be of a child that was reported twice.
    let again = sandbox.report_within(Duration::from_millis(200));
    let milliseconds = (last.when - released.when) / 1_000_000;
    let cells = vec![
        Cell::Text(format!("{}", last.value)),
        Cell::Text(if again.is_some() { "yes" } else { "no" }.to_owned()),
        Cell::Text(zombies(daemon.pid).to_string()),
        Cell::Text(format!("{milliseconds} ms")),
    ];
    Some(Table {
        title: format!("{CHILDREN} children of the runtime, ending at once"),
        columns: vec!["reported", "any twice?", "zombies left", "until the last"],
        rows: vec![("daemon-rt".to_owned(), cells)],
        note: "All read from one pipe that the daemon closes. The kernel merges most of their SIGCHLD."
            .to_owned(),
    })
}

fn zombies(parent: i32) -> usize {
    let wanted = format!(") Z {parent} ");
    let entries = fs::read_dir("/proc").unwrap().flatten();
    let stats = entries.filter_map(|entry| fs::read_to_string(entry.path().join("stat")).ok());
    stats.filter(|stat| stat.contains(&wanted)).count()
}
