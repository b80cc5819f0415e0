//! Wrong settings: nothing is stopped, nothing hangs, and each error says where.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};

use rustix::fs::{FlockOperation, fcntl_lock, flock};
use rustix::process::Signal;
use tests::require_programs;
use tests::support::Process;
use tests::support::eventually;

use super::Site;

/// A wrong file, and a part of its error.
fn mistakes(site: &Site) -> Vec<(Vec<u8>, String)> {
    let at = |place: &str| format!("{}:{place}", site.file.display());
    let big = [b"# ".as_slice(), &b"x".repeat(10 << 20)].concat();
    vec![
        (b"port = 'x'".to_vec(), at("1:8: port: found")),
        (b"port = 70000".to_vec(), at("1:8: port")),
        (b"\nprot = 1\ngretting = 2".to_vec(), at("2:1: prot")),
        (b"\nprot = 1\ngretting = 2".to_vec(), at("3:1: gretting")),
        (b"port = 1\n[db\nurl = ".to_vec(), at("2:")),
        (b"greeting = \"half".to_vec(), at("1:")),
        (b"greeting = \"\xff\"".to_vec(), "UTF-8".to_owned()),
        (big, "has 10485762 bytes and may have 1048576".to_owned()),
        (b"port = 13".to_vec(), "port 13 brings bad luck".to_owned()),
        (
            b"port = 17".to_vec(),
            "`validate` refused the settings without a reason".to_owned(),
        ),
    ]
}

#[test]
fn wrong_file_stops_nothing_and_starts_nothing() {
    let site = Site::new();
    for (text, part) in mistakes(&site) {
        site.write("port = 8080");
        let daemon = site.start();
        site.write(&text);
        for (verb, code) in [
            ("check", 6),
            ("restart", 6),
            ("try-restart", 6),
            ("reload", 1),
        ] {
            let _ = site.verb(&[verb]).exits(code).complains(&part);
            site.assert_serves(&daemon, 8080);
        }
        let _ = site.verb(&["config", "--next"]).exits(6).complains(&part);
        let status = site.verb(&["status"]).exits(0);
        let _ = status.says("failed: ").says(&part);
        assert_eq!(site.sandbox.count(&part), 1, "{}", site.sandbox.log());
        site.sandbox.stop();
        let _ = site.verb(&["start"]).exits(6).complains(&part);
        let _ = site.verb(&["restart"]).exits(6).complains(&part);
        let _ = site.run().exits(6).complains(&part);
        site.sandbox.assert_nothing_left();
        fs::remove_file(site.sandbox.log_file()).unwrap();
    }
}

#[test]
fn sighup_by_hand_with_a_wrong_file_changes_nothing() {
    let site = Site::new();
    site.write("port = 8080");
    let daemon = site.start();
    site.write("port = 'x'");
    daemon.signal(Signal::HUP);
    site.sandbox.wait_for_log("refused the settings: ");
    let status = site.verb(&["status"]).exits(0);
    let _ = status.says("failed: ").says("port: found");
    site.assert_serves(&daemon, 8080);
    site.write("port = 8081");
    daemon.signal(Signal::HUP);
    eventually("the next one is taken", || {
        site.sandbox.count("8081 took the place") == 1
    });
    eventually("and shown", || {
        let status = site.verb(&["status"]).exits(0);
        status.stdout.contains("in force, changed: port")
    });
    site.sandbox.stop();
}

