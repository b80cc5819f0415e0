//! `no_new_privs` and `capabilities`, as the kernel sees them.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::process::Command;

use rustix::fs::{StatVfsMountFlags, statvfs};
use tests::support::{
    NOBODY, Process, Running, Sandbox, copy_program, eventually, skip_unsupported,
};
use tests::{require_capability, require_namespaces, require_programs, require_root};

/// As the status of a process has it.
const NET_BIND_SERVICE: &str = "0000000000000400";
const KILL: &str = "0000000000000020";
const NONE: &str = "0000000000000000";

/// A place where the log directory belongs to `nobody`.
fn sandbox() -> Option<Sandbox> {
    require_root!("become another user", None);
    let sandbox = Sandbox::scripted();
    fs::create_dir(sandbox.path("logs")).unwrap();
    chown(sandbox.path("logs"), Some(NOBODY), Some(NOBODY)).unwrap();
    Some(sandbox)
}

/// `scripted`, run by `program` with these arguments before it, with its log where nobody can
/// write.
fn by(sandbox: &Sandbox, program: &[&str], arguments: &[&str]) -> Running {
    let [first, rest @ ..] = program else {
        let mut command = sandbox.command(arguments);
        command.env("SCRIPTED_LOG_FILE", sandbox.path("logs/scripted.log"));
        return Running::begin(command);
    };
    let mut command = sandbox.program(first);
    command.args(rest).arg(sandbox.exe()).args(arguments);
    command.env("SCRIPTED_LOG_FILE", sandbox.path("logs/scripted.log"));
    Running::begin(command)
}

fn start(sandbox: &Sandbox, options: &[&str]) -> Process {
    let _ = by(sandbox, &[], &[&["start"], options].concat())
        .finish()
        .exits(0);
    sandbox.daemon()
}

/// Asserts the permitted and effective sets, and that no child can get a capability.
#[track_caller]
fn assert_sets(daemon: &Process, kept: &str) {
    for (set, wanted) in [
        ("CapPrm", kept),
        ("CapEff", kept),
        ("CapInh", NONE),
        ("CapAmb", NONE),
    ] {
        assert_eq!(daemon.field(set), wanted, "{set}");
    }
}

#[test]
fn declared_capability_alone_outlives_the_drop() {
    let Some(sandbox) = sandbox() else { return };
    for names in ["net_bind_service", "CAP_NET_BIND_SERVICE"] {
        let daemon = start(&sandbox, &["--user", "nobody", "--capabilities", names]);
        assert_eq!(daemon.field("Uid"), ["65534"; 4].join("\t"));
        assert_eq!(daemon.field("Groups"), "65534");
        assert_sets(&daemon, NET_BIND_SERVICE);
        assert_eq!(daemon.field("CapBnd"), NET_BIND_SERVICE);
        assert_eq!(daemon.field("NoNewPrivs"), "1");
        sandbox.stop();
    }
    let variable = |text| {
        let mut command = sandbox.command(&["start", "--user", "nobody"]);
        command.env("SCRIPTED_LOG_FILE", sandbox.path("logs/scripted.log"));
        command.env("SCRIPTED_CAPABILITIES", text);
        let _ = Running::begin(command).finish().exits(0);
        sandbox.daemon()
    };
    assert_sets(&variable("kill"), KILL);
    sandbox.stop();
    let daemon = variable("none");
    assert_sets(&daemon, NONE);
    assert_eq!(daemon.field("CapBnd"), NONE);
    sandbox.stop();
    sandbox.assert_nothing_left();
}

#[test]
fn every_thread_has_the_kept_capabilities() {
    let Some(sandbox) = sandbox() else { return };
    sandbox.script("on_start thread");
    let daemon = start(
        &sandbox,
        &["--user", "nobody", "--capabilities", "net_bind_service"],
    );
    let mut threads = 0;
    for task in fs::read_dir(format!("/proc/{}/task", daemon.pid)).unwrap() {
        let status = fs::read_to_string(task.unwrap().path().join("status")).unwrap();
        for line in [
            format!("CapEff:\t{NET_BIND_SERVICE}"),
            "NoNewPrivs:\t1".to_owned(),
        ] {
            assert!(
                status.lines().any(|other| other == line),
                "{line}: {status}"
            );
        }
        threads += 1;
    }
    assert_eq!(threads, 2);
    sandbox.stop();
}

