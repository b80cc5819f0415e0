//! `run`: the daemon as a child of a terminal, a pipe or a supervisor.

use std::fs;
use std::process::Command;

use rustix::process::Signal;
use tests::require_programs;
use tests::support::{Running, Sandbox, Terminal, eventually};

/// `run`, with the log on stderr.
fn run(sandbox: &Sandbox) -> Command {
    let mut command = sandbox.command(&["run"]);
    command.env_remove("SCRIPTED_LOG_FILE");
    command
}

#[test]
fn log_goes_to_stderr_without_a_log_file() {
    let sandbox = Sandbox::scripted();
    let running = Running::begin(run(&sandbox));
    let daemon = sandbox.wait_for_daemon();
    assert_eq!(daemon.pid, running.process().pid, "no fork");
    eventually("it catches signals", || {
        daemon.name() == "scripted" && caught(&daemon)
    });
    daemon.signal(Signal::TERM);
    let ended = running
        .finish()
        .exits(0)
        .complains("on_start")
        .complains("on_stop");
    assert_eq!(ended.stdout, "");
    assert!(!sandbox.log_file().exists());
    sandbox.assert_nothing_left();
}

/// By SIGUSR2: the runtime catches its own signals first, and then the listed ones in their order.
fn caught(daemon: &tests::support::Process) -> bool {
    u64::from_str_radix(&daemon.field("SigCgt"), 16).unwrap() & (1 << 11) != 0
}

#[test]
fn run_keeps_what_the_supervisor_gave() {
    let sandbox = Sandbox::scripted();
    let mut command = sandbox.program("sh");
    command.args(["-c", "exec 9</etc/passwd; umask 077; exec \"$D\" run"]);
    command.env("D", sandbox.exe()).env("SUDO_USER", "kept");
    let running = Running::begin(command);
    sandbox.wait_for_log("run ");
    let daemon = running.process();
    assert_eq!(daemon.working_dir(), sandbox.directory());
    assert_eq!(daemon.environment()["SUDO_USER"], "kept");
    assert_eq!(daemon.descriptors()[&9], "/etc/passwd");
    assert!(daemon.descriptors()[&2].starts_with("pipe:"));
    assert_eq!(
        daemon.field("Umask"),
        "0027",
        "the declared one, as after start"
    );
    assert_eq!(daemon.title(), "scripted");
    assert_eq!(daemon.field("SigBlk"), "0000000000000000");
    let _ = sandbox
        .verb(&["status"])
        .exits(0)
        .says(&format!("pid {}", daemon.pid));
    let _ = sandbox.verb(&["stop"]).exits(0).says("stopped");
    let _ = running.finish().exits(0);
    sandbox.assert_nothing_left();
}

#[test]
fn second_start_or_run_makes_no_second_daemon() {
    let sandbox = Sandbox::scripted();
    let running = sandbox.begin(&["run"]);
    sandbox.wait_for_log("run ");
    let pid = format!("already running, pid {}", running.process().pid);
    let _ = sandbox.verb(&["start"]).exits(0).says(&pid);
    let _ = sandbox.verb(&["run"]).exits(150).complains(&pid);
    running.process().signal(Signal::TERM);
    let _ = running.finish().exits(0);
    let _ = sandbox.start();
    let _ = sandbox
        .verb(&["run"])
        .exits(150)
        .complains("already running");
    sandbox.stop();
}

#[test]
fn threads_before_run_are_allowed() {
    let sandbox = Sandbox::scripted();
    sandbox.script("main thread");
    let running = sandbox.begin(&["run"]);
    sandbox.wait_for_log("run ");
    sandbox.stop();
    let _ = running.finish().exits(0);
}

#[test]
fn failed_run_is_reported_on_stderr() {
    let sandbox = Sandbox::scripted();
    sandbox.script("on_start fail no database");
    let failed = Running::begin(run(&sandbox)).finish().exits(1);
    let _ = failed.complains("`on_start` failed: no database");
    sandbox.assert_nothing_left();
}

#[test]
fn closed_log_pipe_does_not_end_the_daemon() {
    let sandbox = Sandbox::scripted();
    let mut command = sandbox.program("sh");
    command.args(["-c", "{ \"$D\" run 2>&1; echo $? > code; } | head -n 1"]);
    command
        .env("D", sandbox.exe())
        .env_remove("SCRIPTED_LOG_FILE");
    let pipeline = Running::begin(command);
    let daemon = sandbox.wait_for_daemon();
    eventually("it catches signals", || caught(&daemon));
    for _ in 0..20 {
        daemon.signal(Signal::USR1);
    }
    assert!(!daemon.has_ended());
    sandbox.stop();
    let _ = pipeline.finish().exits(0);
    assert_eq!(
        std::fs::read_to_string(sandbox.path("code")).unwrap(),
        "0\n"
    );
}

