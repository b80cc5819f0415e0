//! The lock on file systems that count devices in another way than `/proc/locks`, and without it.

use tests::support::{Finished, Running, Sandbox, program_or_skip, root_or_skip};
use tests::{require_namespaces, require_programs};

/// Runs shell lines in a mount namespace, below a writable directory of their own.
fn in_mounts(sandbox: &Sandbox, lines: &str) -> Finished {
    let mut command = sandbox.program("unshare");
    let lines = format!(
        "mkdir m && chmod 755 m && PATH=$PATH:/usr/sbin:/sbin
        o() {{ setpriv --reuid 65534 --regid 65534 --clear-groups \"$@\"; }}
        {lines}"
    );
    command
        .args(["-m", "--propagation", "private", "sh", "-c", &lines])
        .env("D", sandbox.exe());
    Running::begin(command).finish()
}

/// Mounts each file system on `m`.
const FILE_SYSTEMS: [(&str, &str); 4] = [
    ("", "mount -t tmpfs -o mode=755 t m"),
    (
        "mkfs.ext4",
        "truncate -s 16M i && mkfs.ext4 -q i && mount -o loop i m",
    ),
    (
        "mkfs.btrfs",
        "truncate -s 200M i && mkfs.btrfs -q i && mount -o loop i m",
    ),
    (
        "",
        "mkdir a b && mount -t tmpfs -o mode=755 t a && mount -t tmpfs -o mode=755 t b &&
        mkdir b/u b/w && chmod 755 b/u && touch a/l.pid.lock && chmod 600 a/l.pid.lock &&
        mount -t overlay -o lowerdir=a,upperdir=b/u,workdir=b/w t m",
    ),
];

/// An ordinary user sees root's daemon, and a verb sees the holder of the verb lock.
#[test]
fn holder_is_known_on_every_file_system() {
    if !root_or_skip("mount") {
        return;
    }
    require_namespaces!("--mount");
    require_programs!("setpriv");
    for (program, mount) in FILE_SYSTEMS {
        if !program.is_empty() && !program_or_skip(program) {
            continue;
        }
        let sandbox = Sandbox::scripted();
        sandbox.script("");
        let done = in_mounts(
            &sandbox,
            &format!(
                "{mount} || exit 99
                for p in m/p.pid m/l.pid; do
                    \"$D\" start --pid-file $p || exit
                    o \"$D\" status --pid-file $p || exit 98
                    \"$D\" stop --pid-file $p || exit
                    o \"$D\" status --pid-file $p; [ $? = 3 ] || exit 97
                done
                echo 'on_start block 60000' >script
                \"$D\" run --pid-file m/p.pid & run=$!
                until \"$D\" status --pid-file m/p.pid; do :; done
                \"$D\" reload --start-timeout 300ms --stop-timeout 300ms --pid-file m/p.pid 2>err
                grep \"pid $run \" err || exit 96
                kill -9 $run"
            ),
        );
        assert_eq!(done.code(), 0, "{mount}: {done:#?}");
    }
}

#[test]
fn unreadable_list_of_locks_is_unknown() {
    if !root_or_skip("mount") {
        return;
    }
    require_namespaces!("--mount");
    require_programs!("setpriv");
    for proc in ["mount -t proc -o subset=pid proc /proc", "umount -l /proc"] {
        let sandbox = Sandbox::scripted();
        let done = in_mounts(
            &sandbox,
            &format!(
                "\"$D\" start || exit
                ({proc}; o \"$D\" status; echo $?; o \"$D\" status --json; o \"$D\" stop; echo $?)
                \"$D\" stop"
            ),
        );
        let done = done.exits(0).says("unknown: cannot read /proc");
        assert_eq!(done.stdout.lines().filter(|line| *line == "4").count(), 2);
        let _ = done.says("\"exit_code\":4");
    }
}

/// `/proc` of the namespace outside shows another process under the daemon's number.
#[test]
fn facts_come_from_the_own_pid_namespace_only() {
    if !root_or_skip("make a PID namespace") {
        return;
    }
    require_namespaces!("--mount --pid --fork");
    require_programs!("setpriv");
    let sandbox = Sandbox::scripted();
    let done = in_mounts(
        &sandbox,
        "unshare -p --fork --kill-child sh -c '
            \"$D\" start || exit; \"$D\" status || exit 98
            setpriv --reuid 65534 --regid 65534 --clear-groups \"$D\" status; [ $? = 4 ] || exit 97
            \"$D\" stop'",
    );
    let done = done
        .exits(0)
        .says("running, pid ")
        .says("unknown: /proc is that of another PID namespace");
    assert!(!done.stdout.contains("uptime"), "{done:#?}");
}
