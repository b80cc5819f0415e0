//! Where the files are, and which places are refused.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

use tests::support::{NOBODY, Running, Sandbox, eventually, skip_unsupported};
use tests::{require_namespaces, require_programs, require_root};

/// `start`, with the default places.
fn start_without_paths(sandbox: &Sandbox) -> tests::support::Finished {
    let mut command = sandbox.command(&["start"]);
    command
        .env_remove("SCRIPTED_PID_FILE")
        .env_remove("SCRIPTED_LOG_FILE");
    Running::begin(command).finish()
}

#[test]
fn missing_directory_is_named_with_the_reason() {
    let sandbox = Sandbox::scripted();
    let path = sandbox.path("missing/d.pid");
    let failed = sandbox.verb(&["start", "--pid-file", path.to_str().unwrap()]);
    let failed = failed
        .exits(1)
        .complains("No such file or directory (os error 2)");
    let _ = failed.complains(sandbox.path("missing").to_str().unwrap());
    let log = sandbox.path("missing/d.log");
    let failed = sandbox.verb(&["start", "--log-file", log.to_str().unwrap()]);
    let failed = failed
        .exits(1)
        .complains("No such file or directory (os error 2)");
    let _ = failed.complains(sandbox.path("missing").to_str().unwrap());
    sandbox.assert_nothing_left();
}

#[test]
fn unwritable_directory_is_named_with_the_reason() {
    let Some(sandbox) = Sandbox::scripted_by(NOBODY) else {
        return;
    };
    let locked = sandbox.path("locked");
    fs::create_dir(&locked).unwrap();
    let path = locked.join("d.pid");
    let failed = sandbox
        .verb(&["start", "--pid-file", path.to_str().unwrap()])
        .exits(4);
    let failed = failed.complains(path.to_str().unwrap());
    let _ = failed.complains("Permission denied (os error 13)");
    assert_eq!(fs::read_dir(&locked).unwrap().count(), 0);
}

#[test]
fn read_only_directory_is_named_with_the_reason() {
    require_root!("mount");
    require_namespaces!("--mount");
    let sandbox = Sandbox::scripted();
    // In a mount namespace of its own, so that nothing stays mounted.
    let failed = sandbox.shell(
        "mkdir ro && unshare -m sh -c 'mount -t tmpfs -o ro none ro && exec \"$D\" start --pid-file $PWD/ro/d.pid'",
    );
    let _ = failed
        .exits(1)
        .complains("ro/d.pid.lock")
        .complains("Read-only file system");
    sandbox.assert_nothing_left();
}

#[test]
fn full_disk_is_named_with_the_reason() {
    require_root!("mount");
    require_namespaces!("--mount");
    let sandbox = Sandbox::scripted();
    let failed = sandbox.shell(
        "mkdir full && unshare -m sh -c 'mount -t tmpfs -o size=8k none full
         cat /dev/zero > full/zeros 2>&-; exec \"$D\" start --pid-file $PWD/full/d.pid'",
    );
    let _ = failed.exits(1).complains("No space left on device");
    sandbox.assert_nothing_left();
}

#[test]
fn relative_pid_file_is_one_for_start_and_stop() {
    let sandbox = Sandbox::scripted();
    fs::create_dir(sandbox.path("sub")).unwrap();
    let _ = sandbox
        .shell("cd sub; \"$D\" start --pid-file ./d.pid")
        .exits(0);
    assert!(sandbox.path("sub/d.pid").exists());
    let _ = sandbox.shell("\"$D\" status --pid-file sub/d.pid").exits(0);
    let _ = sandbox.shell("\"$D\" status").exits(3);
    let _ = sandbox
        .shell("cd sub; \"$D\" stop --pid-file d.pid")
        .exits(0)
        .says("stopped");
    assert!(!sandbox.path("sub/d.pid").exists());
    assert!(sandbox.processes().is_empty());
}

#[test]
fn relative_log_file_is_in_the_callers_directory() {
    let sandbox = Sandbox::scripted();
    fs::create_dir(sandbox.path("sub")).unwrap();
    let _ = sandbox
        .shell("cd sub; \"$D\" start --log-file ./d.log")
        .exits(0);
    sandbox.stop();
    assert!(
        fs::read_to_string(sandbox.path("sub/d.log"))
            .unwrap()
            .contains("on_stop")
    );
}

