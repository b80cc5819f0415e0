//! Instructions by callgrind, which hardly vary. Only those of the program itself count: the C
//! library chooses its functions by the processor.

use std::fs;
use std::path::Path;
use std::process::Command;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::sandbox::{Sandbox, adopt, reap};

/// How many records or signals the second of two runs has more than the first.
const MORE: u64 = 2000;

/// How many starts are counted; the least of them counts.
const STARTS: usize = 5;

/// Instructions of the program itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Instructions {
    pub record: u64,
    pub signal: u64,
    /// From exec to the exit of the caller.
    pub caller: u64,
    /// From exec of the caller to the exit of the daemon, which ends by SIGTERM.
    pub daemon: u64,
}

/// Counts with `program`, which is the subject `counted`. `None` where valgrind is missing.
pub(crate) fn count(program: &Path) -> Option<Instructions> {
    let valgrind = Command::new("valgrind").arg("--version").output().ok()?;
    valgrind.status.success().then_some(())?;
    let each = |name: &str| {
        let [few, many] = [MORE, 2 * MORE].map(|count| run(program, name, count));
        (many - few + MORE / 2) / MORE
    };
    // A daemon that is told to end before it sleeps has looked at less, or at more.
    let starts: Vec<[u64; 2]> = (0..STARTS).map(|_| start(program)).collect();
    let least = |at: usize| starts.iter().map(|counts| counts[at]).min().unwrap_or(0);
    let [caller, daemon] = [least(0), least(1)];
    Some(Instructions {
        record: each("BENCH_RECORDS"),
        signal: each("BENCH_SIGNALS"),
        caller,
        daemon,
    })
}

/// Counts a daemon in the foreground.
fn run(program: &Path, variable: &str, count: u64) -> u64 {
    let sandbox = Sandbox::in_memory();
    let mut command = valgrind(&sandbox, program, "run");
    let status = command.env(variable, count.to_string()).status().unwrap();
    assert!(status.success(), "{command:?}: {status}");
    let [(_, instructions)] = counts(&sandbox, program)[..] else {
        panic!("{command:?} leaves no count");
    };
    instructions
}

/// Counts a start: the caller, and the daemon with all that came before it.
fn start(program: &Path) -> [u64; 2] {
    let sandbox = Sandbox::in_memory();
    let mut command = valgrind(&sandbox, program, "start");
    let mut caller = command.env("BENCH_STAY", "1").spawn().unwrap();
    let daemon = sandbox.report().pid;
    assert!(caller.wait().unwrap().success());
    adopt(daemon);
    kill(Pid::from_raw(daemon), Signal::SIGTERM).unwrap();
    reap(daemon);
    let counts = counts(&sandbox, program);
    let of = |pid: i32| counts.iter().find(|count| count.0 == pid).unwrap().1;
    [of(i32::try_from(caller.id()).unwrap()), of(daemon)]
}

/// Valgrind leaves its counts in the sandbox. Their names are its default: it reads an option anew
/// at the end, when the title of the daemon stands in that memory.
fn valgrind(sandbox: &Sandbox, program: &Path, verb: &str) -> Command {
    let words = ["valgrind", "--quiet", "--tool=callgrind"].map(str::to_owned);
    let program = [program.display().to_string(), verb.to_owned()];
    let mut command = sandbox.command(&[&words[..], &program[..]].concat());
    command.current_dir(sandbox.directory());
    command
}

/// Returns the pid and the count of each process.
fn counts(sandbox: &Sandbox, program: &Path) -> Vec<(i32, u64)> {
    let files = fs::read_dir(sandbox.directory()).unwrap();
    let files = files.filter_map(|file| {
        let path = file.unwrap().path();
        let name = path.file_name()?.to_str()?;
        let pid = name.strip_prefix("callgrind.out.")?.parse().ok()?;
        Some((pid, sum(&fs::read_to_string(path).unwrap(), program)))
    });
    files.collect()
}

/// Sums the costs of the lines of one object. The line after `calls=` is that of the called
/// function, which has lines of its own.
fn sum(text: &str, program: &Path) -> u64 {
    let object = format!(" {}", program.display());
    let mut number = None;
    let (mut is_ours, mut is_call, mut sum) = (false, false, 0);
    for line in text.lines() {
        // A name stands at its first use; afterwards its number does.
        for key in ["ob=", "cob="] {
            if let Some(name) = line.strip_prefix(key) {
                let (id, _) = name.split_once(')').unwrap();
                if name.ends_with(&object) {
                    number = Some(id.to_owned());
                }
                if key == "ob=" {
                    is_ours = number.as_deref() == Some(id);
                }
            }
        }
        let is_cost = line.starts_with(|first: char| "+-*0123456789".contains(first));
        if is_cost && is_ours && !is_call {
            sum += line.split(' ').nth(1).unwrap().parse::<u64>().unwrap();
        }
        is_call = line.starts_with("calls=");
    }
    sum
}
