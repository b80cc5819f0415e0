//! Every verb in every state: the table of exit codes that `docs/tested.md` shows.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use tests::support::{NOBODY, Process, Running, Sandbox, eventually, root_or_skip};

const VERBS: [&[&str]; 10] = [
    &["start"],
    &["stop"],
    &["restart"],
    &["try-restart"],
    &["reload"],
    &["upgrade"],
    &["status"],
    &["signal", "USR1"],
    &["log-level", "info"],
    &["check"],
];

/// A state by name, the function that makes it, and the exit codes of the verbs in it, in the order
/// of [`VERBS`].
type State = (&'static str, fn(&mut Scene), [i32; VERBS.len()]);

#[rustfmt::skip]
const STATES: [State; 15] = [
    ("stopped", |_| {}, [0, 0, 0, 0, 7, 7, 3, 7, 7, 0]),
    ("running", Scene::run, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
    // The verbs that change something wait until the start is over.
    ("starting", |scene| scene.begin("start"), [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
    // Those that stop it do not wait: it is the daemon itself that is at work.
    ("starting, by `run`", |scene| scene.begin("run"), [0, 0, 151, 151, 0, 0, 0, 0, 0, 0]),
    // Only the parent of a foreground daemon restarts it. Here that is the test itself, which may
    // start another one after a crash; a shell beside the test is left to do so.
    ("in the foreground, supervised", Scene::run_supervised, [0, 0, 151, 151, 0, 0, 0, 0, 0, 0]),
    ("killed in the foreground, supervised", Scene::kill_supervised, [151, 0, 151, 0, 7, 7, 1, 7, 7, 0]),
    // A start waits until the old one is gone. What asks the daemon for something is too late.
    ("stopping", Scene::begin_stop, [0, 0, 0, 0, 1, 7, 0, 0, 7, 0]),
    // A stop ends in SIGKILL; what asks the daemon for something runs out of time.
    ("hanging", Scene::hang, [0, 0, 0, 0, 1, 1, 0, 0, 1, 0]),
    // A stop thaws it first.
    ("frozen", Scene::freeze, [0, 0, 0, 0, 1, 1, 0, 0, 1, 0]),
    ("dead with pid file", |scene| start(&scene.sandbox).kill(), [0, 0, 0, 0, 7, 7, 1, 7, 7, 0]),
    ("foreign pid in the pid file", Scene::name_bystander, [0, 0, 0, 0, 7, 7, 1, 7, 7, 0]),
    ("garbage in the pid file", Scene::write_garbage, [0, 0, 0, 0, 7, 7, 1, 7, 7, 0]),
    ("pid file removed", Scene::remove_pid_file, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
    ("lock file removed, and put back", Scene::remove_lock_file, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
    (OTHER_USER, Scene::run_as_another_user, [4, 4, 4, 4, 4, 4, 0, 4, 4, 4]),
];

/// The state that only root can make.
const OTHER_USER: &str = "running as another user";

/// A daemon in a state, and the values that must live until the verb is over.
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
    fn set(make: fn(&mut Self)) -> Self {
        let mut scene = Self {
            sandbox: Sandbox::scripted(),
            other: None,
            starting: None,
            bystander: None,
            daemon: None,
            is_stuck: false,
        };
        make(&mut scene);
        scene
    }

    fn run(&mut self) {
        self.daemon = Some(start(&self.sandbox));
    }

    fn run_supervised(&mut self) {
        self.starting = Some(self.sandbox.begin(&["run"]));
        self.sandbox.wait_for_log("run on thread");
    }

    fn kill_supervised(&mut self) {
        let mut shell = self.sandbox.program("sh");
        shell.args(["-c", r#""$D" run 2>&-; read line"#]);
        shell.env("D", self.sandbox.exe()).stdin(Stdio::piped());
        self.bystander = Some(shell.spawn().unwrap());
        self.sandbox.wait_for_log("run on thread");
        self.sandbox.daemon().kill();
    }

    fn begin(&mut self, verb: &str) {
        let release = self.release();
        self.sandbox
            .script(&format!("on_start await {}", release.display()));
        self.starting = Some(self.sandbox.begin(&[verb]));
        self.sandbox.wait_for_log("on_start");
    }

    fn begin_stop(&mut self) {
        let daemon = start(&self.sandbox);
        let release = self.release();
        self.sandbox
            .script(&format!("on_stop await {}", release.display()));
        daemon.signal(Signal::TERM);
        self.sandbox.wait_for_log("on_stop");
        self.daemon = Some(daemon);
    }

    fn hang(&mut self) {
        self.is_stuck = true;
        self.sandbox.script("run hang");
        self.daemon = Some(start_impatiently(&self.sandbox));
        let status = || self.sandbox.verb(&["status"]).stdout;
        eventually("it hangs", || status().contains("hangs"));
    }

    fn freeze(&mut self) {
        self.is_stuck = true;
        let daemon = start_impatiently(&self.sandbox);
        daemon.signal(Signal::STOP);
        eventually("it is frozen", || daemon.state() == 'T');
        self.daemon = Some(daemon);
    }

    fn name_bystander(&mut self) {
        let bystander = Command::new("sleep").arg("1000").spawn().unwrap();
        fs::write(self.sandbox.pid_file(), format!("{}\n", bystander.id())).unwrap();
        self.bystander = Some(bystander);
    }

    fn write_garbage(&mut self) {
        fs::write(self.sandbox.pid_file(), "-1 abc").unwrap();
    }

    fn remove_pid_file(&mut self) {
        self.run();
        fs::remove_file(self.sandbox.pid_file()).unwrap();
    }

    fn remove_lock_file(&mut self) {
        let daemon = start(&self.sandbox);
        fs::remove_file(self.sandbox.lock_file()).unwrap();
        eventually("the lock is back", || {
            // It is looked for at a turn, at most once a second.
            daemon.signal(Signal::USR1);
            // The phase is in the third word of the page, which follows a moment after the file.
            let page = fs::read(self.sandbox.lock_file()).unwrap_or_default();
            page.get(16..24).is_some_and(|phase| phase != [0; 8])
        });
        self.daemon = Some(daemon);
    }

    fn run_as_another_user(&mut self) {
        self.run();
        self.other = Sandbox::scripted_by(NOBODY);
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
            // A daemon of `run` ends by a stop alone.
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
fn every_verb_in_every_state_exits_as_documented() {
    let root = root_or_skip("have a daemon of another user");
    let states: Vec<_> = STATES
        .iter()
        .filter(|(name, ..)| root || *name != OTHER_USER)
        .collect();
    let found = Mutex::new(vec![[0; VERBS.len()]; states.len()]);
    let next = AtomicUsize::new(0);
    let work = || loop {
        let place = next.fetch_add(1, Ordering::Relaxed);
        let (row, column) = (place / VERBS.len(), place % VERBS.len());
        let Some((state, make, _)) = states.get(row) else {
            return;
        };
        let scene = Scene::set(*make);
        println!("{state}:");
        let code = scene.verb(VERBS[column]);
        found.lock().unwrap()[row][column] = code;
    };
    // Most of them wait most of the time.
    std::thread::scope(|scope| (0..8).for_each(|_| drop(scope.spawn(work))));
    let found = found.into_inner().unwrap();
    println!("{}", markdown(&states, &found));
    for ((state, _, expected), found) in states.iter().zip(&found) {
        assert_eq!(found, expected, "{state}");
    }
}

fn markdown(states: &[&State], found: &[[i32; VERBS.len()]]) -> String {
    let row = |first: &str, cells: Vec<String>| format!("| {first} | {} |\n", cells.join(" | "));
    let mut table = row(
        "",
        VERBS.iter().map(|verb| format!("`{}`", verb[0])).collect(),
    );
    table += &row("---", vec!["---".to_owned(); VERBS.len()]);
    for ((state, ..), codes) in states.iter().zip(found) {
        table += &row(state, codes.iter().map(i32::to_string).collect());
    }
    table
}
