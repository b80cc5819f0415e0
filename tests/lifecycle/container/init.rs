//! PID 1 serves the daemon below it: signals, orphans, the exit code.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use rustix::process::Signal;
use tests::require_programs;
use tests::support::{DEADLINE, Running, Terminal, eventually, until};

use super::{Container, container, sandbox};

#[test]
fn term_stops_the_daemon_and_exits_0() {
    let Some(sandbox) = sandbox() else { return };
    let made = Container::begin(&sandbox, "exec 9</etc/passwd; exec \"$D\" run");
    assert_eq!(made.init.name(), "scripted: init");
    assert_eq!(made.init.field("Threads"), "1");
    // It may still be closing them when the daemon runs.
    eventually("what main left open is the daemon's alone", || {
        made.init.descriptors().into_keys().eq(0..3)
    });
    assert_eq!(made.daemon.descriptors()[&9], "/etc/passwd");
    assert_eq!(made.daemon.field("SigBlk"), "0000000000000000");
    let run = fs::read_dir(format!("/proc/{}/root/run", made.init.pid)).unwrap();
    let files: Vec<_> = run.map(|file| file.unwrap().file_name()).collect();
    assert_eq!(files, ["scripted.pid.lock"], "no pid file");
    made.init.signal(Signal::TERM);
    let _ = made.running.finish().exits(0);
    assert_eq!(sandbox.count("on_stop"), 1);
    sandbox.assert_nothing_left();
}

#[test]
fn exit_code_of_init_is_that_of_the_daemon() {
    let Some(sandbox) = sandbox() else { return };
    let run = || Running::begin(container(&sandbox, "exec \"$D\" run"));
    sandbox.script("on_start fail no database");
    let _ = run().finish().exits(1);
    assert_eq!(sandbox.count("`on_start` failed: no database"), 1);
    sandbox.script("run fail no more disk");
    let _ = run().finish().exits(1);
    sandbox.script("run panic the disk is on fire");
    let _ = run().finish().exits(101);
    sandbox.script("run stop_with 7");
    let _ = run().finish().exits(7);
    sandbox.script("");
    let made = Container::of(run());
    made.daemon.kill();
    let _ = made
        .running
        .finish()
        .exits(128 + 9)
        .complains("was killed by signal 9");
    sandbox.assert_nothing_left();
}

#[test]
fn killed_init_takes_everything_along() {
    let Some(sandbox) = sandbox() else { return };
    sandbox.script("on_start child exec sleep 1000");
    let made = Container::begin(&sandbox, "exec \"$D\" run");
    let child = until(|| made.daemon.children().pop()).unwrap();
    made.init.kill();
    made.daemon.wait_for_end();
    child.wait_for_end();
    assert_ne!(made.running.finish().code(), 0);
}

/// 200 orphans beside 100 children whose status the daemon itself waits for.
#[test]
fn orphans_are_reaped_and_no_status_is_stolen() {
    let Some(sandbox) = sandbox() else { return };
    let line = "run command (true & sleep 0.01 &); exit 7\n";
    sandbox.script(&(line.repeat(100) + "run log all done\nrun block 1"));
    let made = Container::begin(&sandbox, "exec \"$D\" run");
    sandbox.wait_for_log("all done");
    assert_eq!(sandbox.count("command exit status: 7"), 100);
    eventually("no orphan is left, and no zombie", || {
        let left = made.init.children();
        left.len() == 1 && left[0].pid == made.daemon.pid
    });
    made.init.signal(Signal::TERM);
    let _ = made.running.finish().exits(0);
}

#[test]
fn signals_arrive_once_with_sender_and_value() {
    require_programs!("/bin/kill");
    let Some(sandbox) = sandbox() else { return };
    let made = Container::begin(&sandbox, "exec \"$D\" run");
    for signal in ["USR1", "USR2"] {
        let sender = made
            .exec(&sandbox, &format!("kill -{signal} 1; echo $$"))
            .exits(0);
        let line = format!(
            "got SIG{signal} from pid {} (uid 0), value None",
            sender.stdout.trim()
        );
        sandbox.wait_for_log(&line);
    }
    // By number, since a C library may keep more real-time signals than the one of `kill`.
    let number = nix::libc::SIGRTMIN() + 3;
    let line =
        format!("for n in $(seq 50); do /bin/kill -s {number} -q $n 1; done; kill -s {number} 1");
    let _ = made.exec(&sandbox, &line).exits(0);
    sandbox.wait_for_logs("got SIGRTMIN+3", 51);
    let values = sandbox.messages();
    let values = values
        .iter()
        .filter_map(|line| line.strip_prefix("got SIGRTMIN+3"));
    let values: Vec<_> = values
        .map(|line| line.rsplit_once(" value ").unwrap().1.to_owned())
        .collect();
    let mut wanted: Vec<_> = (1..=50).map(|n| format!("Some({n})")).collect();
    wanted.push("None".to_owned());
    assert_eq!(values, wanted);
    made.init.signal(Signal::HUP);
    sandbox.wait_for_logs("on_start", 2);
    made.init.signal(Signal::INT);
    let _ = made.running.finish().exits(0);
    for (what, count) in [
        ("got SIGUSR1", 1),
        ("got SIGUSR2", 1),
        ("on_start", 2),
        ("on_stop", 2),
    ] {
        assert_eq!(sandbox.count(what), count, "{what}: {}", sandbox.log());
    }
}

