//! The verb `config`, and where else the settings are shown.

use std::fs;

use rustix::process::Signal;
use serde_json::Value;
use tests::support::eventually;

use super::Site;

#[test]
fn settings_in_force_are_shown_with_their_sources() {
    let site = Site::new().with("_DB__PASSWORD", "hush-1");
    site.write("port = 1\n\n[db]\nurl = 'x'\n");
    let not_running = site.verb(&["config"]).exits(7);
    let _ = not_running.complains("--next");
    let _ = site
        .verb(&["start", "--set", "labels.token=hush-2"])
        .exits(0);
    // It is not read by the daemon yet.
    site.write("port = 2");
    let text = site.verb(&["config"]).exits(0).stdout;
    assert!(
        text.starts_with(&format!("{}\n", site.file.display())),
        "{text}"
    );
    for line in [
        format!("  port = 1 {}", site.at_line(1)),
        format!("  db.url = \"x\" {}", site.at_line(4)),
        "  db.password = *** CONFIGURED__DB__PASSWORD".to_owned(),
        "  labels.token = *** --set labels.token".to_owned(),
    ] {
        let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            text.lines().any(|found| words(found) == words(&line)),
            "{line} in {text}"
        );
    }
    let next = site.verb(&["config", "--next"]).exits(0).stdout;
    assert!(next.contains("port = 2"), "{next}");
    let json = site.verb(&["config", "--json"]).exits(0).stdout;
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["file"], site.file.to_str().unwrap());
    assert_eq!(json["file_exists"], true);
    let rows = json["settings"].as_array().unwrap();
    assert_eq!(rows.len(), 4);
    let row = rows.iter().find(|row| row["key"] == "port").unwrap();
    assert_eq!(
        (&row["value"], &row["source"]),
        (&"1".into(), &site.at_line(1).into())
    );
    let status = site.verb(&["status", "--json"]).exits(0).stdout;
    let status: Value = serde_json::from_str(&status).unwrap();
    assert_eq!(status["config_file"], site.file.to_str().unwrap());
    let _ = site
        .verb(&["check"])
        .exits(0)
        .says(&format!("settings: {}", site.file.display()));
    let lock = fs::read(site.sandbox.lock_file()).unwrap();
    let lock = String::from_utf8_lossy(&lock);
    assert!(lock.contains("labels.token"));
    for place in [&lock, &*site.sandbox.log(), &text, &next] {
        assert!(!place.contains("hush"), "{place}");
    }
    site.sandbox.stop();
    let _ = site.verb(&["config"]).exits(7);
}

#[test]
fn keys_of_the_runtime_are_shown_with_the_source_that_wins() {
    let site = Site::new().with("DRAIN", "7s");
    site.write("port = 1\n[daemon]\nlog_level = 'debug'\ninterval = 5\ndrain = '3s'\n");
    let start = ["start", "--log-level", "trace", "--set", "greeting=1"];
    let _ = site.verb(&start).exits(0);
    for (key, value, source) in [
        ("daemon.log_level", "\"trace\"", "--log-level".to_owned()),
        ("daemon.interval", "5", site.at_line(4)),
        ("daemon.drain", "\"7s\"", "CONFIGURED_DRAIN".to_owned()),
        // The type reads it as text.
        ("greeting", "\"1\"", "--set greeting".to_owned()),
        ("port", "1", site.at_line(1)),
    ] {
        assert_eq!(site.setting(key), Some((value.to_owned(), source)), "{key}");
    }
    site.write("port = 1\n[daemon]\ninterval = 6\n");
    let _ = site.verb(&["reload"]).exits(0);
    let interval = Some(("6".to_owned(), site.at_line(3)));
    assert_eq!(site.setting("daemon.interval"), interval);
    assert_eq!(site.setting("daemon.log_level"), None);
    let next = ["config", "--next", "--set", "greeting=2", "--set", "port=3"];
    let next = site.verb(&next).exits(0);
    let _ = next.says("greeting = \"2\"").says("port = 3");
    site.sandbox.stop();
}

#[test]
fn restored_lock_file_has_the_settings() {
    let site = Site::new();
    site.write("port = 1");
    let daemon = site.start();
    fs::remove_file(site.sandbox.lock_file()).unwrap();
    eventually("the file is restored", || {
        site.verb(&["config"]).stdout.contains("port = 1")
    });
    site.assert_serves(&daemon, 1);
    // The page that is cut off is restored with all that follows it.
    fs::write(site.sandbox.lock_file(), "").unwrap();
    eventually("the page is restored", || {
        daemon.signal(Signal::HUP);
        site.verb(&["config"]).stdout.contains("port = 1")
    });
    site.sandbox.stop();
}

#[test]
fn next_daemon_does_not_show_settings_of_the_last() {
    let site = Site::new();
    site.write("port = 1");
    let daemon = site.start();
    daemon.kill();
    site.write("port = 2");
    let _ = site.verb(&["config"]).exits(7);
    let daemon = site.start();
    site.assert_serves(&daemon, 2);
    site.sandbox.stop();
}

#[test]
fn unit_carries_file_and_options() {
    let site = Site::new();
    let unit = site.verb(&[
        "unit",
        "systemd",
        "--config=/home/x/a.toml",
        "--set=db.url=a b",
    ]);
    let unit = unit.exits(0).stdout;
    assert!(unit.contains("--config=/home/x/a.toml"), "{unit}");
    assert!(unit.contains("\"--set=db.url=a b\""), "{unit}");
    assert!(unit.contains("ProtectHome=read-only"), "{unit}");
    let path = site.sandbox.path("a.service");
    fs::write(&path, unit).unwrap();
    let _ = site
        .verb(&["unit", "--check", path.to_str().unwrap()])
        .exits(0);
}

#[test]
fn long_reason_of_a_failed_reload_hides_no_settings() {
    let site = Site::new();
    site.write("port = 1");
    let _ = site.start();
    site.write(format!("{} = 1", "k".repeat(1_000_000)));
    let _ = site.verb(&["reload"]).exits(1);
    let _ = site.verb(&["config"]).exits(0).says("port = 1");
    site.write("port = 2");
    let _ = site.verb(&["reload"]).exits(0);
    let _ = site.verb(&["config"]).exits(0).says("port = 2");
    site.sandbox.stop();
}

#[test]
fn secret_is_not_written_into_a_unit() {
    let site = Site::new();
    let refused = site.verb(&["unit", "systemd", "--set", "db.password=hush"]);
    let refused = refused.exits(2).complains("every user can read a unit");
    assert!(!refused.stderr.contains("hush"), "{refused:#?}");
    let ignored = site.verb(&["config", "--set", "port=1"]).exits(2);
    let _ = ignored.complains("--next");
}

#[test]
fn file_that_vanishes_leaves_the_settings_in_force() {
    let sandbox = tests::support::Sandbox::of_user(
        &tests::support::daemon_path("configured"),
        tests::support::NOBODY,
    );
    let Some(sandbox) = sandbox else { return };
    let file = sandbox.path(".config/configured.toml");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, "port = 4711").unwrap();
    let _ = sandbox.start();
    fs::remove_file(&file).unwrap();
    let _ = sandbox.verb(&["reload"]).exits(1).complains("are gone");
    let _ = sandbox.verb(&["config"]).exits(0).says("port = 4711");
    sandbox.stop();
}