#[test]
fn file_that_is_no_file_is_refused_at_once() {
    type Plant = fn(&Site);
    let plants: [(&str, Plant); 4] = [
        ("a FIFO", |site| {
            let mut mkfifo = Command::new("mkfifo");
            assert!(mkfifo.arg(&site.file).status().unwrap().success());
        }),
        ("a directory", |site| fs::create_dir(&site.file).unwrap()),
        ("a device", |site| symlink("/dev/zero", &site.file).unwrap()),
        ("a socket", |site| {
            let bound = std::os::unix::net::UnixListener::bind(&site.file);
            drop(bound.unwrap());
        }),
    ];
    let site = Site::new();
    for (what, plant) in plants {
        site.write("port = 8080");
        let daemon = site.start();
        fs::remove_file(&site.file).unwrap();
        plant(&site);
        for (verb, code) in [("check", 4), ("restart", 4), ("reload", 1)] {
            let refused = site.verb(&[verb]).exits(code);
            assert!(
                refused.stderr.contains("not a regular file"),
                "{what}: {refused:#?}"
            );
            site.assert_serves(&daemon, 8080);
        }
        site.sandbox.stop();
        let _ = site
            .verb(&["start"])
            .exits(4)
            .complains("not a regular file");
        fs::remove_file(&site.file)
            .or_else(|_| fs::remove_dir(&site.file))
            .unwrap();
    }
}

/// Locks are advice, and the runtime takes none for the file.
#[test]
fn lock_of_another_process_holds_no_reload() {
    let site = Site::new();
    site.write("port = 1");
    let daemon = site.start();
    site.write("port = 2");
    let options = &mut fs::OpenOptions::new();
    let file = options.read(true).write(true).open(&site.file).unwrap();
    flock(&file, FlockOperation::NonBlockingLockExclusive).unwrap();
    fcntl_lock(&file, FlockOperation::NonBlockingLockExclusive).unwrap();
    let _ = site.verb(&["check"]).exits(0);
    let _ = site.verb(&["reload"]).exits(0).says("changed: port");
    site.assert_serves(&daemon, 2);
    site.sandbox.stop();
}

#[test]
fn lease_of_another_process_holds_no_reload() {
    require_programs!("perl");
    let site = Site::new();
    site.write("port = 1");
    let daemon = site.start();
    // It takes F_SETLEASE for writing, and does not give it back when the kernel asks.
    let takes = r#"$SIG{IO} = "IGNORE"; open(F, "+<", $ARGV[0]) and fcntl(F, 1024, 1) or die;
        $| = 1; print "taken\n"; sleep 100"#;
    let mut perl = Command::new("perl");
    perl.args(["-e", takes])
        .arg(&site.file)
        .stdout(Stdio::piped());
    let mut perl = perl.spawn().unwrap();
    let mut line = String::new();
    let said = perl.stdout.take().unwrap();
    BufReader::new(said).read_line(&mut line).unwrap();
    assert_eq!(line, "taken\n");
    let refused = site.verb(&["reload"]).exits(1);
    let _ = refused.complains("another process has a lease on the file; try again");
    site.assert_serves(&daemon, 1);
    perl.kill().unwrap();
    let _ = perl.wait().unwrap();
    let _ = site.verb(&["reload"]).exits(0);
    site.sandbox.stop();
}

#[test]
fn validation_that_does_not_return_is_ended() {
    let site = Site::new();
    site.write("port = 8080");
    let daemon = site.start();
    for (port, part, code) in [
        (14, "panicked", 6),
        (15, "not read within 300ms", 1),
        (16, "ended with SIGABRT", 1),
    ] {
        site.write(format!("port = {port}"));
        for verb in ["check", "restart"] {
            let refused = site.verb(&[verb, "--start-timeout", "300ms"]);
            let _ = refused.exits(code).complains(part);
            site.assert_serves(&daemon, 8080);
        }
    }
    let titles: Vec<_> = site
        .sandbox
        .processes()
        .iter()
        .map(Process::title)
        .collect();
    assert_eq!(titles.len(), 1, "{titles:?}");
    site.sandbox.stop();
}

#[test]
fn panic_of_the_validation_refuses_a_reload() {
    let site = Site::new();
    site.write("port = 8080");
    let daemon = site.start();
    site.write("port = 14");
    let refused = site.verb(&["reload"]).exits(1);
    let _ = refused.complains("cannot be thought of");
    site.assert_serves(&daemon, 8080);
    site.sandbox.stop();
    let refused = site.verb(&["start"]);
    assert!(
        refused.stderr.contains("`validate` panicked"),
        "{refused:#?}"
    );
    assert_ne!(refused.code(), 0);
    site.sandbox.assert_nothing_left();
}
