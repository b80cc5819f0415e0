//! Fifty starts at once: the number of daemons, and the answers to the callers.

use std::process::{Child, Stdio};
use std::time::Duration;

use crate::sandbox::Sandbox;
use crate::subjects::{Builder, Program, STARTS};
use crate::table::{Cell, Table};

const STARTED: usize = 50;

pub(crate) fn measure(builder: &Builder) -> Table {
    let rows = builder.build(&STARTS).into_iter().map(|program| {
        let cells = crowd(&program).map(|count| Cell::Text(count.to_string()));
        (program.name.to_owned(), cells.to_vec())
    });
    Table {
        title: format!("{STARTED} starts at once"),
        columns: vec![
            "daemons",
            "exit code 0",
            "\"started\"",
            "\"already running, pid N\"",
        ],
        rows: rows.collect(),
        note: "Correct is one daemon, and one caller that learns that it started the daemon. daemon-rt \
               exits 0 for the other callers: by LSB, a start of a running daemon succeeds."
            .to_owned(),
    }
}

/// The numbers of daemons, of exit codes 0, of reported starts, and of reports of a running daemon.
pub(crate) fn crowd(program: &Program) -> [usize; 4] {
    let sandbox = Sandbox::in_memory();
    let spawn = |_| {
        let mut command = sandbox.command(&program.words);
        command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    };
    let children: Vec<Child> = (0..STARTED).map(spawn).collect();
    let mut told = [0; 3];
    for mut child in children {
        // Not to the end of its output, which a daemon may hold open.
        let success = child.wait().unwrap().success();
        let text = heard(&mut child);
        told[0] += usize::from(success);
        told[1] += usize::from(text.contains("started"));
        told[2] += usize::from(text.contains("already running, pid "));
    }
    let mut daemons = std::collections::BTreeSet::new();
    while let Some(report) = sandbox.report_within(Duration::from_millis(500)) {
        daemons.insert(report.pid);
    }
    let alive = daemons.iter().filter(|pid| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        !stat.is_empty() && !stat.contains(") Z ")
    });
    [alive.count(), told[0], told[1], told[2]]
}

/// The output so far.
fn heard(child: &mut Child) -> String {
    use nix::fcntl::{FcntlArg, OFlag, fcntl};

    let output = child.stdout.take().unwrap();
    fcntl(&output, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).unwrap();
    let mut text = [0; 4096];
    let length = nix::unistd::read(&output, &mut text).unwrap_or(0);
    String::from_utf8_lossy(&text[..length]).into_owned()
}
