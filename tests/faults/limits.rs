//! Too little of everything: descriptors, processes, memory, room on the disk.

use tests::support::{Finished, NOBODY, Running, Sandbox};
use tests::{require_namespaces, require_programs, require_root};

/// A start under a limit ends well, or says why not and leaves nothing; then a normal one works.
/// Whether it started.
fn check(sandbox: &Sandbox, ended: &Finished, input: &str) -> bool {
    let started = ended.code() == 0;
    if started {
        sandbox.stop();
    } else {
        assert!(
            ended.code() < 100 || [127, 134, 139].contains(&ended.code()),
            "{input}: {ended:#?}"
        );
        // With no memory for the program itself the kernel ends it, and nobody can say so.
        let loaded = ended.code() != 139;
        assert!(!loaded || !ended.stderr.is_empty(), "{input}: {ended:#?}");
    }
    sandbox.assert_nothing_left();
    let _ = sandbox.start();
    sandbox.stop();
    started
}

/// Every value of a limit, from none to enough. Returns how many starts worked.
fn ladder(limit: &str, values: impl Iterator<Item = u32>) -> (usize, usize) {
    let (mut inputs, mut started) = (0, 0);
    for value in values {
        let sandbox = Sandbox::scripted();
        let ended = sandbox.shell(&format!("ulimit {limit} {value}; exec \"$D\" start"));
        let worked = check(&sandbox, &ended, &format!("ulimit {limit} {value}"));
        started += usize::from(worked);
        inputs += 1;
    }
    println!("ulimit {limit}: {inputs} values, {started} started");
    (inputs, started)
}

#[test]
fn too_few_descriptors_fail_cleanly() {
    let (inputs, started) = ladder("-n", 4..24);
    assert!(
        started > 0 && started < inputs,
        "the ladder does not cross the limit"
    );
}

#[test]
fn too_little_memory_fails_cleanly() {
    let (inputs, started) = ladder("-v", (3_000..16_000).step_by(500));
    assert!(
        started > 0 && started < inputs,
        "the ladder does not cross the limit"
    );
}

#[test]
fn too_short_files_fail_cleanly() {
    let (inputs, started) = ladder("-f", 0..12);
    assert!(
        started > 0 && started < inputs,
        "the ladder does not cross the limit"
    );
}

#[test]
fn too_few_processes_fail_cleanly() {
    require_programs!("prlimit");
    let Some(sandbox) = Sandbox::scripted_by(NOBODY) else {
        return;
    };
    let failed = sandbox
        .shell("exec prlimit --nproc=1 \"$D\" start")
        .exits(1);
    let _ = failed.complains("cannot fork");
    sandbox.assert_nothing_left();
    let _ = sandbox.start();
    sandbox.stop();
}

/// Each file that cannot be made, and each block that cannot be written.
#[test]
fn too_little_disk_fails_cleanly() {
    require_root!("mount a small file system");
    require_namespaces!("--mount");
    let (mut failed, mut inputs) = (0, 0);
    for size in [
        "nr_inodes=1",
        "nr_inodes=2",
        "nr_inodes=3",
        "nr_inodes=4",
        "size=4k",
        "size=8k",
        "size=12k",
        "size=1m",
    ] {
        let sandbox = Sandbox::scripted();
        let mut command = sandbox.program("unshare");
        // In the namespace of the mount: it goes with the last process in it.
        let line = "mkdir small && mount -t tmpfs -o $SIZE none small || exit 99
            export SCRIPTED_PID_FILE=$PWD/small/d.pid SCRIPTED_LOG_FILE=$PWD/small/d.log
            \"$D\" start; code=$?
            if [ $code != 0 ]; then
                [ -e small/d.pid ] && echo a pid file is left >&2
                \"$D\" status -q; [ $? = 3 ] || echo not stopped >&2
                mount -o remount,size=1m,nr_inodes=100 small && \"$D\" start || echo no start >&2
            fi
            \"$D\" stop && umount small && exit $code";
        command
            .args(["-m", "sh", "-c", line])
            .env("SIZE", size)
            .env("D", sandbox.exe());
        let ended = Running::begin(command).finish();
        assert!([0, 1].contains(&ended.code()), "{size}: {ended:#?}");
        for text in ["is left", "not stopped", "no start"] {
            assert!(!ended.stderr.contains(text), "{size}: {ended:#?}");
        }
        if ended.code() == 1 {
            failed += 1;
            assert!(ended.stderr.contains("No space left"), "{size}: {ended:#?}");
        }
        inputs += 1;
    }
    println!("small file systems: {inputs} sizes, {failed} too small");
    assert!(failed > 0 && failed < inputs);
}
