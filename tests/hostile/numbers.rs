//! Numbers in a pid file. No verb trusts one: the lock identifies the daemon.

use std::fs;

use tests::support::Sandbox;

use super::bystander::Bystander;

const VERBS: &[&str] = &[
    "status",
    "reload",
    "stop",
    "try-restart",
    "restart",
    "start",
];

fn contents(bystander: i32) -> Vec<Vec<u8>> {
    let own = std::process::id();
    let mut dead = std::process::Command::new("true").spawn().unwrap();
    dead.wait().unwrap();
    let dead = dead.id();
    let max = fs::read_to_string("/proc/sys/kernel/pid_max").unwrap();
    let texts = [
        String::new(),
        "\n".to_owned(),
        "0\n".to_owned(),
        "1\n".to_owned(),
        "-1\n".to_owned(),
        "-0\n".to_owned(),
        "2\n".to_owned(),
        format!("{own}\n"),
        format!("{dead}\n"),
        format!("{bystander}"),
        format!("{bystander}\n"),
        format!("{bystander}\r\n"),
        format!("  {bystander}  \n"),
        format!("+{bystander}\n"),
        format!("-{bystander}\n"),
        format!("0{bystander}\n"),
        format!("0x{bystander:x}\n"),
        format!("{bystander}\n{bystander}\n"),
        format!("{bystander} {bystander}\n"),
        format!("{bystander};reboot\n"),
        format!("{}\n", i64::from(bystander) + (1 << 32)),
        max,
        format!("{}\n", i32::MAX),
        format!("{}\n", u32::MAX),
        format!("{}\n", i64::MIN),
        "9".repeat(30),
        "9".repeat(5000),
        "1e3\n".to_owned(),
        "\u{0661}\u{0662}\n".to_owned(),
        "%n%s\n".to_owned(),
        "\u{1b}[2J\u{1b}]0;owned\u{7}\n".to_owned(),
        "abc\n".repeat(100_000),
    ];
    let mut contents: Vec<_> = texts.into_iter().map(String::into_bytes).collect();
    contents.push(vec![0; 4096]);
    contents.push(format!("\0{bystander}\n").into_bytes());
    contents.push(format!("{bystander}\0\n").into_bytes());
    contents.push((0..=255).collect());
    contents.push(b"\xff\xfe\xfd\n".to_vec());
    contents
}

/// Before any start, and with the lock file of a daemon that was killed.
#[test]
fn number_in_the_pid_file_is_never_trusted() {
    let mut inputs = 0;
    for killed in [false, true] {
        let sandbox = Sandbox::scripted();
        let mut bystander = Bystander::new(&sandbox);
        if killed {
            sandbox.start().kill();
        }
        for content in contents(bystander.pid()) {
            for verb in VERBS {
                let shown = String::from_utf8_lossy(&content[..content.len().min(40)]);
                let input = format!("{shown:?}, {verb}");
                fs::write(sandbox.pid_file(), &content).unwrap();
                let ended = sandbox.verb(&[verb]);
                bystander.assert_unharmed(&input);
                let wanted: &[i32] = match *verb {
                    "status" => &[1, 3],
                    "reload" => &[7],
                    _ => &[0],
                };
                assert!(wanted.contains(&ended.code()), "{input}: {ended:#?}");
                assert!(!ended.stdout.contains('\u{1b}'), "{input}: {ended:#?}");
                if matches!(*verb, "restart" | "start") {
                    assert_ne!(sandbox.daemon().pid, bystander.pid(), "{input}");
                    sandbox.stop();
                    bystander.assert_unharmed(&input);
                }
                inputs += 1;
            }
        }
    }
    println!("numbers: {inputs} inputs");
}

/// The verb's own number: `exec` keeps it.
#[test]
fn verb_named_in_the_pid_file_is_not_signalled() {
    let sandbox = Sandbox::scripted();
    for verb in ["stop", "restart", "reload", "status"] {
        let ended = sandbox.shell(&format!("echo $$ > scripted.pid; exec \"$D\" {verb}"));
        assert!(ended.code() < 128, "{ended:#?}");
    }
    sandbox.stop();
}

/// An overwritten pid file of a running daemon names another process.
#[test]
fn pid_file_of_a_running_daemon_misleads_no_verb() {
    let sandbox = Sandbox::scripted();
    let mut bystander = Bystander::new(&sandbox);
    for content in contents(bystander.pid()) {
        let daemon = sandbox.start();
        fs::write(sandbox.pid_file(), &content).unwrap();
        for verb in ["status", "reload"] {
            let _ = sandbox.verb(&[verb]).exits(0);
        }
        let _ = sandbox.verb(&["stop"]).exits(0).says("stopped");
        assert!(daemon.has_ended());
        bystander.assert_unharmed(&format!("{content:?}"));
    }
}
