//! The daemons of the attribute: the function that it writes calls the runtime.

use std::io::Read;
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

use tests::support::Sandbox;

const CURE: &str = "remove `#[tokio::main]` from it, because the daemon builds its own runtime";

#[test]
fn main_inside_of_a_runtime_is_told() {
    let sandbox = Sandbox::of("inside");
    let _ = sandbox.start();
    sandbox.stop();
    let verb = |verb: &str, flavour: &str| {
        let mut command = sandbox.command(&[verb]);
        let output = command.env("FLAVOUR", flavour).output().expect("a verb");
        assert_eq!(output.status.code(), Some(1), "{verb}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    // It has a second thread, which the start names.
    let complaint = verb("start", "multi_thread");
    assert!(complaint.contains("tokio-rt-worker"), "{complaint}");
    assert!(
        complaint.contains("`#[tokio::main]` cannot stand on `main`"),
        "{complaint}"
    );
    let complaint = verb("start", "current_thread");
    assert!(complaint.contains(CURE), "{complaint}");
    // In the foreground it is in the log.
    for (count, flavour) in ["multi_thread", "current_thread"].into_iter().enumerate() {
        verb("run", flavour);
        assert_eq!(sandbox.count(CURE), count + 1, "{}", sandbox.log());
    }
    sandbox.assert_nothing_left();
}

#[test]
fn listener_is_nonblocking_and_outlives_the_value() {
    let sandbox = Sandbox::of("hears");
    let _ = sandbox.start();
    let status = sandbox.verb(&["status", "--json"]).exits(0);
    let json: Value = serde_json::from_str(&status.stdout).expect("JSON");
    let http = json["listeners"][0]["address"].as_str().expect("a text");
    let ask = || {
        let mut answer = String::new();
        let mut stream = TcpStream::connect(http).expect("the daemon listens");
        stream.read_to_string(&mut answer).expect("an answer");
        answer
    };
    assert_eq!(ask(), "value 1\n");
    let _ = sandbox.verb(&["reload"]).exits(0);
    assert_eq!(ask(), "value 2\n");
    sandbox.stop();
    sandbox.assert_nothing_left();
}

#[test]
fn hooks_that_are_not_async_spawn_and_block_on() {
    let sandbox = Sandbox::of("spawns");
    let _ = sandbox.start();
    sandbox.wait_for_log("new spawned");
    sandbox.wait_for_log("on_start slept");
    let stop = sandbox.verb(&["stop"]).exits(0);
    sandbox.wait_for_log("on_stop blocks a thread");
    // The blocked thread has the time that is left, not its own.
    assert!(stop.took < Duration::from_secs(30), "{:?}", stop.took);
    assert_eq!(sandbox.count("SIGKILL"), 0, "{}", sandbox.log());
    sandbox.assert_nothing_left();
}
