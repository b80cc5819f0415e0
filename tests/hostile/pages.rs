//! The lock file's content, which a daemon that was taken over could write: whatever stands in it,
//! a verb answers, in time, and its terminal sees no control characters.

use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::time::Duration;

use rustix::process::Signal;
use tests::support::{Process, Running, Sandbox, eventually, until_within};

const BYTES: usize = 4096;

/// A deterministic stream of bytes.
fn noise(seed: u64) -> impl Iterator<Item = u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    std::iter::repeat_with(move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    })
}

/// Writes over the page, and leaves its first word, which says that it is one.
fn write_page(sandbox: &Sandbox, bytes: &[u8]) {
    let mut file = fs::File::options()
        .write(true)
        .open(sandbox.lock_file())
        .unwrap();
    file.seek(SeekFrom::Start(8)).unwrap();
    file.write_all(&bytes[8..]).unwrap();
}

#[test]
fn state_page_of_noise_confuses_no_verb() {
    let sandbox = Sandbox::scripted();
    let verbs = ["status", "reload", "log-level", "logs", "check", "start"];
    for seed in 0..8 {
        let daemon = sandbox.start();
        for verb in verbs {
            write_page(&sandbox, &noise(seed).take(BYTES).collect::<Vec<_>>());
            let ended = sandbox.verb(&[verb, "--pid-file", sandbox.pid_file().to_str().unwrap()]);
            assert!(ended.code() < 100, "a panic or a signal: {ended:#?}");
            let raw = |text: &str| text.chars().any(|c| c.is_control() && c != '\n');
            if verb == "status" {
                assert!(!raw(&ended.stdout) && !raw(&ended.stderr), "{ended:#?}");
            }
        }
        // The time-out in the page is also noise: the one of the command line counts.
        let _ = sandbox.verb(&["stop", "--stop-timeout", "20s"]).exits(0);
        assert!(daemon.has_ended());
    }
}

#[test]
fn status_line_reaches_no_terminal_unescaped() {
    let sandbox = Sandbox::scripted();
    sandbox.script("on_start status \u{1b}]0;owned\u{7}\u{9b}31m and more");
    let _ = sandbox.start();
    let status = sandbox.verb(&["status"]).exits(0);
    assert!(status.stdout.contains("and more"), "{status:#?}");
    let raw = status.stdout.chars().any(|c| c.is_control() && c != '\n');
    assert!(!raw, "{status:#?}");
    sandbox.stop();
}

/// Longer, shorter and empty lock files of a daemon that is gone stop no start.
#[test]
fn lock_file_of_any_size_lets_a_daemon_start() {
    let sandbox = Sandbox::scripted();
    for size in [0, 1, 7, 8, 4095, 4096, 4097, 100_000] {
        let bytes: Vec<u8> = noise(size).take(usize::try_from(size).unwrap()).collect();
        fs::write(sandbox.lock_file(), bytes).unwrap();
        let _ = sandbox.verb(&["status"]).exits(3);
        let daemon: Process = sandbox.start();
        let _ = sandbox.verb(&["status"]).exits(0);
        sandbox.stop();
        assert!(daemon.has_ended());
    }
}

/// A cleaner that truncates files also truncates the lock and the buffer. The daemon has both
/// mapped, and the kernel answers an access beyond the end of a file by SIGBUS.
#[test]
fn truncated_files_end_no_daemon() {
    let sandbox = Sandbox::scripted();
    // The next turn of `run` is a minute away, and would put the page back.
    let mut start = sandbox.command(&["start"]);
    start.env(sandbox.variable("LOG_BUFFER"), "64K");
    let _ = Running::begin(start).finish().exits(0);
    let daemon = sandbox.daemon();
    sandbox.wait_for_log("run on thread");
    let stage = sandbox.path(&format!("scripted.log.stage.{}", daemon.pid));
    for file in [&sandbox.lock_file(), &stage] {
        let file = fs::File::options().write(true).open(file).unwrap();
        file.set_len(0).unwrap();
    }
    for number in 1..=3 {
        daemon.signal(Signal::USR1);
        sandbox.wait_for_logs("got SIGUSR1", number);
    }
    assert!(!sandbox.log().contains('\0'), "{}", sandbox.log());
    // A record that has left the buffer is in the log before the next record.
    assert!(!stage.exists());
    eventually("the page is there again", || {
        daemon.signal(Signal::USR1);
        sandbox.log().contains("restored the state page")
    });
    eventually("it says what it does", || {
        let status = sandbox.verb(&["status", "--json"]).exits(0).stdout;
        let said = [
            "\"hook\":\"run\"",
            "\"log_level\":\"debug\"",
            "scripted.log",
        ];
        said.iter().all(|text| status.contains(text))
    });
    // By the daemon's own time-out, which is in the page again.
    sandbox.script("on_stop block 100");
    let _ = sandbox.verb(&["stop"]).exits(0).says("stopped");
}

/// The thread that writes the buffer finds it truncated before any record does. A fault whose signal
/// is blocked ends the process at once.
#[test]
fn buffer_truncated_while_it_holds_a_record_ends_no_daemon() {
    let sandbox = Sandbox::scripted();
    let mut start = sandbox.command(&["start"]);
    start.env(sandbox.variable("LOG_BUFFER"), "64K");
    let _ = Running::begin(start).finish().exits(0);
    let daemon = sandbox.daemon();
    sandbox.wait_for_log("run on thread");
    let stage = sandbox.path(&format!("scripted.log.stage.{}", daemon.pid));
    daemon.signal(Signal::USR1);
    eventually("the record is in the buffer", || {
        fs::read(&stage).is_ok_and(|bytes| String::from_utf8_lossy(&bytes).contains("got SIGUSR1"))
    });
    let file = fs::File::options().write(true).open(&stage).unwrap();
    file.set_len(0).unwrap();
    let is_given_up = || (!stage.exists() || daemon.has_ended()).then_some(());
    if until_within(Duration::from_secs(5), is_given_up).is_none() {
        // The record was written before: the next one finds the truncated file.
        daemon.signal(Signal::USR1);
    }
    assert!(!daemon.has_ended());
    eventually("the buffer is given up", || !stage.exists());
    let before = sandbox.count("got SIGUSR1");
    daemon.signal(Signal::USR1);
    sandbox.wait_for_logs("got SIGUSR1", before + 1);
    sandbox.stop();
    sandbox.assert_nothing_left();
}

/// A page that was truncated and extended again by another process causes no SIGBUS, but is empty.
#[test]
fn state_page_that_was_emptied_is_restored() {
    let sandbox = Sandbox::scripted();
    let daemon = sandbox.start();
    let lock = fs::File::options().write(true).open(sandbox.lock_file());
    let lock = lock.unwrap();
    lock.set_len(0).unwrap();
    let refused = sandbox.verb(&["log-level", "info"]).exits(1);
    let _ = refused.complains("it was truncated");
    lock.set_len(4096).unwrap();
    eventually("the page is there again", || {
        daemon.signal(Signal::USR1);
        sandbox.verb(&["log-level", "info"]).code() == 0
    });
    let _ = sandbox.verb(&["reload"]).exits(0);
    sandbox.stop();
}

/// A SIGBUS for any other memory ends the process as before.
#[test]
fn other_bus_errors_end_the_daemon() {
    let sandbox = Sandbox::scripted();
    let daemon = sandbox.start();
    eventually("it is gone", || {
        daemon.signal(Signal::BUS);
        daemon.has_ended()
    });
    let _ = sandbox.verb(&["status"]).exits(1);
}
