//! The directories above the files, whose owners could replace these files.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};

use tests::require_root;
use tests::support::{NOBODY, Sandbox};

/// Whose the directory is, its mode, and whether root may have a pid file and a log in it.
const KINDS: &[(u32, u32, bool, bool)] = &[
    (0, 0o755, true, true),
    (0, 0o700, true, true),
    (0, 0o1777, true, true),
    (0, 0o1775, true, true),
    (0, 0o775, false, true),
    (0, 0o2775, false, true),
    (0, 0o777, false, false),
    (0, 0o757, false, false),
    (NOBODY, 0o755, false, false),
    (NOBODY, 0o700, false, false),
    (NOBODY, 0o777, false, false),
    (NOBODY, 0o1777, false, false),
    (NOBODY, 0o1755, false, false),
];

fn make(path: &Path, owner: u32, mode: u32) {
    fs::create_dir(path).unwrap();
    chown(path, Some(owner), Some(owner)).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// A start with one of its files in `directory`.
fn start(sandbox: &Sandbox, option: &str, directory: &Path, allowed: bool, input: &str) {
    let file = directory.join("d");
    let file = file.to_str().unwrap();
    let ended = sandbox.verb(&["start", option, file]);
    let code = if allowed { 0 } else { 4 };
    assert_eq!(ended.code(), code, "{input}: {ended:#?}");
    if allowed {
        let stop = if option == "--pid-file" {
            vec!["stop", option, file]
        } else {
            vec!["stop"]
        };
        let _ = sandbox.verb(&stop).exits(0).says("stopped");
    } else {
        assert!(ended.stderr.contains("who could replace it"), "{ended:#?}");
        let inside = fs::read_dir(directory).unwrap().count();
        assert_eq!(inside, 0, "{input}: something was made");
    }
}

/// The bad directory right above the file, two above, and behind a link.
#[test]
fn directory_of_any_kind_at_any_height_is_judged() {
    require_root!("give directories away");
    let mut inputs = 0;
    for (owner, mode, pid_allowed, log_allowed) in KINDS {
        let sandbox = Sandbox::scripted();
        let bad = sandbox.path("bad");
        make(&bad, *owner, *mode);
        for (option, allowed) in [("--pid-file", *pid_allowed), ("--log-file", *log_allowed)] {
            let input = format!("{option} in a directory of {owner}, mode {mode:o}");
            start(&sandbox, option, &bad, allowed, &input);
            let link = sandbox.path("link");
            symlink(&bad, &link).unwrap();
            start(
                &sandbox,
                option,
                &link,
                allowed,
                &format!("{input}, by a link"),
            );
            fs::remove_file(&link).unwrap();
            fs::remove_dir_all(&bad).unwrap();
            make(&bad, *owner, *mode);
            let below = bad.join("below");
            make(&below, 0, 0o755);
            start(
                &sandbox,
                option,
                &below,
                allowed,
                &format!("{input}, two above"),
            );
            fs::remove_dir_all(&bad).unwrap();
            make(&bad, *owner, *mode);
            inputs += 3;
        }
    }
    println!("directories: {inputs} inputs");
}

/// A link is trusted as far as its owner is.
#[test]
fn link_of_another_user_is_not_followed() {
    require_root!("give links away");
    let sandbox = Sandbox::scripted();
    let (good, link) = (sandbox.path("good"), sandbox.path("link"));
    make(&good, 0, 0o755);
    symlink(&good, &link).unwrap();
    std::os::unix::fs::lchown(&link, Some(NOBODY), Some(NOBODY)).unwrap();
    for option in ["--pid-file", "--log-file"] {
        let file = link.join("d");
        let refused = sandbox.verb(&["start", option, file.to_str().unwrap()]);
        let _ = refused.exits(4).complains("belongs to uid 65534");
    }
    assert_eq!(fs::read_dir(&good).unwrap().count(), 0);
}

/// In a sticky directory such as /tmp, the owner of a directory may change its content at any time.
#[test]
fn foreign_directory_in_a_sticky_one_is_refused() {
    require_root!("give directories away");
    let sandbox = Sandbox::scripted();
    let sticky = sandbox.path("tmp");
    make(&sticky, 0, 0o1777);
    let theirs = sticky.join("theirs");
    make(&theirs, NOBODY, 0o755);
    for option in ["--pid-file", "--log-file"] {
        let file = theirs.join("d");
        let refused = sandbox.verb(&["start", option, file.to_str().unwrap()]);
        let _ = refused.exits(4).complains("theirs belongs to uid 65534");
    }
}

/// `/var/run` leads to `/run` on every system: links of root's are fine, however many.
#[test]
fn links_of_root_are_followed() {
    let sandbox = Sandbox::scripted();
    let mut directory = sandbox.path("run");
    fs::create_dir(&directory).unwrap();
    for number in 0..10 {
        let link = sandbox.path(&format!("link{number}"));
        let target = if number % 2 == 0 {
            directory.clone()
        } else {
            PathBuf::from("../").join(
                directory
                    .strip_prefix(sandbox.directory().parent().unwrap())
                    .unwrap(),
            )
        };
        symlink(target, &link).unwrap();
        directory = link;
    }
    let file = directory.join("d.pid");
    let file = file.to_str().unwrap();
    let _ = sandbox.verb(&["start", "--pid-file", file]).exits(0);
    assert!(sandbox.path("run/d.pid").exists());
    let _ = sandbox.verb(&["stop", "--pid-file", file]).exits(0);
    let loops = sandbox.path("loop");
    symlink(&loops, &loops).unwrap();
    let file = loops.join("d.pid");
    let failed = sandbox.verb(&["start", "--pid-file", file.to_str().unwrap()]);
    let _ = failed.exits(1).complains("loop");
}
