//! A daemon that has nothing to do: its memory, its threads, and how often it wakes up.

use std::fs;
use std::time::Duration;

use crate::sandbox::{Sandbox, adopt};
use crate::subjects::{Builder, STARTS};
use crate::table::{Cell, Table};

const WATCHED: Duration = Duration::from_secs(10);

/// All at once: an idle daemon disturbs nobody.
pub(crate) fn measure(builder: &Builder) -> Table {
    let programs = builder.build(&STARTS);
    // On a disk: in a file system of memory the shared state page would stay dirty for ever.
    let started = programs.iter().map(|program| {
        let sandbox = Sandbox::new(&std::env::temp_dir());
        assert!(sandbox.command(&program.words).status().unwrap().success());
        let pid = sandbox.report().pid;
        adopt(pid);
        (program.name, pid, sandbox)
    });
    let started: Vec<_> = started.collect();
    std::thread::sleep(Duration::from_millis(200));
    nix::unistd::sync();
    let before: Vec<u64> = started.iter().map(|(_, pid, _)| switches(*pid)).collect();
    std::thread::sleep(WATCHED);
    let dirty: Vec<f64> = started
        .iter()
        .map(|(_, pid, _)| private_dirty(*pid))
        .collect();
    let rows = started.iter().zip(before).zip(&dirty);
    let rows = rows.map(|(((name, pid, _), before), own)| {
        let cells = vec![
            Cell::Figure(own / dirty[0], "", 2),
            Cell::Figure(*own, "kB", 0),
            Cell::Text((switches(*pid) - before).to_string()),
            Cell::Text(tasks(*pid).len().to_string()),
        ];
        ((*name).to_owned(), cells)
    });
    Table {
        title: "Idle".to_owned(),
        columns: vec![
            "memory / plain Rust",
            "private dirty",
            "wake-ups in 10 s",
            "threads",
        ],
        rows: rows.collect(),
        note: "Private dirty memory is that of smaps_rollup, proc(5), after sync(2). Wake-ups are \
               the context switches of all threads."
            .to_owned(),
    }
}

#[allow(clippy::cast_precision_loss, reason = "figures for people")]
fn private_dirty(pid: i32) -> f64 {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap();
    number_after(&text, "Private_Dirty:") as f64
}

fn switches(pid: i32) -> u64 {
    let statuses = tasks(pid)
        .into_iter()
        .map(|task| fs::read_to_string(task.join("status")).unwrap());
    statuses
        .map(|text| {
            number_after(&text, "\nvoluntary_ctxt_switches:")
                + number_after(&text, "nonvoluntary_ctxt_switches:")
        })
        .sum()
}

fn tasks(pid: i32) -> Vec<std::path::PathBuf> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    tasks.map(|task| task.unwrap().path()).collect()
}

fn number_after(text: &str, key: &str) -> u64 {
    let (_, rest) = text.split_once(key).unwrap();
    rest.split_whitespace().next().unwrap().parse().unwrap()
}
