//! A daemon is never less confined than it declares: each system call by which it gives something
//! up fails in turn, and the start with it.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};

use nix::errno::Errno;
use nix::libc;
use tests::support::{NOBODY, Process, Sandbox};
use tests::{require_capability, require_root};

use super::tracer::{self, Act, Aim, CALLER, DAEMON, Which};

/// Those that say what the process has or may do, and change it.
const CALLS: &[i64] = &[
    libc::SYS_capget,
    libc::SYS_capset,
    libc::SYS_chdir,
    libc::SYS_chroot,
    libc::SYS_fchdir,
    libc::SYS_getgroups,
    libc::SYS_getresgid,
    libc::SYS_getresuid,
    libc::SYS_prctl,
    libc::SYS_prlimit64,
    libc::SYS_setgroups,
    libc::SYS_setresgid,
    libc::SYS_setresuid,
];

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::scripted();
    for directory in ["jail", "jail/logs"] {
        fs::create_dir(sandbox.path(directory)).unwrap();
    }
    let mode = fs::Permissions::from_mode(0o755);
    fs::set_permissions(sandbox.path("jail"), mode).unwrap();
    chown(sandbox.path("jail/logs"), Some(NOBODY), Some(NOBODY)).unwrap();
    sandbox
}

fn line(sandbox: &Sandbox) -> Vec<String> {
    let path = |name| sandbox.path(name).display().to_string();
    [
        "start".to_owned(),
        "--user=nobody".to_owned(),
        "--capabilities=net_bind_service".to_owned(),
        "--rlimits=nofile=100:200".to_owned(),
        "--core=off".to_owned(),
        format!("--chroot={}", path("jail")),
        format!("--log-file={}", path("jail/logs/scripted.log")),
    ]
    .to_vec()
}

fn run(sandbox: &Sandbox, aim: Option<Aim>) -> tracer::Trace {
    let line = line(sandbox);
    let words: Vec<_> = line.iter().map(String::as_str).collect();
    tracer::run(sandbox, &words, None, aim)
}

#[test]
fn failed_confinement_fails_the_start() {
    require_root!("become another user");
    require_capability!("CAP_SYS_PTRACE");
    let place = sandbox();
    let seen = run(&place, None);
    assert_eq!(seen.code, 0, "{seen:#?}");
    assert_confined(&place.daemon(), "");
    assert_limits_come_first(&seen.calls[DAEMON]);
    place.stop();
    let (mut failed, mut tolerated) = (0, 0);
    for role in [CALLER, DAEMON] {
        for (call, number) in seen.calls[role].iter().enumerate() {
            if !CALLS.contains(number) {
                continue;
            }
            let place = sandbox();
            let (which, act) = (Which::Nth(call), Act::Fail(Errno::EPERM));
            let trace = run(&place, Some(Aim { role, which, act }));
            let input = format!("call {number} of process {role}: {trace}");
            assert!(trace.hit, "{input}");
            if trace.code == 0 {
                tolerated += 1;
                assert_confined(&place.daemon(), &input);
                place.stop();
            } else {
                failed += 1;
                assert!(trace.stderr.starts_with("scripted: "), "{input}");
            }
            place.assert_nothing_left();
        }
    }
    println!("confinement: {failed} calls failed the start, {tolerated} were done without");
    // One for each capability that goes, and those of the change of user.
    assert!(failed > 40, "{failed}");
}

/// Limits are set before the rights to raise them are gone, also where the machine's root has none.
#[track_caller]
fn assert_limits_come_first(calls: &[i64]) {
    let last = |number| calls.iter().rposition(|call| *call == number);
    let first = |number| calls.iter().position(|call| *call == number);
    let limits = last(libc::SYS_prlimit64).unwrap();
    for dropping in [libc::SYS_setgroups, libc::SYS_capset] {
        assert!(limits < first(dropping).unwrap(), "{calls:?}");
    }
}

#[track_caller]
fn assert_confined(daemon: &Process, input: &str) {
    assert_eq!(daemon.field("Uid"), ["65534"; 4].join("\t"), "{input}");
    assert_eq!(daemon.field("Groups"), "65534", "{input}");
    for (set, wanted) in [("Inh", "0"), ("Prm", "400"), ("Eff", "400"), ("Bnd", "400")] {
        let found = daemon.field(&format!("Cap{set}"));
        assert_eq!(found, format!("{wanted:0>16}"), "{set}: {input}");
    }
    assert_eq!(daemon.field("NoNewPrivs"), "1", "{input}");
    let root = fs::read_link(format!("/proc/{}/root", daemon.pid)).unwrap();
    assert!(root.ends_with("jail"), "{input}");
    let limits = daemon.read("limits");
    let line = limits.lines().find(|line| line.contains("open files"));
    let words: Vec<_> = line.unwrap().split_whitespace().skip(3).collect();
    assert_eq!(words[..2], ["100", "200"], "{input}");
}
