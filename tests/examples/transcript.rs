//! The seed's transcript, by the example that is the seed.

use rustix::process::Signal;
use tests::support::examples::program;
use tests::support::{Process, Sandbox, eventually};

const RUNS: &str = "On tourne !";

/// How long the server sleeps after each run, in seconds.
const SLEEP: u32 = 5;

/// The server's own lines: those of the runtime begin with the signal. The runs after a whole sleep
/// are left out, because on a busy machine the test may be that late.
fn transcript(sandbox: &Sandbox) -> Vec<String> {
    let log = sandbox.log();
    let mut said = vec![];
    let mut last = ("", 0);
    for (date, message) in log.lines().filter_map(|line| line.split_once(" : ")) {
        if message.starts_with("SIG") {
            continue;
        }
        let now = second_of_day(date);
        let has_slept = (now + DAY - last.1) % DAY >= SLEEP;
        if !(message == RUNS && last.0 == RUNS && has_slept) {
            said.push(message.to_owned());
        }
        last = (message, now);
    }
    said
}

const DAY: u32 = 86_400;

/// Of a date like `Nov 28 15:04:05`.
fn second_of_day(date: &str) -> u32 {
    let (_, time) = date.rsplit_once(' ').expect("a date and a time");
    let parts = time.split(':').map(|part| part.parse::<u32>().unwrap());
    parts.fold(0, |all, part| all * 60 + part)
}

/// Sends signals that the daemon finds all at once, however busy the machine is.
fn send_at_once(daemon: &Process, signals: &[Signal]) {
    daemon.signal(Signal::STOP);
    eventually("it is frozen", || daemon.state() == 'T');
    for signal in signals {
        daemon.signal(*signal);
    }
    daemon.signal(Signal::CONT);
}

#[test]
fn server_logs_the_transcript_of_the_seed() {
    let sandbox = Sandbox::new(program("server"));
    let daemon = sandbox.start();
    let pid = daemon.pid;
    let begins = format!("Démarrage du processus avec le pid {pid}");
    let ends = format!("Arrêt du processus avec le pid {pid}");
    let signal = |number| format!("Signal non géré par la classe Daemon : {number}");
    let runs = RUNS.to_owned();
    let mut expected = vec![begins.clone(), runs.clone()];
    let mut expect = |more: &[&String]| {
        expected.extend(more.iter().map(|line| (*line).clone()));
        eventually("the transcript is as long", || {
            transcript(&sandbox).len() >= expected.len()
        });
        assert_eq!(transcript(&sandbox), expected);
    };
    expect(&[]);
    daemon.signal(Signal::USR1);
    expect(&[&signal(10), &runs]);
    daemon.signal(Signal::USR2);
    expect(&[&signal(12), &runs]);
    daemon.signal(Signal::HUP);
    expect(&[&ends, &begins, &runs]);
    // The seed's sleep also ended for SIGCHLD. Here only the end of a child ends it.
    daemon.signal(Signal::CHILD);
    daemon.signal(Signal::WINCH);
    send_at_once(&daemon, &[Signal::USR1; 5]);
    expect(&[&signal(10), &runs]);
    // The seed went by the order of arrival, with a run after each. Here the order is fixed.
    send_at_once(&daemon, &[Signal::USR2, Signal::USR1, Signal::HUP]);
    expect(&[&ends, &begins, &signal(10), &signal(12), &runs]);
    daemon.signal(Signal::TERM);
    daemon.wait_for_end();
    expect(&[&ends]);
    assert_eq!(sandbox.daemon_is_gone(), Ok(()));
}

#[test]
fn log_has_the_format_of_the_seed() {
    let sandbox = Sandbox::new(program("server"));
    let _ = sandbox.start();
    sandbox.wait_for_log(RUNS);
    sandbox.stop();
    let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    for line in sandbox.log().lines() {
        let (date, _) = line.split_once(" : ").expect("a date and a message");
        let [month, day, time] = date.split(' ').collect::<Vec<_>>()[..] else {
            panic!("not the seed's date: {line}");
        };
        assert!(months.contains(&month), "{line}");
        assert!(
            (1..=31).contains(&day.parse::<u8>().unwrap()) && !day.starts_with('0'),
            "{line}"
        );
        assert_eq!(time.len(), 8, "{line}");
        assert!(
            time.split(':')
                .all(|part| part.parse::<u8>().is_ok_and(|n| n < 61)),
            "{line}"
        );
    }
}

#[test]
fn run_exits_0_for_both_stop_signals() {
    for signal in [Signal::TERM, Signal::INT] {
        let sandbox = Sandbox::new(program("server"));
        let running = sandbox.begin(&["run"]);
        sandbox.wait_for_log(RUNS);
        running.process().signal(signal);
        let _ = running.finish().exits(0);
        assert_eq!(sandbox.daemon_is_gone(), Ok(()));
    }
}