#[test]
fn pid_file_symlink_is_refused() {
    let sandbox = Sandbox::scripted();
    let victim = sandbox.path("victim");
    fs::write(&victim, "precious").unwrap();
    symlink(&victim, sandbox.pid_file()).unwrap();
    let refused = sandbox.verb(&["start"]).exits(4);
    let _ = refused
        .complains("scripted.pid")
        .complains("it is a symbolic link");
    assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
    assert!(sandbox.processes().is_empty());
    fs::remove_file(sandbox.pid_file()).unwrap();
}

#[test]
fn lock_or_log_symlink_is_refused() {
    for name in ["scripted.pid.lock", "scripted.log"] {
        let sandbox = Sandbox::scripted();
        let victim = sandbox.path("victim");
        fs::write(&victim, "precious").unwrap();
        symlink(&victim, sandbox.path(name)).unwrap();
        let refused = sandbox.verb(&["start"]).exits(4);
        let _ = refused.complains(name).complains("it is a symbolic link");
        assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
        assert!(sandbox.processes().is_empty());
        fs::remove_file(sandbox.path(name)).unwrap();
    }
}

#[test]
fn hard_linked_file_is_refused() {
    let sandbox = Sandbox::scripted();
    let victim = sandbox.path("victim");
    fs::write(&victim, "precious").unwrap();
    fs::hard_link(&victim, sandbox.log_file()).unwrap();
    let _ = sandbox
        .verb(&["start"])
        .exits(4)
        .complains("it has 2 hard links");
    assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
    sandbox.assert_nothing_left();
}

#[test]
fn world_writable_directory_is_refused() {
    let sandbox = Sandbox::scripted();
    let open = sandbox.path("open");
    fs::create_dir(&open).unwrap();
    fs::set_permissions(&open, fs::Permissions::from_mode(0o777)).unwrap();
    let path = open.join("d.pid");
    let refused = sandbox
        .verb(&["start", "--pid-file", path.to_str().unwrap()])
        .exits(4);
    let _ = refused.complains("open is writable by every user");
    // A sticky one is accepted: no other user can remove our files there.
    fs::set_permissions(&open, fs::Permissions::from_mode(0o1777)).unwrap();
    let _ = sandbox
        .verb(&["start", "--pid-file", path.to_str().unwrap()])
        .exits(0);
    let _ = sandbox
        .verb(&["stop", "--pid-file", path.to_str().unwrap()])
        .exits(0);
}

#[test]
fn file_of_another_user_is_refused() {
    require_root!("give files away");
    for name in ["scripted.pid.lock", "scripted.pid", "scripted.log"] {
        let sandbox = Sandbox::scripted();
        fs::write(sandbox.path(name), "4711\n").unwrap();
        std::os::unix::fs::chown(sandbox.path(name), Some(NOBODY), None).unwrap();
        let _ = sandbox
            .verb(&["start"])
            .exits(4)
            .complains("it belongs to uid 65534")
            .complains("chown it to root or the daemon's user");
        assert_eq!(fs::read_to_string(sandbox.path(name)).unwrap(), "4711\n");
        assert!(sandbox.processes().is_empty());
        fs::remove_file(sandbox.path(name)).unwrap();
    }
}

#[test]
fn fifo_and_directory_are_refused_without_a_hang() {
    let sandbox = Sandbox::scripted();
    let _ = sandbox
        .shell("mkfifo scripted.pid; exec \"$D\" start")
        .exits(4);
    let _ = sandbox
        .shell("rm scripted.pid; mkdir scripted.pid; exec \"$D\" start")
        .exits(4);
    let _ = sandbox
        .shell("rmdir scripted.pid; mkfifo scripted.log; exec \"$D\" start")
        .exits(4);
    let _ = sandbox.shell("rm scripted.log; mkdir scripted.log; exec \"$D\" start");
    fs::remove_dir(sandbox.log_file()).unwrap();
    sandbox.assert_nothing_left();
}

#[test]
fn files_of_an_ordinary_user_are_in_the_state_directory() {
    let Some(sandbox) = Sandbox::scripted_by(NOBODY) else {
        return;
    };
    let _ = start_without_paths(&sandbox).exits(0);
    let directory = sandbox.path("state/scripted");
    assert_eq!(fs::metadata(&directory).unwrap().mode() & 0o7777, 0o700);
    for name in ["scripted.pid", "scripted.pid.lock", "scripted.log"] {
        assert_eq!(
            fs::metadata(directory.join(name)).unwrap().uid(),
            NOBODY,
            "{name}"
        );
    }
    let path = directory.join("scripted.pid");
    let _ = sandbox
        .verb(&["stop", "--pid-file", path.to_str().unwrap()])
        .exits(0)
        .says("stopped");
}