/// In a network namespace of its own, where no other process listens.
#[test]
fn port_80_is_bound_by_nobody_but_not_its_child() {
    require_namespaces!("--net");
    require_programs!("ip perl");
    let Some(sandbox) = sandbox() else { return };
    let bind = "perl -MSocket -e 'socket(S, PF_INET, SOCK_STREAM, 0); \
        exit(bind(S, sockaddr_in(81, INADDR_LOOPBACK)) ? 0 : $!)'";
    sandbox.script(&format!("on_start listen 80\non_start command {bind}"));
    let namespace = [
        "unshare",
        "-n",
        "sh",
        "-c",
        "ip link set lo up && exec \"$0\" \"$@\"",
    ];
    let user = ["start", "--user", "nobody"];
    let refused = by(&sandbox, &namespace, &user).finish().exits(1);
    let _ = refused.complains("PermissionDenied");
    let line = [&user[..], &["--capabilities", "net_bind_service"]].concat();
    let _ = by(&sandbox, &namespace, &line).finish().exits(0);
    let log = fs::read_to_string(sandbox.path("logs/scripted.log")).unwrap();
    // EACCES, as bind(2) says.
    assert!(log.contains("command exit status: 13"), "{log}");
    let listening = sandbox.daemon().read("net/tcp");
    assert!(listening.contains("0100007F:0050"), "{listening}");
    sandbox.stop();
}

#[test]
fn capabilities_of_the_caller_are_dropped() {
    require_programs!("setpriv");
    require_capability!("CAP_SYS_ADMIN");
    let callers = [
        "--inh-caps=+net_bind_service,+sys_admin",
        "--inh-caps=+sys_admin,+kill --ambient-caps=+sys_admin,+kill",
        "--securebits=+no_setuid_fixup",
        "--securebits=+no_setuid_fixup_locked,+no_setuid_fixup",
    ];
    for caller in callers {
        let Some(sandbox) = sandbox() else { return };
        let words = caller.split(' ');
        let setpriv: Vec<_> = ["setpriv"].into_iter().chain(words).collect();
        let line = [
            "start",
            "--user",
            "nobody",
            "--capabilities",
            "net_bind_service",
        ];
        let _ = by(&sandbox, &setpriv, &line).finish().exits(0);
        let daemon = sandbox.daemon();
        assert_sets(&daemon, NET_BIND_SERVICE);
        assert_eq!(daemon.field("CapBnd"), NET_BIND_SERVICE, "{caller}");
        sandbox.stop();
    }
}

/// As under `User=` and `AmbientCapabilities=` of systemd.
#[test]
fn capabilities_from_a_manager_are_cut_to_the_declared() {
    require_programs!("setpriv");
    let Some(sandbox) = Sandbox::scripted_by(NOBODY) else {
        return;
    };
    let given = "+net_bind_service,+kill,+chown";
    let line = format!(
        "exec setpriv --reuid nobody --regid nogroup --clear-groups --inh-caps={given} \
         --ambient-caps={given} \"$0\" \"$@\""
    );
    let mut command = Command::new("sh");
    let as_user = sandbox.command(&["start", "--capabilities", "net_bind_service"]);
    command.args(["-c", &line]).arg(sandbox.exe());
    command.args([
        "start",
        "--user",
        "nobody",
        "--capabilities",
        "net_bind_service",
    ]);
    command.current_dir(sandbox.directory()).env_clear();
    command.envs(
        as_user
            .get_envs()
            .filter_map(|(name, value)| Some((name, value?))),
    );
    let _ = Running::begin(command).finish().exits(0);
    let daemon = sandbox.daemon();
    assert_sets(&daemon, NET_BIND_SERVICE);
    // It may not cut the bounding set; what this one forbids, no setuid program gives.
    assert_eq!(daemon.field("NoNewPrivs"), "1");
    sandbox.stop();
}

#[test]
fn root_keeps_only_the_declared_capabilities() {
    let Some(sandbox) = sandbox() else { return };
    chown(sandbox.path("logs"), Some(0), Some(0)).unwrap();
    let child = sandbox.path("logs/child");
    let line = format!(
        "on_start command grep CapEff /proc/self/status > {}",
        child.display()
    );
    sandbox.script(&line);
    let daemon = start(&sandbox, &["--capabilities", "kill"]);
    assert_eq!(daemon.field("Uid"), "0\t0\t0\t0");
    assert_sets(&daemon, KILL);
    assert_eq!(daemon.field("CapBnd"), KILL);
    // Root's programs get the capabilities of the bounding set, and no others.
    assert_eq!(
        fs::read_to_string(child).unwrap(),
        format!("CapEff:\t{KILL}\n")
    );
    sandbox.stop();
    sandbox.assert_nothing_left();
}

