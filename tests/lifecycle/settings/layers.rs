//! The layers: the defaults of the type, the file, the environment, the command line.

use std::fs;

use tests::support::{NOBODY, Running, Sandbox, daemon_path, eventually};

use super::Site;

#[test]
fn missing_default_file_leaves_the_defaults() {
    let sandbox = Sandbox::of("configured");
    let _ = sandbox.verb(&["check"]).exits(0).says(": the defaults");
    let _ = sandbox.start();
    assert_eq!(sandbox.count("found no settings /"), 1, "{}", sandbox.log());
    assert_eq!(sandbox.count("serving 80 with hello"), 1);
    let shown = sandbox.verb(&["config"]).exits(0);
    let _ = shown.says("configured.toml does not exist: the defaults");
    let _ = sandbox
        .verb(&["reload"])
        .exits(0)
        .says("no setting changed");
    sandbox.stop();
}

#[test]
fn default_file_of_an_ordinary_user_is_in_the_config_home() {
    let Some(sandbox) = Sandbox::of_user(&daemon_path("configured"), NOBODY) else {
        return;
    };
    for (home, file) in [
        (None, ".config/configured.toml"),
        (Some("conf"), "conf/configured.toml"),
    ] {
        let file = sandbox.path(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, "port = 4711").unwrap();
        let mut start = sandbox.command(&["start"]);
        if let Some(home) = home {
            start.env("XDG_CONFIG_HOME", sandbox.path(home));
        }
        let _ = Running::begin(start).finish().exits(0);
        assert_eq!(sandbox.count("serving 4711 with hello"), 1);
        let status = sandbox.verb(&["status"]).exits(0);
        let _ = status.says(&format!("settings  {}", file.display()));
        sandbox.stop();
        fs::remove_file(sandbox.log_file()).unwrap();
    }
}

#[test]
fn named_file_must_exist() {
    let site = Site::new();
    for verb in [
        &["check"][..],
        &["start"],
        &["config", "--next"],
        &["start", "--config", "other.toml"],
    ] {
        let _ = site
            .verb(verb)
            .exits(6)
            .complains("toml do not exist; create the file, or pass another one by --config");
    }
    let _ = site
        .run()
        .exits(6)
        .complains("toml do not exist; create the file, or pass another one by --config");
    site.sandbox.assert_nothing_left();
}

#[test]
fn later_layer_wins_and_a_reload_has_them_all() {
    let site = Site::new()
        .with("_GREETING", "salut")
        .with("_DB__URL", "by variable");
    site.write("greeting = 'by file'\nport = 1\ndb.url = 'by file'\n");
    let _ = site
        .verb(&["start", "--set", "db.url=by option", "--set=labels.a=1.10"])
        .exits(0);
    let daemon = site.sandbox.daemon();
    let check = |port, line| {
        let setting = |key| site.setting(key).unwrap();
        let file = site.at_line(line);
        assert_eq!(setting("port"), (port, file));
        let variable = site.sandbox.variable("_GREETING");
        assert_eq!(setting("greeting"), ("\"salut\"".to_owned(), variable));
        let (url, source) = setting("db.url");
        assert_eq!((&*url, &*source), ("\"by option\"", "--set db.url"));
    };
    check("1".to_owned(), 2);
    site.write("port = 2\ngreeting = 'by file'\n");
    let _ = site.verb(&["reload"]).exits(0).says("changed: port\n");
    check("2".to_owned(), 1);
    // `1.10` is text where the type asks for text.
    assert_eq!(site.sandbox.count("serving 1 with salut"), 1);
    site.assert_serves(&daemon, 2);
    site.sandbox.stop();
}

#[test]
fn wrong_override_is_named() {
    let site = Site::new().with("_PORT", "many");
    site.write("");
    let variable = site.sandbox.variable("_PORT");
    let _ = site.verb(&["start"]).exits(6).complains(&variable);
    let site = Site::new();
    site.write("port = 1");
    let _ = site
        .verb(&["check", "--set", "port=many"])
        .exits(6)
        .complains("--set port");
    let _ = site
        .verb(&["check", "--set", "port"])
        .exits(2)
        .complains("KEY=VALUE");
}

