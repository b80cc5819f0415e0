//! Every verb in every state: the table of exit codes that `docs/tested.md` shows.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use tests::support::{NOBODY, Process, Running, Sandbox, eventually, is_root};

const VERBS: [&[&str]; 9] = [
    &["start"],
    &["stop"],
    &["restart"],
    &["try-restart"],
    &["reload"],
    &["status"],
    &["signal", "USR1"],
    &["log-level", "info"],
    &["check"],
];

/// The states, and the exit codes of the verbs in each, in the order of [`VERBS`].
const TABLE: [(&str, [i32; 9]); 13] = [
    ("stopped", [0, 0, 0, 0, 7, 3, 7, 7, 0]),
    ("running", [0, 0, 0, 0, 0, 0, 0, 0, 0]),
    // The verbs that change something wait until the start is over.
    ("starting", [0, 0, 0, 0, 0, 0, 0, 0, 0]),
    // Those that stop it do not wait: it is the daemon itself that is at work.
    ("starting, by `run`", [0, 0, 0, 0, 0, 0, 0, 0, 0]),
    // A start waits until the old one is gone. What asks the daemon for something is too late.
    ("stopping", [0, 0, 0, 0, 1, 0, 0, 7, 0]),
    // A stop ends in SIGKILL; what asks the daemon for something runs out of time.
    ("hanging", [0, 0, 0, 0, 1, 0, 0, 1, 0]),
    // A stop thaws it first.
    ("frozen", [0, 0, 0, 0, 1, 0, 0, 1, 0]),
    ("dead with pid file", [0, 0, 0, 0, 7, 1, 7, 7, 0]),
    ("foreign pid in the pid file", [0, 0, 0, 0, 7, 1, 7, 7, 0]),
    ("garbage in the pid file", [0, 0, 0, 0, 7, 1, 7, 7, 0]),
    ("pid file removed", [0, 0, 0, 0, 0, 0, 0, 0, 0]),
    (
        "lock file removed, and put back",
        [0, 0, 0, 0, 0, 0, 0, 0, 0],
    ),
    ("running as another user", [4, 4, 4, 4, 4, 0, 4, 4, 4]),
];

/// A daemon in a state, and what must live until the verb is over.
struct Scene {
    sandbox: Sandbox,
    /// Another user's place, from which the verb is said.
    other: Option<Sandbox>,
    starting: Option<Running>,
    bystander: Option<Child>,
    daemon: Option<Process>,
    /// Whether a verb has to run out of time.
    is_stuck: bool,
}

impl Scene {
    fn set(state: &str) -> Self {
        let mut scene = Self {
            sandbox: Sandbox::scripted(),
            other: None,
            starting: None,
            bystander: None,
            daemon: None,
            is_stuck: false,
        };
        let sandbox = &scene.sandbox;
        match state {
            "stopped" => {}
            "running" => scene.daemon = Some(start(sandbox)),
            "starting" | "starting, by `run`" => {
                let verb = if state == "starting" { "start" } else { "run" };
                sandbox.script(&format!("on_start await {}", scene.release().display()));
                scene.starting = Some(sandbox.begin(&[verb]));
                sandbox.wait_for_log("on_start");
            }
            "stopping" => {
                let daemon = start(sandbox);
                sandbox.script(&format!("on_stop await {}", scene.release().display()));
                daemon.signal(Signal::TERM);
                sandbox.wait_for_log("on_stop");
                scene.daemon = Some(daemon);
            }
            "hanging" => {
                sandbox.script("run hang");
                scene.is_stuck = true;
                scene.daemon = Some(start_impatiently(&scene.sandbox));
                let sandbox = &scene.sandbox;
                let hangs = || sandbox.verb(&["status"]).stdout.contains("hangs");
                eventually("it hangs", hangs);
            }
            "frozen" => {
                scene.is_stuck = true;
                let daemon = start_impatiently(&scene.sandbox);
                daemon.signal(Signal::STOP);
                eventually("it is frozen", || daemon.state() == 'T');
                scene.daemon = Some(daemon);
            }
            "dead with pid file" => start(sandbox).kill(),
            "foreign pid in the pid file" => {
                let bystander = Command::new("sleep").arg("1000").spawn().unwrap();
                fs::write(sandbox.pid_file(), format!("{}\n", bystander.id())).unwrap();
                scene.bystander = Some(bystander);
            }
            "garbage in the pid file" => fs::write(sandbox.pid_file(), "-1 abc").unwrap(),
            "pid file removed" => {
                scene.daemon = Some(start(sandbox));
                fs::remove_file(sandbox.pid_file()).unwrap();
            }
            "lock file removed, and put back" => {
                let daemon = start(sandbox);
                fs::remove_file(sandbox.lock_file()).unwrap();
                eventually("the lock is back", || {
                    // It is looked for at a turn, at most once a second.
                    daemon.signal(Signal::USR1);
                    sandbox.lock_file().exists()
                });
                scene.daemon = Some(daemon);
            }
            "running as another user" => {
                scene.daemon = Some(start(sandbox));
                scene.other = Sandbox::scripted_by(NOBODY);
            }
            other => panic!("no such state: {other}"),
        }
        scene
    }

