//! Settings of a daemon that becomes another user: that user reads them.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown, symlink};

use tests::require_root;
use tests::support::{NOBODY, Sandbox};

use super::Site;

/// A place where nobody can log, with a file that nobody can read.
fn site() -> Option<Site> {
    require_root!("become another user", None);
    let site = Site::new().with("USER", "nobody");
    let logs = site.sandbox.path("logs");
    fs::create_dir(&logs).unwrap();
    chown(&logs, Some(NOBODY), Some(NOBODY)).unwrap();
    let log = logs.join("configured.log");
    Some(site.with("LOG_FILE", log.to_str().unwrap()))
}

fn set_mode(site: &Site, mode: u32) {
    fs::set_permissions(&site.file, Permissions::from_mode(mode)).unwrap();
}

#[test]
fn check_reads_what_the_daemon_can_read() {
    let Some(site) = site() else { return };
    site.write("port = 1");
    set_mode(&site, 0o600);
    for verb in ["check", "start"] {
        let refused = site.verb(&[verb]).exits(4);
        let _ = refused.complains("settings.toml: Permission denied");
    }
    site.sandbox.assert_nothing_left();
    chown(&site.file, Some(0), Some(NOBODY)).unwrap();
    set_mode(&site, 0o640);
    let _ = site.verb(&["check"]).exits(0);
    let daemon = site.start();
    assert_eq!(daemon.field("Uid"), "65534\t65534\t65534\t65534");
    site.assert_serves(&daemon, 1);
    site.write("port = 2");
    let _ = site.verb(&["reload"]).exits(0).says("changed: port");
    site.assert_serves(&daemon, 2);
    set_mode(&site, 0o600);
    for (verb, code) in [("check", 4), ("restart", 4), ("reload", 1)] {
        let refused = site.verb(&[verb]).exits(code);
        let _ = refused
            .complains("settings.toml: Permission denied")
            .complains("; let nobody read the settings, as by `chmod 640` and `chgrp`");
        site.assert_serves(&daemon, 2);
    }
    site.sandbox.stop();
    site.sandbox.assert_nothing_left();
}

#[test]
fn file_may_belong_to_the_user() {
    let Some(site) = site() else { return };
    site.write("port = 1");
    chown(&site.file, Some(NOBODY), Some(NOBODY)).unwrap();
    let daemon = site.start();
    site.assert_serves(&daemon, 1);
    chown(&site.file, Some(1), None).unwrap();
    let _ = site
        .verb(&["reload"])
        .exits(1)
        .complains("belongs to uid 1");
    site.sandbox.stop();
}

#[test]
fn file_that_is_swapped_after_the_check_is_read_by_the_daemon() {
    let Some(site) = site() else { return };
    site.write("port = 1");
    let _ = site.verb(&["check"]).exits(0);
    site.write("port = 'x'");
    let _ = site.verb(&["start"]).exits(6).complains("port: found");
    site.sandbox.assert_nothing_left();
}

#[test]
fn default_file_of_a_declared_user_is_in_etc() {
    require_root!("become another user");
    let sandbox = Sandbox::of("configured");
    let checked = sandbox.verb(&["check", "--user", "nobody"]);
    let _ = checked.says("settings: /etc/configured.toml does not exist: the defaults");
}

#[test]
fn capabilities_of_the_daemon_decide_what_it_reads() {
    require_root!("drop capabilities");
    let site = Site::new();
    site.write("port = 1");
    chown(&site.file, Some(NOBODY), Some(NOBODY)).unwrap();
    set_mode(&site, 0o600);
    let site = site.with("USER", "nobody");
    let options = ["check", "--user", "root", "--capabilities", "none"];
    let refused = site.verb(&options);
    assert!(!refused.stdout.contains("settings: "), "{refused:#?}");
}

#[test]
fn settings_of_a_chroot_are_below_it() {
    let Some(site) = site() else { return };
    let root = site.sandbox.path("jail");
    fs::create_dir_all(root.join("etc")).unwrap();
    fs::create_dir(root.join("logs")).unwrap();
    chown(root.join("logs"), Some(NOBODY), Some(NOBODY)).unwrap();
    for directory in [root.clone(), root.join("etc")] {
        fs::set_permissions(directory, Permissions::from_mode(0o755)).unwrap();
    }
    let log = root.join("logs/configured.log");
    let options = [
        "--chroot",
        root.to_str().unwrap(),
        "--log-file",
        log.to_str().unwrap(),
    ];
    let verb = |site: &Site, verb: &str| site.verb(&[&[verb], &options[..]].concat());
    site.write("port = 1");
    let refused = verb(&site, "start").exits(6);
    let _ = refused.complains("not below the chroot");
    let site = Site {
        file: root.join("etc/configured.toml"),
        variables: site.variables[1..].to_vec(),
        ..site
    };
    site.write("port = 1");
    let checked = verb(&site, "check").exits(0);
    let _ = checked.says(&format!("settings: {}", site.file.display()));
    let _ = verb(&site, "start").exits(0);
    let daemon = site.sandbox.daemon();
    site.assert_serves(&daemon, 1);
    site.write("port = 2");
    let _ = site.verb(&["reload"]).exits(0).says("changed: port");
    site.assert_serves(&daemon, 2);
    site.write("port = 'x'");
    let part = format!("{}:1:8", site.file.display());
    let _ = site.verb(&["reload"]).exits(1).complains(&part);
    let _ = verb(&site, "restart").exits(6).complains(&part);
    site.assert_serves(&daemon, 2);
    site.sandbox.stop();
    site.sandbox.assert_nothing_left();
}

/// Below a new root `..` and links mean other files than outside of it.
#[test]
fn path_that_leaves_the_chroot_is_refused_by_name() {
    let Some(site) = site() else { return };
    let root = site.sandbox.path("jail");
    for directory in [root.clone(), root.join("etc"), root.join("logs")] {
        fs::create_dir(&directory).unwrap();
        fs::set_permissions(directory, Permissions::from_mode(0o755)).unwrap();
    }
    chown(root.join("logs"), Some(NOBODY), Some(NOBODY)).unwrap();
    let outside = site.sandbox.path("web.toml");
    fs::write(&outside, "port = 1").unwrap();
    let link = root.join("etc/web.toml");
    symlink(&outside, &link).unwrap();
    let dots = root.join("../web.toml");
    let log = root.join("logs/configured.log");
    let dotted = format!(
        "the settings {} have `..` in their path below the chroot {}; pass --config without it",
        dots.display(),
        root.display()
    );
    let linked = format!(
        "the link {} leads to nothing below the chroot {}; let it lead to a file below it",
        link.display(),
        root.display()
    );
    for (file, text) in [(&dots, dotted), (&link, linked)] {
        let verb = ["check", "--chroot"].map(str::to_owned);
        let options = [&root, &log, file].map(|path| path.display().to_string());
        let [root, log, file] = options;
        let words = [
            &verb[..],
            &[root, "--log-file".into(), log, "--config".into(), file],
        ]
        .concat();
        let words: Vec<_> = words.iter().map(String::as_str).collect();
        let _ = site.verb(&words).exits(6).complains(&text);
    }
}
