//! The example `web`: its settings and their reload, its address, and what a stop finishes.

use std::fs;
use std::net::SocketAddr;

use tests::support::examples::program;
use tests::support::http::{Client, free_address};
use tests::support::{NOBODY, Running, Sandbox, eventually};

/// A server that runs, with its file of settings.
struct Site {
    sandbox: Sandbox,
    address: SocketAddr,
}

impl Site {
    fn start(sandbox: Sandbox) -> Self {
        let address = free_address();
        let site = Self { sandbox, address };
        site.write("greeting = \"hello\"");
        let _ = site.verb("start").exits(0).says("started");
        site
    }

    /// The file has a comment, and then `line`.
    fn write(&self, line: &str) {
        let text = format!("# The settings of the test.\n{line}\n");
        fs::write(self.sandbox.path("web.toml"), text).unwrap();
    }

    fn verb(&self, verb: &str) -> tests::support::Finished {
        self.begin(verb).finish()
    }

    fn begin(&self, verb: &str) -> Running {
        let mut command = self.sandbox.command(&[verb]);
        command.env("WEB_CONFIG", self.sandbox.path("web.toml"));
        command.env("WEB_LISTEN", format!("http={}", self.address));
        Running::begin(command)
    }

    fn connect(&self) -> Client {
        Client::connect(self.address).unwrap()
    }

    fn get(&self) -> String {
        self.connect().get("/").unwrap()
    }
}

fn own() -> Site {
    Site::start(Sandbox::new(program("web")))
}

/// The server of an ordinary user, if root runs the tests.
fn of_user() -> Option<Site> {
    Sandbox::of_user(program("web"), NOBODY).map(Site::start)
}

#[test]
fn reload_of_web_changes_its_greeting() {
    reload(&own());
}

#[test]
fn reload_of_web_of_a_user_changes_its_greeting() {
    if let Some(site) = of_user() {
        reload(&site);
    }
}

fn reload(site: &Site) {
    let pid = site.sandbox.daemon().pid;
    let mut kept = site.connect();
    assert_eq!(kept.get("/").unwrap(), format!("hello from {pid}"));
    site.write("greeting = \"bonjour\"");
    let _ = site.verb("reload").exits(0).says("greeting");
    // Over the connection of before, too.
    for answer in [kept.get("/").unwrap(), site.get()] {
        assert_eq!(answer, format!("bonjour from {pid}"));
    }
    for (line, complaint) in [
        ("greeting = 5", "web.toml:2:12: greeting"),
        ("greeting = \"bonj", "web.toml:2:"),
        ("greting = \"hi\"", "web.toml:2:1: greting"),
    ] {
        site.write(line);
        let _ = site.verb("reload").exits(1).complains(complaint);
        assert_eq!(kept.get("/").unwrap(), format!("bonjour from {pid}"));
    }
    let _ = site
        .verb("restart")
        .exits(6)
        .complains("web.toml:2:1: greting");
    assert_eq!(site.get(), format!("bonjour from {pid}"));
    site.sandbox.stop();
    site.sandbox.assert_nothing_left();
}

#[test]
fn slow_request_of_web_is_finished_by_stop() {
    slow_request(&own());
}

#[test]
fn slow_request_of_web_of_a_user_is_finished_by_stop() {
    if let Some(site) = of_user() {
        slow_request(&site);
    }
}

fn slow_request(site: &Site) {
    let daemon = site.sandbox.daemon();
    let mut slow = site.connect();
    slow.ask("/slow").unwrap();
    eventually("the server has the request", || slow.is_read());
    let stop = site.begin("stop");
    site.sandbox.wait_for_log("stopping");
    assert!(!daemon.has_ended());
    assert_eq!(slow.answer().unwrap(), format!("hello from {}", daemon.pid));
    let _ = stop.finish().exits(0).says("stopped");
    assert!(daemon.has_ended());
    site.sandbox.assert_nothing_left();
}

#[test]
fn web_without_a_file_has_its_defaults_and_variables_beat_them() {
    let sandbox = Sandbox::new(program("web"));
    let address = free_address();
    // Away from the files of the user who runs the tests.
    let mut command = sandbox.command(&["start"]);
    command.env("WEB_CONFIG", sandbox.path("none.toml"));
    let _ = Running::begin(command)
        .finish()
        .exits(6)
        .complains("none.toml");
    fs::write(sandbox.path("web.toml"), "").unwrap();
    let mut command = sandbox.command(&["start"]);
    command.env("WEB_CONFIG", sandbox.path("web.toml"));
    command.env("WEB_LISTEN", format!("http={address}"));
    let _ = Running::begin(command).finish().exits(0);
    let answer = Client::connect(address).unwrap().get("/").unwrap();
    assert_eq!(answer, format!("hello from {}", sandbox.daemon().pid));
    sandbox.stop();
}

#[test]
fn web_counts_its_requests() {
    let site = own();
    for _ in 0..3 {
        let _ = site.get();
    }
    let _ = site.sandbox.verb(&["signal", "USR1"]).exits(0);
    site.sandbox.wait_for_log("3 requests");
    eventually("the status tells", || {
        site.sandbox.verb(&["status"]).stdout.contains("3 requests")
    });
    site.sandbox.stop();
}

#[test]
fn web_reports_an_address_that_is_taken() {
    let site = own();
    let other = Sandbox::new(program("web"));
    let mut command = other.command(&["start"]);
    command.env("WEB_CONFIG", site.sandbox.path("web.toml"));
    command.env("WEB_LISTEN", format!("http={}", site.address));
    let _ = Running::begin(command)
        .finish()
        .exits(1)
        .complains(&format!("pid {}", site.sandbox.daemon().pid));
    other.assert_nothing_left();
    site.sandbox.stop();
}