#[test]
fn missing_capability_is_refused_by_name() {
    require_programs!("setpriv");
    let Some(sandbox) = Sandbox::scripted_by(NOBODY) else {
        return;
    };
    for verb in ["start", "run", "check"] {
        let line = [verb, "--capabilities", "net_bind_service,chown"];
        let refused = sandbox.verb(&line).exits(4);
        let _ = refused.complains("CAP_CHOWN, CAP_NET_BIND_SERVICE");
    }
    sandbox.assert_nothing_left();
    let _ = sandbox.verb(&["start", "--capabilities", "none"]).exits(0);
    assert_sets(&sandbox.daemon(), NONE);
    sandbox.stop();
    // Root in a container that has no such right.
    let Some(sandbox) = self::sandbox() else {
        return;
    };
    let setpriv = ["setpriv", "--bounding-set=-net_bind_service"];
    let line = [
        "start",
        "--user",
        "nobody",
        "--capabilities",
        "net_bind_service",
    ];
    let refused = by(&sandbox, &setpriv, &line).finish().exits(4);
    let _ = refused.complains("CAP_NET_BIND_SERVICE");
    sandbox.assert_nothing_left();
}

#[test]
fn invalid_values_are_usage_errors() {
    let sandbox = Sandbox::scripted();
    for (option, value) in [
        ("--capabilities", "net_bind_servise"),
        ("--no-new-privs", "yes"),
    ] {
        let wrong = sandbox.verb(&["start", option, value]).exits(2);
        let _ = wrong.complains(option).complains(&format!("`{value}`"));
    }
    sandbox.assert_nothing_left();
}

/// Capabilities and `no_new_privs` are a thread's: others would keep all they had.
#[test]
fn threads_before_run_are_refused() {
    let sandbox = Sandbox::scripted();
    sandbox.script("main thread");
    for option in [["--capabilities", "none"], ["--no-new-privs", "true"]] {
        let refused = sandbox.verb(&[&["run"], &option[..]].concat()).exits(1);
        let _ = refused.complains("(worker), which would keep the privileges");
    }
    sandbox.assert_nothing_left();
}

/// A setuid program of root that prints its ids.
fn with_setuid_child(sandbox: &Sandbox, program: &[&str], options: &[&str]) -> String {
    let id = sandbox.path("id");
    if !id.exists() {
        copy_program("/usr/bin/id", &id);
        fs::set_permissions(&id, fs::Permissions::from_mode(0o4755)).unwrap();
    }
    let said = sandbox.path("logs/said");
    let _ = fs::remove_file(&said);
    let line = format!("on_start command {} -u > {}", id.display(), said.display());
    sandbox.script(&line);
    let line = [&["start", "--user", "nobody"], options].concat();
    let _ = by(sandbox, program, &line).finish().exits(0);
    sandbox.stop();
    fs::read_to_string(said).unwrap().trim().to_owned()
}

#[test]
fn setuid_program_gains_nothing_unless_allowed() {
    let Some(sandbox) = sandbox() else { return };
    let mount = statvfs(sandbox.directory()).unwrap();
    if mount.f_flag.contains(StatVfsMountFlags::NOSUID) {
        let directory = sandbox.directory().display();
        skip_unsupported(&format!("setuid means nothing in {directory}"));
        return;
    }
    let child = |options: &[&str]| with_setuid_child(&sandbox, &[], options);
    assert_eq!(child(&[]), "65534");
    assert_eq!(child(&["--no-new-privs", "true"]), "65534");
    assert_eq!(child(&["--no-new-privs", "false"]), "0");
    assert_eq!(child(&["--capabilities", "kill"]), "65534");
    let both = ["--capabilities", "kill", "--no-new-privs", "false"];
    assert_eq!(child(&both), "0");
}

#[test]
fn no_new_privs_is_set_on_a_drop_or_by_option() {
    let sandbox = Sandbox::scripted();
    let field = |options: &[&str]| {
        let _ = sandbox.verb(&[&["start"], options].concat()).exits(0);
        let field = sandbox.daemon().field("NoNewPrivs");
        sandbox.stop();
        field
    };
    assert_eq!(field(&[]), "0");
    assert_eq!(field(&["--no-new-privs", "true"]), "1");
    assert_eq!(field(&["--capabilities", "none"]), "1");
    let neither = ["--capabilities", "none", "--no-new-privs", "false"];
    assert_eq!(field(&neither), "0");
}

#[test]
fn run_confines_itself() {
    let Some(sandbox) = sandbox() else { return };
    let line = [
        "run",
        "--user",
        "nobody",
        "--capabilities",
        "net_bind_service",
    ];
    let running = by(&sandbox, &[], &line);
    let daemon = running.process();
    eventually("it has given them up", || {
        daemon.field("CapEff") == NET_BIND_SERVICE && daemon.field("NoNewPrivs") == "1"
    });
    assert_sets(&daemon, NET_BIND_SERVICE);
    eventually("it runs", || {
        sandbox.verb(&["status", "-q"]).code() == 0 && daemon.name() == "scripted"
    });
    sandbox.stop();
    let _ = running.finish().exits(0);
}