#[test]
fn keys_of_the_runtime_are_below_variables_and_options() {
    let site = Site::new();
    site.write("[daemon]\nlog_level = 'info'\nhang_after = '1h'\n");
    let _ = site.start();
    let level = || site.verb(&["log-level"]).exits(0).stdout;
    assert!(level().contains("info"), "{}", level());
    assert_eq!(site.sandbox.count("on thread"), 0);
    site.write("[daemon]\nlog_level = 'warn'\n");
    let _ = site.verb(&["reload"]).exits(0).says("daemon.log_level");
    assert!(level().contains("warn"), "{}", level());
    site.write("");
    let _ = site.verb(&["reload"]).exits(0);
    assert!(level().contains("debug"), "{}", level());
    site.sandbox.stop();
    let site = Site::new().with("LOG_LEVEL", "error");
    site.write("[daemon]\nlog_level = 'info'\n");
    let _ = site.start();
    let _ = site.verb(&["log-level"]).exits(0).says("error");
    site.sandbox.stop();
}

#[test]
fn level_of_a_verb_outlives_a_reload_that_changes_none() {
    let site = Site::new();
    site.write("[daemon]\nlog_level = 'info'\n");
    let _ = site.start();
    let _ = site.verb(&["log-level", "debug"]).exits(0);
    site.write("port = 7\n[daemon]\nlog_level = 'info'\n");
    let _ = site.verb(&["reload"]).exits(0);
    let _ = site.verb(&["log-level"]).exits(0).says("debug");
    site.sandbox.stop();
}

#[test]
fn interval_of_the_file_is_applied_by_a_reload() {
    let site = Site::new();
    site.sandbox.script("run log one run");
    site.write("[daemon]\ninterval = '1h'\n");
    let _ = site.start();
    site.sandbox.wait_for_log("one run");
    site.write("[daemon]\ninterval = '10ms'\n");
    // Each reload ends the wait of `run`, which the interval then lets run again.
    let _ = site.verb(&["reload"]).exits(0).says("daemon.interval");
    eventually("it runs again", || {
        let _ = site.verb(&["reload"]).exits(0);
        site.sandbox.count("one run") > 1
    });
    site.sandbox.stop();
}

#[test]
fn storms_of_records_are_limited_by_the_file() {
    let site = Site::new();
    site.write("[daemon]\nlog_limit = '2/1h'\n");
    let _ = site.start();
    for _ in 0..5 {
        let _ = site.verb(&["reload"]).exits(0);
    }
    assert_eq!(
        site.sandbox.count("took the place of"),
        2,
        "{}",
        site.sandbox.log()
    );
    site.write("[daemon]\nlog_repeats = 'fold'\n");
    for _ in 0..4 {
        let _ = site.verb(&["reload"]).exits(0);
    }
    // The first is limited still, since the limit is lifted after it.
    assert_eq!(
        site.sandbox.count("took the place of"),
        5,
        "{}",
        site.sandbox.log()
    );
    site.sandbox.stop();
}

#[test]
fn other_keys_of_the_runtime_are_refused_with_their_option() {
    let site = Site::new();
    for (key, option) in [("user", "--user"), ("pid_file", "--pid-file")] {
        site.write(format!("[daemon]\n{key} = 'x'\n"));
        let refused = site.verb(&["start"]).exits(6);
        let _ = refused.complains(&site.at_line(2)).complains(option);
    }
    site.write("[daemon]\ninterval = 'soon'\n");
    let refused = site.verb(&["start"]).exits(6);
    let _ = refused
        .complains(&site.at_line(2))
        .complains("`soon` is not a time");
}

#[test]
fn daemon_without_settings_has_neither_option_nor_verb() {
    let with = Sandbox::of("configured");
    let _ = with
        .verb(&["start", "--help"])
        .exits(0)
        .says("--set <KEY=VALUE>");
    let _ = with.verb(&["start", "--help"]).says("--config <PATH>");
    let _ = with.verb(&["--help"]).exits(0).says("\n  config ");
    let without = Sandbox::scripted();
    let help = without.verb(&["start", "--help"]).exits(0);
    assert!(!help.stdout.contains("--config"), "{help:#?}");
    assert!(!help.stdout.contains("--set"), "{help:#?}");
    let _ = without.verb(&["config"]).exits(2);
    // The variable is the program's own then.
    let mut start = without.command(&["start"]);
    start
        .env("SCRIPTED_CONFIG", "/nowhere")
        .env("SCRIPTED__PORT", "1");
    let _ = Running::begin(start).finish().exits(0);
    without.stop();
}