    /// The file that lets the hook go on that makes the state.
    fn release(&self) -> PathBuf {
        self.sandbox.path("release")
    }

    /// The exit code of `verb` in this state.
    fn verb(&self, verb: &[&str]) -> i32 {
        let mut command = self.other.as_ref().unwrap_or(&self.sandbox).command(verb);
        command.env("SCRIPTED_PID_FILE", self.sandbox.pid_file());
        if self.is_stuck {
            hurry(&mut command);
        }
        let running = Running::begin(command);
        let begun = Instant::now();
        // A verb that ends by itself has seen the state; the others wait for its end.
        let process = running.process();
        while !process.has_ended() && begun.elapsed() < Duration::from_secs(1) {
            std::thread::sleep(Duration::from_millis(2));
        }
        drop(fs::File::create(self.release()).unwrap());
        let ended = running.finish();
        println!("{verb:?}: {} {}", ended.stdout.trim(), ended.stderr.trim());
        ended.code()
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        if let Some(starting) = self.starting.take() {
            // What `run` started ends by a stop alone.
            let _ = self.sandbox.verb(&["stop"]);
            let _ = starting.finish();
        }
        if let Some(bystander) = &mut self.bystander {
            assert!(
                bystander.try_wait().unwrap().is_none(),
                "the bystander was signalled"
            );
            let _ = bystander.kill();
            let _ = bystander.wait();
        }
        if let Some(daemon) = &self.daemon {
            daemon.kill();
        }
    }
}

/// Time-outs that a test can wait for.
fn hurry(command: &mut Command) {
    command
        .env("SCRIPTED_START_TIMEOUT", "3s")
        .env("SCRIPTED_STOP_TIMEOUT", "1s")
        .env("SCRIPTED_HANG_AFTER", "100ms");
}

fn start(sandbox: &Sandbox) -> Process {
    let daemon = sandbox.start();
    sandbox.wait_for_log("run on");
    daemon
}

fn start_impatiently(sandbox: &Sandbox) -> Process {
    let mut command = sandbox.command(&["start"]);
    hurry(&mut command);
    let _ = Running::begin(command).finish().exits(0);
    sandbox.wait_for_log("run on");
    sandbox.daemon()
}

#[test]
fn exit_code_of_every_verb_in_every_state() {
    let root = is_root("have a daemon of another user");
    let states: Vec<_> = TABLE
        .iter()
        .filter(|(name, _)| root || !name.contains("another"))
        .collect();
    let found = Mutex::new(vec![[0; VERBS.len()]; states.len()]);
    let next = AtomicUsize::new(0);
    let work = || loop {
        let place = next.fetch_add(1, Ordering::Relaxed);
        let (row, column) = (place / VERBS.len(), place % VERBS.len());
        let Some((state, _)) = states.get(row) else {
            return;
        };
        let scene = Scene::set(state);
        println!("{state}:");
        let code = scene.verb(VERBS[column]);
        found.lock().unwrap()[row][column] = code;
    };
    // Most of them wait most of the time.
    std::thread::scope(|scope| (0..8).for_each(|_| drop(scope.spawn(work))));
    let found = found.into_inner().unwrap();
    println!("{}", markdown(&states, &found));
    for ((state, expected), found) in states.iter().zip(&found) {
        assert_eq!(found, expected, "{state}");
    }
}

fn markdown(states: &[&(&str, [i32; VERBS.len()])], found: &[[i32; VERBS.len()]]) -> String {
    let row = |first: &str, cells: Vec<String>| format!("| {first} | {} |\n", cells.join(" | "));
    let mut table = row(
        "",
        VERBS.iter().map(|verb| format!("`{}`", verb[0])).collect(),
    );
    table += &row("---", vec!["---".to_owned(); VERBS.len()]);
    for ((state, _), codes) in states.iter().zip(found) {
        table += &row(state, codes.iter().map(i32::to_string).collect());
    }
    table
}