#[test]
fn user_without_a_home_is_shown_the_options() {
    let Some(sandbox) = Sandbox::scripted_by(4_294_900) else {
        return;
    };
    let mut command = sandbox.command(&["start"]);
    command
        .env_remove("SCRIPTED_PID_FILE")
        .env_remove("HOME")
        .env_remove("XDG_STATE_HOME");
    let failed = Running::begin(command).finish().exits(6);
    let _ = failed.complains("set SCRIPTED_PID_FILE");
}

/// An account without a home, or with one that it cannot use, as below `ProtectHome=yes`.
#[test]
fn daemon_without_a_home_needs_only_the_given_files() {
    for (user, home) in [(NOBODY, Some("/nonexistent")), (54321, None)] {
        let Some(sandbox) = Sandbox::scripted_by(user) else {
            return;
        };
        let pid_file = sandbox.pid_file().display().to_string();
        let command = |arguments: &[&str]| {
            let mut command = sandbox.command(arguments);
            for variable in ["HOME", "XDG_STATE_HOME"] {
                command.env_remove(variable);
            }
            for key in ["PID_FILE", "LOG_FILE"] {
                command.env_remove(sandbox.variable(key));
            }
            command.envs(home.map(|home| ("HOME", home)));
            Running::begin(command)
        };
        let running = command(&["run", "--pid-file", &pid_file]);
        let _ = sandbox.wait_for_daemon();
        let status = || command(&["status", "--pid-file", &pid_file]).finish();
        eventually("the daemon runs", || status().stdout.contains("running"));
        let _ = status().exits(0);
        let logs = command(&["logs", "--pid-file", &pid_file]).finish();
        let _ = logs.exits(1).complains("runs in the foreground");
        let stopped = command(&["stop", "--pid-file", &pid_file]).finish();
        let _ = stopped.exits(0).says("stopped");
        let _ = running.finish().exits(0);
        // Without the option, the message names the variable.
        let code = if home.is_some() { 4 } else { 6 };
        let refused = command(&["start"]).finish().exits(code);
        let _ = refused.complains("set SCRIPTED_PID_FILE");
        let _ = command(&["status"])
            .finish()
            .exits(if home.is_some() { 3 } else { 4 });
    }
}

/// An ordinary user may not open a directory without permissions.
#[test]
fn directories_of_a_start_are_made_under_any_umask() {
    let Some(sandbox) = Sandbox::scripted_by(NOBODY) else {
        return;
    };
    let done = sandbox.shell(
        "unset SCRIPTED_PID_FILE SCRIPTED_LOG_FILE; umask 777
        \"$D\" start || exit 98
        stat -c '%n %a' state state/scripted state/scripted/*; \"$D\" stop",
    );
    let _ = done
        .exits(0)
        .says("state 700")
        .says("state/scripted 700")
        .says("state/scripted/scripted.log 640")
        .says("state/scripted/scripted.pid 644");
}

/// All files of root and of other users have one owner there, which is not a user.
#[test]
fn owner_that_is_unmapped_in_a_user_namespace_is_named_so() {
    require_programs!("unshare");
    let Some(sandbox) = Sandbox::scripted_by(NOBODY) else {
        return;
    };
    // The user that the overflow uid looks like has no user namespace with a number of its own.
    for options in ["--map-user=1000", ""] {
        let done = sandbox.shell(&format!(
            "unshare -U {options} true || exit 77; exec unshare -U {options} \"$D\" start"
        ));
        if done.code() == 77 {
            return skip_unsupported("the kernel permits no user namespaces");
        }
        let _ = done
            .exits(4)
            .complains("/ belongs to uid 65534")
            .complains("unmapped in this user namespace");
    }
}

/// The lock there could be one that another user has planted and holds.
#[test]
fn held_lock_in_a_world_writable_directory_is_unknown() {
    let sandbox = Sandbox::scripted();
    let _ = sandbox.start();
    let set = |mode| fs::set_permissions(sandbox.directory(), fs::Permissions::from_mode(mode));
    set(0o777).unwrap();
    let _ = sandbox.verb(&["status"]).exits(4).says("unknown: refusing");
    set(0o755).unwrap();
    sandbox.stop();
}
