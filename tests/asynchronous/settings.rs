//! The settings of a daemon whose hooks are futures.

use std::fs;

use rustix::process::Signal;
use tests::support::{Finished, Running, Sandbox, eventually};

/// A place for a daemon with settings.
struct Site(Sandbox);

impl Site {
    fn of(name: &str) -> Self {
        Self(Sandbox::of(name))
    }

    fn write(&self, text: &str) {
        let new = self.0.path("settings.new");
        fs::write(&new, text).unwrap();
        fs::rename(&new, self.0.path("settings.toml")).unwrap();
    }

    #[track_caller]
    fn verb(&self, verb: &str) -> Finished {
        let mut command = self.0.command(&[verb]);
        command.env(self.0.variable("CONFIG"), self.0.path("settings.toml"));
        Running::begin(command).finish()
    }

    /// The messages that begin with one of these words.
    fn told(&self, words: &[&str]) -> Vec<String> {
        let is_one = |text: &String| words.iter().any(|word| text.starts_with(word));
        self.0.messages().into_iter().filter(is_one).collect()
    }
}

#[test]
fn async_hook_takes_the_settings_of_a_reload() {
    let site = Site::of("follows");
    site.write("port = 13");
    let _ = site
        .verb("start")
        .exits(6)
        .complains("port 13 brings bad luck");
    site.write("port = 1");
    let _ = site.verb("start").exits(0);
    site.write("port = 2");
    let _ = site.verb("reload").exits(0).says("changed: port");
    assert_eq!(site.0.count("2 took the place of 1"), 1);
    for (text, code, part) in [
        ("port = 'x'", 1, "settings.toml:1:8: port: found"),
        ("port = 13", 1, "port 13 brings bad luck"),
        ("port = 14", 1, "port 14 cannot be thought of"),
        ("port = 99", 1, "port 99 is taken"),
    ] {
        site.write(text);
        let _ = site.verb("reload").exits(code).complains(part);
        let _ = site.verb("config").exits(0).says("port = 2");
        assert_eq!(site.told(&["run begins"]).len(), 1, "{}", site.0.log());
    }
    site.write("port = 'x'");
    site.0.daemon().signal(Signal::HUP);
    site.0.wait_for_logs("refused the settings", 2);
    let _ = site.verb("check").exits(6);
    site.0.stop();
}

#[test]
fn async_value_is_made_before_the_old_one_ends() {
    let site = Site::of("succeeds");
    site.write("port = 1");
    let _ = site.verb("start").exits(0);
    site.write("port = 98");
    let failed = site.verb("reload").exits(1);
    let _ = failed.complains("`new` failed: port 98 is not free");
    assert_eq!(
        site.told(&["stopped", "dropped", "task"]),
        Vec::<String>::new()
    );
    site.write("port = 2");
    let _ = site.verb("reload").exits(0).says("changed: port");
    let words = ["made", "serving", "stopped", "dropped"];
    let wanted = [
        "made 1",
        "serving 1",
        "made 2",
        "stopped 1",
        "serving 2",
        "dropped 1",
    ];
    assert_eq!(site.told(&words), wanted);
    eventually("the old task ends", || site.0.count("task of 1 ends") == 1);
    eventually("the new one runs", || site.0.count("run of 2") == 1);
    // Its handle was not over while the old value stopped.
    assert_eq!(site.0.count("task of 2 ends"), 0);
    site.0.stop();
    assert_eq!(site.0.count("task of 2 ends"), 1);
    assert_eq!(site.told(&words)[6..8], ["stopped 2", "dropped 2"]);
}

#[test]
fn async_value_that_does_not_start_gives_way_to_the_old_one() {
    let site = Site::of("succeeds");
    site.write("port = 1");
    let _ = site.verb("start").exits(0);
    site.write("port = 99");
    let failed = site.verb("reload").exits(1);
    let _ = failed.complains("port 99 is taken; the old value was started again");
    eventually("the old one runs again", || site.0.count("run of 1") == 2);
    eventually("the task of the other ends", || {
        site.0.count("task of 99 ends") == 1
    });
    let _ = site.verb("config").exits(0).says("port = 1");
    site.write("port = 2");
    let _ = site.verb("reload").exits(0);
    eventually("a later one runs", || site.0.count("run of 2") == 1);
    site.0.stop();
}

/// The children of a value that is not taken end with it, and no others.
#[test]
fn children_of_an_async_value_that_does_not_start_end() {
    let site = Site::of("succeeds");
    site.write("port = 1");
    let _ = site.verb("start").exits(0);
    let children = || {
        let children = site.0.daemon().children();
        children.iter().map(|child| child.pid).collect::<Vec<_>>()
    };
    let before = children();
    assert_eq!(before.len(), 1);
    for (port, text) in [
        (98, "port 98 is not free"),
        (99, "port 99 is taken; the old value was started again"),
    ] {
        site.write(&format!("port = {port}"));
        let _ = site.verb("reload").exits(1).complains(text);
        assert_eq!(children(), before, "{}", site.0.log());
    }
    site.0.stop();
    site.0.assert_nothing_left();
}