/// A second request to stop, from outside, ends a daemon that hangs in `on_stop`.
#[test]
fn second_term_ends_a_hanging_daemon() {
    let Some(sandbox) = sandbox() else { return };
    sandbox.script("on_stop hang");
    let made = Container::begin(&sandbox, "exec \"$D\" run");
    made.init.signal(Signal::TERM);
    sandbox.wait_for_log("on_stop");
    let ended = until(|| {
        // The first second's are one request. The last finds nobody.
        let _ = made.exec(&sandbox, "kill 1");
        made.init.has_ended().then_some(())
    });
    assert!(ended.is_some());
    let _ = made.running.finish().exits(128 + 15);
}

/// In a terminal of its own, as `docker run -t` makes it, and in one that it shares.
#[test]
fn control_c_stops_and_control_z_does_not_freeze() {
    require_programs!("setsid");
    for exec in ["exec", "exec setsid --ctty"] {
        let Some(sandbox) = sandbox() else { return };
        let mut terminal = Terminal::run(&container(&sandbox, &format!("{exec} \"$D\" run")));
        sandbox.wait_for_log("run on thread");
        let daemon = sandbox
            .processes()
            .into_iter()
            .find(|process| process.name() == "scripted")
            .unwrap();
        terminal.types("\x1a");
        daemon.signal(Signal::USR1);
        sandbox.wait_for_log("got SIGUSR1");
        terminal.types("\x03");
        assert_eq!(
            terminal.exit_code(),
            Some(0),
            "{exec}: {}",
            terminal.shows()
        );
        assert_eq!(
            sandbox.count("SIGINT: stopping"),
            1,
            "{exec}: {}",
            sandbox.log()
        );
        assert_eq!(sandbox.count("on_stop"), 1, "{exec}: {}", sandbox.log());
        sandbox.assert_nothing_left();
    }
}

#[test]
fn init_sleeps_without_wakeups() {
    let Some(sandbox) = sandbox() else { return };
    let made = Container::begin(&sandbox, "exec \"$D\" run");
    let switches = || {
        let own = made.init.field("voluntary_ctxt_switches");
        own.parse::<u64>().unwrap()
    };
    eventually("it is in its wait", || made.init.state() == 'S');
    let before = switches();
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(switches(), before, "nothing wakes it");
    made.init.signal(Signal::TERM);
    let _ = made.running.finish().exits(0);
}

/// The variables of a manager for PID 1 are meant for the daemon.
#[test]
fn manager_and_supervisor_are_notified() {
    let Some(sandbox) = sandbox() else { return };
    let path = sandbox.path("notify");
    let manager = UnixDatagram::bind(&path).unwrap();
    manager.set_read_timeout(Some(DEADLINE)).unwrap();
    let mut command = container(&sandbox, "exec 9>ready; exec \"$D\" run --ready-fd 9");
    command.env("NOTIFY_SOCKET", &path);
    command
        .env("WATCHDOG_PID", "1")
        .env("WATCHDOG_USEC", "300000");
    let made = Container::of(Running::begin(command));
    let mut heard = String::new();
    while !heard.contains("READY=1") || !heard.contains("WATCHDOG=1") {
        let mut datagram = [0; 4096];
        let length = manager
            .recv(&mut datagram)
            .expect("readiness, and a fed watchdog");
        heard.push_str(std::str::from_utf8(&datagram[..length]).unwrap());
    }
    eventually("s6 is told", || {
        fs::read_to_string(sandbox.path("ready")).is_ok_and(|text| text == "\n")
    });
    made.init.signal(Signal::TERM);
    let _ = made.running.finish().exits(0);
}

#[test]
fn threads_before_run_are_refused() {
    let Some(sandbox) = sandbox() else { return };
    sandbox.script("main thread");
    let refused = Running::begin(container(&sandbox, "exec \"$D\" run")).finish();
    let _ = refused.exits(1).complains("1 other threads (worker)");
}

/// PID 1 of System V is the parent of each orphan, whether or not it starts it again.
#[test]
fn orphan_of_an_init_is_left_to_the_verbs() {
    let Some(sandbox) = sandbox() else { return };
    let begin = |with: &str| {
        format!(
            "({with} \"$D\" run 2>&- &)
            until \"$D\" status; do sleep 0.01; done"
        )
    };
    let script = format!(
        "{}\n\"$D\" restart && \"$D\" stop || exit 98
        {}\n\"$D\" stop && \"$D\" start && \"$D\" stop",
        begin(""),
        begin("setsid"),
    );
    let mut command = container(
        &sandbox,
        "cp /bin/sh /run/init && exec /run/init -c \"$SCRIPT\"",
    );
    command.env("SCRIPT", script);
    let _ = Running::begin(command).finish().exits(0);
}
