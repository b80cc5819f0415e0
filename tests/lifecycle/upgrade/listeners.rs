//! Listeners over upgrades: no client is refused, and each gets the answer of one program.

use std::net::SocketAddr;
use std::time::Duration;

use load::{Load, Plan, Target};
use tests::support::{Sandbox, eventually};

const CLIENTS: usize = 8;
const PATIENCE: Duration = Duration::from_secs(30);

/// Returns the address of a listener, as `status` shows it.
fn address(sandbox: &Sandbox, name: &str) -> Option<SocketAddr> {
    let status = sandbox.verb(&["status", "--json"]).exits(0).stdout;
    let status: serde_json::Value = serde_json::from_str(&status).unwrap();
    let listeners = status["listeners"].as_array().unwrap().clone();
    let listener = listeners.iter().find(|listener| listener["name"] == name)?;
    listener["address"].as_str()?.parse().ok()
}

fn answer(address: SocketAddr) -> String {
    let answer = load::get(&Target::Tcp(address), "/", PATIENCE).unwrap();
    String::from_utf8(answer).unwrap()
}

/// Upgrades under load; `change` says how often each of 10 times, and what the verb must answer.
#[track_caller]
fn serves_without_a_failure(script: &str, code: i32) {
    let sandbox = Sandbox::upgradable_of("answers");
    let daemon = sandbox.start();
    let http = address(&sandbox, "http").unwrap();
    let load = Load::begin(&Plan::new(Target::Tcp(http), CLIENTS));
    sandbox.script(script);
    for name in ["answers_next", "answers"].into_iter().cycle().take(10) {
        sandbox.install(if code == 0 { name } else { "answers_next" });
        let _ = sandbox.verb(&["upgrade"]).exits(code);
        let before = load.requests();
        eventually("clients are served", || load.requests() > before + 20);
    }
    let report = load.end();
    assert_eq!(report.failures(), 0, "{:?}", report.failed);
    assert_eq!(report.answers.contains_key("build 2"), code == 0);
    assert!(report.answers["build 1"] > 0);
    assert!(!daemon.has_ended());
    sandbox.stop();
    sandbox.assert_nothing_left();
}

#[test]
fn upgrades_refuse_no_client() {
    serves_without_a_failure("", 0);
}

#[test]
fn upgrades_that_come_back_refuse_no_client() {
    serves_without_a_failure("next_start fail no disk", 1);
}

#[test]
fn listener_is_kept_added_and_dropped() {
    let sandbox = Sandbox::upgradable_of("answers");
    let daemon = sandbox.start();
    let [http, old] = ["http", "old"].map(|name| address(&sandbox, name).unwrap());
    assert_eq!(answer(http), "build 1");
    sandbox.install("answers_next");
    let _ = sandbox.verb(&["upgrade"]).exits(0);
    assert_eq!(address(&sandbox, "http"), Some(http));
    assert_eq!(answer(http), "build 2");
    assert_eq!(address(&sandbox, "old"), None);
    assert!(std::net::TcpStream::connect(old).is_err());
    assert!(address(&sandbox, "new").is_some());
    let status = sandbox.verb(&["status"]).exits(0);
    let _ = status.says("kept by an upgrade");
    let sockets = || {
        let descriptors = daemon.descriptors();
        descriptors
            .values()
            .filter(|kind| kind.starts_with("socket"))
            .count()
    };
    let before = sockets();
    for name in ["answers", "answers_next"] {
        sandbox.install(name);
        let _ = sandbox.verb(&["upgrade"]).exits(0);
    }
    assert_eq!(sockets(), before);
    sandbox.stop();
    sandbox.assert_nothing_left();
}

#[test]
fn unix_listeners_keep_their_paths_over_an_upgrade() {
    let sandbox = Sandbox::upgradable_of("serves");
    let daemon = sandbox.start();
    let path = sandbox.path("admin.sock");
    let inode = || {
        use std::os::unix::fs::MetadataExt;
        std::fs::metadata(&path).unwrap().ino()
    };
    let before = inode();
    let _ = sandbox.verb(&["upgrade"]).exits(0);
    assert_eq!(inode(), before);
    assert!(std::os::unix::net::UnixStream::connect(&path).is_ok());
    assert!(!daemon.has_ended());
    sandbox.stop();
    assert!(!path.exists());
    sandbox.assert_nothing_left();
}