#[test]
fn control_c_stops_the_daemon() {
    require_programs!("setsid");
    let sandbox = Sandbox::scripted();
    let mut terminal = Terminal::run(&run(&sandbox));
    eventually("it runs", || terminal.shows().contains("run on thread"));
    terminal.types("\x03");
    assert_eq!(terminal.exit_code(), Some(0), "{}", terminal.shows());
    eventually("it stopped in order", || {
        terminal.shows().contains("on_stop")
    });
    sandbox.assert_nothing_left();
}

#[test]
fn control_z_freezes_and_fg_resumes() {
    require_programs!("setsid");
    let sandbox = Sandbox::scripted();
    let mut shell = sandbox.program("sh");
    shell
        .arg("-i")
        .env("D", sandbox.exe())
        .env_remove("SCRIPTED_LOG_FILE");
    let mut terminal = Terminal::run(&shell);
    terminal.types("\"$D\" run\n");
    eventually("it runs", || terminal.shows().contains("run on thread"));
    let daemon = sandbox.daemon();
    terminal.types("\x1a");
    eventually("it is frozen", || daemon.state() == 'T');
    terminal.types("fg\n");
    eventually("it goes on", || daemon.state() != 'T');
    terminal.types("\x03");
    daemon.wait_for_end();
    terminal.types("exit $?\n");
    assert_eq!(terminal.exit_code(), Some(0), "{}", terminal.shows());
    sandbox.assert_nothing_left();
}

#[test]
fn hangup_of_the_terminal_stops_the_daemon() {
    require_programs!("setsid");
    let sandbox = Sandbox::scripted();
    let mut command = sandbox.command(&["run"]);
    command.env("SCRIPTED_LOG_FILE", sandbox.log_file());
    let terminal = Terminal::run(&command);
    sandbox.wait_for_log("run ");
    let daemon = sandbox.daemon();
    let mut leader = terminal.hang_up();
    daemon.wait_for_end();
    assert_eq!(sandbox.count("on_stop"), 1, "{}", sandbox.log());
    let _ = leader.wait();
    sandbox.assert_nothing_left();
}

/// As a hang-up under nohup(1), also the one that the session's shell passes on.
#[test]
fn hangup_that_the_caller_ignored_is_ignored() {
    require_programs!("setsid nohup");
    let sandbox = Sandbox::scripted();
    // While it starts, and afterwards.
    sandbox.script(&format!(
        "on_start await {}",
        sandbox.path("release").display()
    ));
    let mut command = sandbox.program("nohup");
    command.arg(sandbox.exe()).arg("run");
    let terminal = Terminal::run(&command);
    sandbox.wait_for_log("on_start");
    let daemon = sandbox.daemon();
    daemon.signal(Signal::HUP);
    fs::write(sandbox.path("release"), "").unwrap();
    // From the test it is a request, which `reload` also sends.
    sandbox.wait_for_logs("on_start", 2);
    let mut leader = terminal.hang_up();
    sandbox.wait_for_log("ignored SIGHUP");
    assert!(!daemon.has_ended());
    assert_eq!(sandbox.count("on_stop"), 1, "{}", sandbox.log());
    let _ = sandbox.verb(&["reload"]).exits(0);
    assert_eq!(sandbox.count("on_start on"), 3, "{}", sandbox.log());
    sandbox.stop();
    let _ = leader.wait();
    sandbox.assert_nothing_left();
}

#[test]
fn hangup_signal_with_a_terminal_reloads() {
    require_programs!("setsid prlimit");
    let sandbox = Sandbox::scripted();
    let terminal = Terminal::run(&sandbox.command(&["run"]));
    sandbox.wait_for_log("run ");
    let daemon = sandbox.daemon();
    daemon.signal(Signal::HUP);
    sandbox.wait_for_logs("on_start", 2);
    // Also when the daemon has so many files open that it cannot look at the terminal.
    let line = format!("prlimit --pid {} --nofile=3:", daemon.pid);
    let _ = sandbox.shell(&line).exits(0);
    daemon.signal(Signal::HUP);
    sandbox.wait_for_logs("on_start", 3);
    sandbox.stop();
    drop(terminal);
}
