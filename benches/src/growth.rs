//! Inputs that grow: the time of a verb with each, and with ten times or a thousand times as much.

use std::fmt::Write;
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::PathBuf;
use std::process::Command;

use benches::{Ratio, median};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, geteuid};

use crate::sandbox::{Sandbox, adopt, now, pinned, reap};
use crate::subjects::{Builder, OURS, OURS_CLI, Program};
use crate::table::{Cell, Table};

/// The user that is a member of all the groups.
const NOBODY: u32 = 65534;

/// An input, its two sizes, and the microseconds of the verb with a size, if it can be measured.
type Input = (&'static str, [usize; 2], fn(&Place, usize) -> Option<f64>);

const INPUTS: [Input; 5] = [
    ("start, variables", [6_000, 60_000], variables),
    ("start, groups of the user", [4_000, 40_000], groups),
    (LIMIT, [1_000, 1_000_000], descriptors),
    ("status, children", [1_000, 10_000], children),
    ("logs, lines of the log", [20_000, 200_000], lines),
];

const LIMIT: &str = "start, RLIMIT_NOFILE";

/// The most that this process may set: a container may have a low hard limit.
fn highest_limit() -> usize {
    let may = |limit: usize| {
        let line = format!("ulimit -n {limit}");
        let output = Command::new("sh").args(["-c", &line]).output();
        output.is_ok_and(|output| output.status.success())
    };
    let limits = [1_000_000, 500_000, 100_000, 50_000, 20_000, 10_000];
    limits
        .into_iter()
        .find(|limit| may(*limit))
        .unwrap_or(1_000)
}

struct Place {
    program: Program,
    /// The program with the verb `logs`.
    cli: Program,
    child: Option<PathBuf>,
}

pub(crate) fn measure(builder: &Builder, rounds: usize) -> Table {
    let place = Place {
        program: builder.one(OURS),
        cli: builder.one(OURS_CLI),
        child: builder.cc("child", "-static"),
    };
    let row = |(name, [few, many], input): &Input| {
        let many = if *name == LIMIT {
            highest_limit()
        } else {
            *many
        };
        let (mut small, mut large) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            small.extend(input(&place, *few));
            large.extend(input(&place, many));
        }
        if small.is_empty() || large.is_empty() {
            eprintln!("{name}: needs root and a C compiler, left out");
            return None;
        }
        let cells = vec![
            Cell::Text(few.to_string()),
            Cell::Figure(median(&small) / 1000.0, "ms", 1),
            Cell::Text(many.to_string()),
            Cell::Ratio(Ratio::of(&large, &small)),
        ];
        Some(((*name).to_owned(), cells))
    };
    Table {
        title: "Growth".to_owned(),
        columns: vec!["few", "time", "many", "time of many / time of few"],
        rows: pinned(|| INPUTS.iter().filter_map(row).collect()),
        note: format!(
            "A verb is linear when the last column is at most the ratio of the sizes. There were {rounds} rounds."
        ),
    }
}

/// Starts the daemon by `command` and stops it. Returns the microseconds of the start.
fn start(sandbox: &Sandbox, command: &mut Command) -> f64 {
    let time = run(command);
    end(sandbox.report().pid);
    time
}

fn end(daemon: i32) {
    adopt(daemon);
    kill(Pid::from_raw(daemon), Signal::SIGTERM).unwrap();
    reap(daemon);
}

#[allow(clippy::cast_precision_loss, reason = "figures for people")]
fn run(command: &mut Command) -> f64 {
    let begin = now();
    let status = command.status().unwrap();
    let end = now();
    assert!(status.success(), "{command:?}: {status}");
    (end - begin) as f64 / 1000.0
}

impl Place {
    /// Starts the daemon through a shell, after `before`.
    fn after(&self, sandbox: &Sandbox, before: &str) -> Command {
        let line = format!("{before} && exec \"$@\"");
        let mut words: Vec<String> = ["sh", "-c", &line, "sh"].map(str::to_owned).to_vec();
        words.extend(self.program.words.iter().cloned());
        sandbox.command(&words)
    }
}

#[allow(clippy::unnecessary_wraps, reason = "the type of all inputs")]
fn variables(place: &Place, count: usize) -> Option<f64> {
    let sandbox = Sandbox::in_memory();
    let mut command = sandbox.command(&place.program.words);
    command.envs((0..count).map(|number| (format!("SVC_{number}"), "x")));
    Some(start(&sandbox, &mut command))
}

fn groups(place: &Place, count: usize) -> Option<f64> {
    geteuid().is_root().then_some(())?;
    let sandbox = Sandbox::in_memory();
    let mut groups = fs::read_to_string("/etc/group").unwrap();
    for number in 0..count {
        let _ = writeln!(groups, "bench{number}:x:{}:nobody", 1_000_000 + number);
    }
    fs::write(sandbox.file("group"), groups).unwrap();
    fs::set_permissions(sandbox.file("reports"), Permissions::from_mode(0o666)).unwrap();
    fs::write(sandbox.file("bench.log"), "").unwrap();
    chown(sandbox.file("bench.log"), Some(NOBODY), Some(NOBODY)).unwrap();
    let file = sandbox.file("group").display().to_string();
    let mut words: Vec<String> = ["unshare", "--mount", "--propagation", "private", "sh", "-c"]
        .map(str::to_owned)
        .to_vec();
    words.push(format!("mount --bind {file} /etc/group && exec \"$@\""));
    words.push("sh".to_owned());
    words.extend(place.program.words.iter().cloned());
    let mut command = sandbox.command(&words);
    Some(start(&sandbox, command.env("BENCH_USER", "nobody")))
}

#[allow(clippy::unnecessary_wraps, reason = "the type of all inputs")]
fn descriptors(place: &Place, count: usize) -> Option<f64> {
    let limit = format!("ulimit -n {count}");
    let sandbox = Sandbox::in_memory();
    Some(start(&sandbox, &mut place.after(&sandbox, &limit)))
}

fn children(place: &Place, count: usize) -> Option<f64> {
    let child = place.child.as_ref()?;
    let sandbox = Sandbox::in_memory();
    fs::copy(child, sandbox.file("child")).unwrap();
    let mut command = sandbox.command(&place.program.words);
    command.env("BENCH_CHILDREN", count.to_string());
    run(command.env("BENCH_STAY", "1"));
    let daemon = sandbox.report().pid;
    kill(Pid::from_raw(daemon), Signal::SIGWINCH).unwrap();
    sandbox.report();
    let time = run(&mut sandbox.command(&place.program.verb("status")));
    end(daemon);
    Some(time)
}

#[allow(clippy::unnecessary_wraps, reason = "the type of all inputs")]
fn lines(place: &Place, count: usize) -> Option<f64> {
    let sandbox = Sandbox::in_memory();
    let line = "Nov 22 15:24:23 : a line of a log whose end is printed\n";
    fs::write(sandbox.file("bench.log"), line.repeat(count)).unwrap();
    Some(run(&mut sandbox.command(&place.cli.verb("logs"))))
}
