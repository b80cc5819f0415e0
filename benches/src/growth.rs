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
use crate::subjects::{Builder, OURS, Program};
use crate::table::{Cell, Table};

/// The user that is a member of all the groups.
const NOBODY: u32 = 65534;

/// An input, its two sizes, and the microseconds of the verb in each round with the given size.
type Input = (&'static str, [usize; 2], fn(&Place, usize) -> Vec<f64>);

const INPUTS: [Input; 4] = [
    ("start, variables", [6_000, 60_000], variables),
    ("start, groups of the user", [4_000, 40_000], groups),
    (LIMIT, [1_000, 1_000_000], descriptors),
    ("status, children", [1_000, 10_000], children),
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
    child: Option<PathBuf>,
    rounds: usize,
}

pub(crate) fn measure(builder: &Builder, rounds: usize) -> Table {
    let place = Place {
        program: builder.one(OURS),
        child: builder.cc("child", "-static"),
        rounds,
    };
    let row = |(name, [few, many], input): &Input| {
        let many = if *name == LIMIT {
            highest_limit()
        } else {
            *many
        };
        let [small, large] = [*few, many].map(|size| input(&place, size));
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
    fn rounds(&self, mut time: impl FnMut(&Sandbox) -> f64) -> Vec<f64> {
        (0..self.rounds)
            .map(|_| time(&Sandbox::in_memory()))
            .collect()
    }

    /// Starts the daemon through a shell, after `before`.
    fn after(&self, sandbox: &Sandbox, before: &str) -> Command {
        let line = format!("{before} && exec \"$@\"");
        let mut words: Vec<String> = ["sh", "-c", &line, "sh"].map(str::to_owned).to_vec();
        words.extend(self.program.words.iter().cloned());
        sandbox.command(&words)
    }
}

fn variables(place: &Place, count: usize) -> Vec<f64> {
    place.rounds(|sandbox| {
        let mut command = sandbox.command(&place.program.words);
        command.envs((0..count).map(|number| (format!("SVC_{number}"), "x")));
        start(sandbox, &mut command)
    })
}

fn groups(place: &Place, count: usize) -> Vec<f64> {
    if !geteuid().is_root() {
        return Vec::new();
    }
    place.rounds(|sandbox| {
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
        start(sandbox, sandbox.command(&words).env("BENCH_USER", "nobody"))
    })
}

fn descriptors(place: &Place, count: usize) -> Vec<f64> {
    let limit = format!("ulimit -n {count}");
    place.rounds(|sandbox| start(sandbox, &mut place.after(sandbox, &limit)))
}

fn children(place: &Place, count: usize) -> Vec<f64> {
    let Some(child) = &place.child else {
        return Vec::new();
    };
    let sandbox = Sandbox::in_memory();
    fs::copy(child, sandbox.file("child")).unwrap();
    let mut command = sandbox.command(&place.program.words);
    command.env("BENCH_CHILDREN", count.to_string());
    run(command.env("BENCH_STAY", "1"));
    let daemon = sandbox.report().pid;
    kill(Pid::from_raw(daemon), Signal::SIGWINCH).unwrap();
    sandbox.report();
    let status = place.program.verb("status");
    let times = (0..place.rounds)
        .map(|_| run(&mut sandbox.command(&status)))
        .collect();
    end(daemon);
    times
}
