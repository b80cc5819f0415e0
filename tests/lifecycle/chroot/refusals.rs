//! Refusals of a daemon with a root of its own.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::Path;

use tests::require_capability;
use tests::support::{NOBODY, Running, Sandbox};

use super::Jail;

#[test]
fn log_outside_the_root_is_refused_by_both_names() {
    let Some(jail) = Jail::new() else { return };
    let outside = jail.sandbox.path("outside.log");
    let (log, root) = (outside.to_str().unwrap(), jail.root.to_str().unwrap());
    for verb in ["check", "start"] {
        let refused = jail.verb(verb, &["--log-file", log]).exits(6);
        let _ = refused.complains(log).complains(root);
    }
    // By a link that is in there.
    fs::create_dir(jail.sandbox.path("elsewhere")).unwrap();
    symlink(jail.sandbox.path("elsewhere"), jail.root.join("led")).unwrap();
    let led = jail.root.join("led/scripted.log");
    for verb in ["check", "start"] {
        let refused = jail
            .verb(verb, &["--log-file", led.to_str().unwrap()])
            .exits(6);
        let _ = refused.complains("remove the link that leads out of it");
    }
    assert!(!outside.exists());
    jail.sandbox.assert_nothing_left();
}

/// `check` asks for the user's way to the log, which begins at the new root.
#[test]
fn directories_above_the_root_may_be_closed() {
    let Some(jail) = Jail::new() else { return };
    let set_mode = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    set_mode(jail.root.parent().unwrap(), 0o700);
    for verb in ["check", "start"] {
        let _ = jail.verb(verb, &[]).exits(0);
    }
    jail.sandbox.stop();
    set_mode(&jail.root, 0o700);
    for verb in ["check", "start"] {
        let _ = jail.verb(verb, &[]).exits(4);
    }
    jail.sandbox.assert_nothing_left();
}

/// An error inside names the path from outside, as the reader sees it.
#[test]
fn log_that_cannot_be_opened_is_named_by_its_full_path() {
    let Some(jail) = Jail::new() else { return };
    let log = jail.log();
    let told = |why: &str| {
        let refused = jail.verb("start", &[]).exits(4);
        let _ = refused
            .complains(&format!(" {}: ", log.display()))
            .complains(why);
        jail.sandbox.assert_nothing_left();
    };
    symlink("other.log", &log).unwrap();
    told(", in the chroot");
    fs::remove_file(&log).unwrap();
    chown(jail.root.join("logs"), Some(0), Some(0)).unwrap();
    told("Permission denied");
}

#[test]
fn root_writable_by_others_is_refused() {
    let Some(jail) = Jail::new() else { return };
    let refused = |code: i32, word: &str| {
        for verb in ["check", "start", "run"] {
            let refused = jail.verb(verb, &[]).exits(code);
            let _ = refused
                .complains(word)
                .complains(jail.root.to_str().unwrap());
        }
        jail.sandbox.assert_nothing_left();
    };
    let set = |path: &Path, owner: u32, mode: u32| {
        chown(path, Some(owner), Some(owner)).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    set(&jail.root, NOBODY, 0o755);
    refused(4, "belongs to uid 65534");
    set(&jail.root, 0, 0o775);
    refused(4, "refusing");
    set(&jail.root, 0, 0o1777);
    refused(4, "users other than root can write to it");
    set(&jail.root, 0, 0o755);
    let above = jail.root.parent().unwrap();
    set(above, NOBODY, 0o755);
    refused(4, "belongs to uid 65534");
    set(above, 0, 0o755);
    let real = jail.sandbox.path("real");
    fs::rename(&jail.root, &real).unwrap();
    refused(6, "`chroot`: the directory");
    // A link of root is accepted, one of another user is not.
    symlink(&real, &jail.root).unwrap();
    std::os::unix::fs::lchown(&jail.root, Some(NOBODY), None).unwrap();
    refused(4, "belongs to uid 65534");
}

#[test]
fn chroot_of_an_ordinary_user_is_refused() {
    let Some(sandbox) = Sandbox::scripted_by(NOBODY) else {
        return;
    };
    for verb in ["check", "start", "run"] {
        let refused = sandbox.verb(&[verb, "--chroot", "/srv"]).exits(4);
        let _ =
            refused.complains("only root can change the root to /srv; start the daemon as root");
    }
    assert!(sandbox.processes().is_empty());
}

/// By which the daemon could leave, `chroot(2)`.
#[test]
fn open_directory_is_refused() {
    require_capability!("CAP_SYS_PTRACE");
    let Some(jail) = Jail::new() else { return };
    let by_shell = |line: &str| {
        let mut command = jail.sandbox.program("sh");
        command.args(["-c", line]).env("D", jail.sandbox.exe());
        jail.complete(&mut command);
        Running::begin(command).finish()
    };
    let refused = by_shell("exec \"$D\" run 9</etc").exits(4);
    let _ = refused.complains("/etc is open as descriptor 9");
    let refused = by_shell("exec \"$D\" start </etc").exits(4);
    let _ = refused.complains("/etc is open as descriptor 0");
    jail.sandbox.assert_nothing_left();
    // A start closes every other descriptor.
    let _ = by_shell("exec \"$D\" start 9</etc").exits(0);
    jail.assert_inside(&jail.sandbox.daemon());
    jail.sandbox.stop();
}
