//! Who may write the settings: links of a configuration manager are followed, planted ones are not.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown, lchown, symlink};
use std::path::Path;

use tests::require_root;

use super::Site;

/// A user without privileges who is not the daemon's.
const STRANGER: u32 = 1;

/// Makes the file one that another user could write.
type Plant = fn(&Site);

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

#[test]
fn links_of_a_configuration_manager_are_followed() {
    let site = Site::new();
    let release = |name: &str, port: u16| {
        let directory = site.sandbox.path("cm").join(name);
        fs::create_dir_all(&directory).unwrap();
        fs::write(directory.join("web.toml"), format!("port = {port}")).unwrap();
        let (new, current) = (site.sandbox.path("cm/new"), site.sandbox.path("cm/current"));
        symlink(name, &new).unwrap();
        fs::rename(new, current).unwrap();
    };
    release("1", 1);
    symlink(site.sandbox.path("cm/current/web.toml"), &site.file).unwrap();
    let daemon = site.start();
    site.assert_serves(&daemon, 1);
    release("2", 2);
    let _ = site.verb(&["reload"]).exits(0).says("changed: port");
    site.assert_serves(&daemon, 2);
    let second = site.sandbox.path("second");
    fs::hard_link(site.sandbox.path("cm/2/web.toml"), &second).unwrap();
    let _ = site.verb(&["reload"]).exits(0);
    site.sandbox.stop();
}

#[test]
fn file_that_another_user_could_write_is_refused() {
    require_root!("give files to another user");
    let plants: [(&str, Plant); 7] = [
        (
            "belongs to uid 1, who could replace it; chown it to root",
            |site| {
                chown(&site.file, Some(STRANGER), None).unwrap();
            },
        ),
        (
            "writable by every user, who could replace it; run chmod o-w",
            |site| set_mode(&site.file, 0o666),
        ),
        ("who could replace it; run chmod g-w on it", |site| {
            set_mode(&site.file, 0o664);
        }),
        (
            "belongs to uid 1, who could replace it; chown it to root",
            |site| {
                let real = site.sandbox.path("real");
                fs::rename(&site.file, &real).unwrap();
                symlink(&real, &site.file).unwrap();
                lchown(&site.file, Some(STRANGER), None).unwrap();
            },
        ),
        (
            "writable by every user, who could replace it; run chmod o-w",
            |site| {
                let open = site.sandbox.path("open");
                fs::create_dir(&open).unwrap();
                set_mode(&open, 0o777);
                fs::rename(&site.file, open.join("a.toml")).unwrap();
                symlink(open.join("a.toml"), &site.file).unwrap();
            },
        ),
        (
            "belongs to uid 1, who could replace it; chown it to root",
            |site| {
                let theirs = site.sandbox.path("theirs");
                fs::create_dir(&theirs).unwrap();
                fs::rename(&site.file, theirs.join("a.toml")).unwrap();
                chown(&theirs, Some(STRANGER), None).unwrap();
                symlink(theirs.join("a.toml"), &site.file).unwrap();
            },
        ),
        ("has 2 hard links; remove all but this one", |site| {
            let shared = site.sandbox.path("shared");
            fs::create_dir(&shared).unwrap();
            set_mode(&shared, 0o1777);
            fs::write(shared.join("a.toml"), "port = 1").unwrap();
            fs::hard_link(shared.join("a.toml"), shared.join("b.toml")).unwrap();
            fs::remove_file(&site.file).unwrap();
            symlink(shared.join("a.toml"), &site.file).unwrap();
        }),
    ];
    for (part, plant) in plants {
        let site = Site::new();
        site.write("port = 8080");
        let daemon = site.start();
        site.write("port = 1");
        plant(&site);
        for (verb, code) in [("check", 4), ("restart", 4), ("reload", 1)] {
            let _ = site.verb(&[verb]).exits(code).complains(part);
            site.assert_serves(&daemon, 8080);
        }
        site.sandbox.stop();
        let _ = site.verb(&["start"]).exits(4).complains(part);
        site.sandbox.assert_nothing_left();
    }
}

#[test]
fn link_that_leads_to_itself_is_an_error() {
    let site = Site::new();
    symlink(&site.file, &site.file).unwrap();
    let _ = site.verb(&["check"]).exits(6).complains("leads to nothing");
    fs::remove_file(&site.file).unwrap();
    symlink("nowhere", &site.file).unwrap();
    let _ = site
        .verb(&["check"])
        .exits(6)
        .complains("leads to nothing; repair");
}
