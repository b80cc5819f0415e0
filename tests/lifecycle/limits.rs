//! `rlimits` and `core`, as the kernel sees them.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::Path;

use rustix::process::{Resource, Signal, getrlimit};
use tests::support::{NOBODY, Process, Running, Sandbox, skip_unsupported};
use tests::{require_programs, require_root};

/// Soft and hard limit, as `/proc/PID/limits` has them.
#[track_caller]
fn limit(process: &Process, name: &str) -> (String, String) {
    let limits = process.read("limits");
    let line = limits.lines().find_map(|line| line.strip_prefix(name));
    assert!(line.is_some(), "no {name} in {limits}");
    let mut words = line.unwrap().split_whitespace().map(str::to_owned);
    (words.next().unwrap(), words.next().unwrap())
}

#[track_caller]
fn assert_limit(process: &Process, name: &str, soft: &str, hard: &str) {
    let wanted = (soft.to_owned(), hard.to_owned());
    assert_eq!(limit(process, name), wanted, "{name}");
}

#[test]
fn limits_are_the_declared_ones() {
    let sandbox = Sandbox::scripted();
    let child = sandbox.path("child");
    let line = format!(
        "on_start command cat /proc/self/limits > {}",
        child.display()
    );
    sandbox.script(&line);
    // Above the number of the processes that the user of the tests has.
    let processes = getrlimit(Resource::Nproc).maximum.unwrap_or(1 << 22);
    let processes = processes.to_string();
    let limits = "nofile=200:300,stack=4M:8M,core=0,fsize=1G,cpu=3600";
    let limits = format!("{limits},nproc={processes}:{processes}");
    let _ = sandbox.verb(&["start", "--rlimits", &limits]).exits(0);
    let daemon = sandbox.daemon();
    assert_limit(&daemon, "Max open files", "200", "300");
    assert_limit(&daemon, "Max stack size", "4194304", "8388608");
    assert_limit(&daemon, "Max core file size", "0", "0");
    assert_limit(&daemon, "Max file size", "1073741824", "1073741824");
    assert_limit(&daemon, "Max cpu time", "3600", "3600");
    assert_limit(&daemon, "Max processes", &processes, &processes);
    let child = fs::read_to_string(child).unwrap();
    assert_eq!(child, daemon.read("limits"));
    sandbox.stop();
}

/// By the variable, which the option overrides.
#[test]
fn limits_are_set_by_variable_and_option() {
    let sandbox = Sandbox::scripted();
    let start = |options: &[&str]| {
        let mut command = sandbox.command(&[&["start"], options].concat());
        command.env("SCRIPTED_RLIMITS", "nofile=200");
        let _ = Running::begin(command).finish().exits(0);
        let found = limit(&sandbox.daemon(), "Max open files").0;
        sandbox.stop();
        found
    };
    assert_eq!(start(&[]), "200");
    assert_eq!(start(&["--rlimits", "nofile=201"]), "201");
    let own = getrlimit(Resource::Nofile).current.unwrap().to_string();
    assert_eq!(start(&["--rlimits", "none"]), own);
}

/// They are set before the rights to do so are gone.
#[test]
fn root_raises_a_hard_limit_for_another_user() {
    require_programs!("prlimit");
    let Some(sandbox) = work_site() else { return };
    // Where the machine's root may not, there is nothing to see.
    let may = sandbox.shell("prlimit --nofile=100:100 sh -c 'ulimit -Hn 300'");
    if may.code() != 0 {
        skip_unsupported("this root may not raise hard limits");
        return;
    }
    let mut command = sandbox.program("prlimit");
    command.args(["--nofile=100:100"]).arg(sandbox.exe());
    command.args(["start", "--user", "nobody", "--rlimits", "nofile=200:300"]);
    command.env("SCRIPTED_LOG_FILE", sandbox.path("work/scripted.log"));
    let _ = Running::begin(command).finish().exits(0);
    assert_limit(&sandbox.daemon(), "Max open files", "200", "300");
    sandbox.stop();
}

#[test]
fn limit_above_the_hard_one_is_refused_by_name() {
    require_programs!("prlimit");
    let Some(sandbox) = Sandbox::scripted_by(NOBODY) else {
        return;
    };
    for verb in ["start", "run", "check"] {
        let mut command = sandbox.program("prlimit");
        command.args(["--nofile=100:200"]).arg(sandbox.exe());
        command.args([verb, "--rlimits", "nproc=10,nofile=100:201"]);
        let refused = Running::begin(command).finish().exits(4);
        let _ = refused.complains("`nofile`").complains("200");
    }
    sandbox.assert_nothing_left();
    let mut command = sandbox.program("prlimit");
    command.args(["--nofile=100:200"]).arg(sandbox.exe());
    command.args(["start", "--rlimits", "nofile=200"]);
    let _ = Running::begin(command).finish().exits(0);
    assert_limit(&sandbox.daemon(), "Max open files", "200", "200");
    sandbox.stop();
}

/// Root of a user namespace has the capability, and the kernel does not heed it.
#[test]
fn root_of_a_user_namespace_is_refused_before_the_start() {
    require_programs!("unshare prlimit");
    let Some(sandbox) = Sandbox::scripted_by(NOBODY) else {
        return;
    };
    if sandbox.shell("unshare -Ur true").code() != 0 {
        skip_unsupported("ordinary users may make no user namespace");
        return;
    }
    for verb in ["check", "start", "run"] {
        let mut command = sandbox.program("unshare");
        command.args(["-Ur", "prlimit", "--nproc=100:100"]);
        command.arg(sandbox.exe());
        command.args([verb, "--rlimits", "nproc=200"]);
        let refused = Running::begin(command).finish().exits(4);
        let _ = refused
            .complains("cannot set limit `nproc` to 200")
            .complains("100");
    }
    sandbox.assert_nothing_left();
}

#[test]
fn nofile_above_the_systems_limit_is_refused_by_name() {
    let sandbox = Sandbox::scripted();
    let above = fs::read_to_string("/proc/sys/fs/nr_open").unwrap();
    let above = above.trim().parse::<u64>().unwrap() + 1;
    let option = format!("nofile={above}");
    let refused = sandbox.verb(&["check", "--rlimits", &option]).exits(4);
    let _ = refused.complains("fs.nr_open");
}

#[test]
fn invalid_values_are_usage_errors() {
    let sandbox = Sandbox::scripted();
    for (option, value, named) in [
        ("--rlimits", "nofiles=1", "`nofiles`"),
        ("--rlimits", "nofile=2:1", "`nofile`"),
        ("--rlimits", "stack=1T", "`1T`"),
        ("--core", "maybe", "`maybe`"),
    ] {
        let wrong = sandbox.verb(&["start", option, value]).exits(2);
        let _ = wrong.complains(option).complains(named);
    }
    sandbox.assert_nothing_left();
}

/// A limit that is too small for the daemon itself is reported, and the start leaves nothing.
#[test]
fn limit_that_starves_the_start_is_reported() {
    let sandbox = Sandbox::scripted();
    let failed = sandbox.verb(&["start", "--rlimits", "nofile=5"]).exits(1);
    // EMFILE by number, because its text is the C library's.
    let _ = failed.complains("(os error 24)");
    sandbox.assert_nothing_left();
}

/// A place with a directory to work and to crash in, which belongs to `nobody`.
fn work_site() -> Option<Sandbox> {
    require_root!("become another user", None);
    let sandbox = Sandbox::scripted();
    fs::create_dir(sandbox.path("work")).unwrap();
    chown(sandbox.path("work"), Some(NOBODY), Some(NOBODY)).unwrap();
    Some(sandbox)
}

/// Starts the daemon with this soft limit of core files, if it is to be another one than the
/// caller's.
fn start(sandbox: &Sandbox, soft: &str, options: &[&str]) -> Process {
    let work = sandbox.path("work");
    let mut command = sandbox.program("prlimit");
    command.arg(format!("--core={soft}:")).arg(sandbox.exe());
    command
        .args(["start", "--working-dir"])
        .arg(&work)
        .args(options);
    command.env("SCRIPTED_LOG_FILE", work.join("scripted.log"));
    let _ = Running::begin(command).finish().exits(0);
    sandbox.daemon()
}

/// Whether the daemon leaves a core file in its working directory when it crashes.
fn dumps(sandbox: &Sandbox, daemon: &Process) -> bool {
    daemon.signal(Signal::ABORT);
    daemon.wait_for_end();
    let _ = sandbox.verb(&["stop"]).exits(0);
    let entries = fs::read_dir(sandbox.path("work")).unwrap();
    let cores: Vec<_> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            let name = path.file_name().unwrap().to_string_lossy();
            name.starts_with("core")
        })
        .collect();
    for core in &cores {
        fs::remove_file(core).unwrap();
    }
    !cores.is_empty()
}

/// Whether dumps go to a file in the working directory here, and may have a size, `core(5)`.
fn core_files_are_seen() -> bool {
    let pattern = fs::read_to_string("/proc/sys/kernel/core_pattern").unwrap();
    let dumps = fs::read_to_string("/proc/sys/fs/suid_dumpable").unwrap();
    let is_plain = pattern.starts_with("core") && !pattern.contains('/') && dumps.trim() == "0";
    let seen = is_plain && getrlimit(Resource::Core).maximum.is_none();
    if !seen {
        println!("core files are not looked for, since they go elsewhere: {pattern}");
    }
    seen
}

/// Of the files in its directory of `/proc`: root's unless it may be dumped, `proc(5)`.
fn owner(daemon: &Process) -> u32 {
    let path = format!("/proc/{}/fd", daemon.pid);
    fs::metadata(Path::new(&path)).unwrap().uid()
}

#[test]
fn core_on_dumps_after_a_change_of_user() {
    require_programs!("prlimit");
    let Some(sandbox) = work_site() else { return };
    let user = ["--user", "nobody"];
    let seen = core_files_are_seen();
    // As the kernel has it: no dump after a change of ids, whatever the limit.
    let daemon = start(&sandbox, "unlimited", &user);
    assert_eq!(owner(&daemon), 0);
    assert!(!dumps(&sandbox, &daemon) || !seen);
    let daemon = start(&sandbox, "0", &[&user[..], &["--core", "on"]].concat());
    assert_eq!(owner(&daemon), NOBODY, "it may be dumped");
    let (soft, hard) = limit(&daemon, "Max core file size");
    assert_eq!(soft, hard);
    assert_eq!(dumps(&sandbox, &daemon), seen);
    // Also beside what would turn it off again.
    let all = [
        "--core",
        "on",
        "--capabilities",
        "kill",
        "--no-new-privs",
        "true",
    ];
    let daemon = start(&sandbox, "0", &[&user[..], &all].concat());
    assert_eq!(owner(&daemon), NOBODY);
    assert_eq!(dumps(&sandbox, &daemon), seen);
}

#[test]
fn core_off_dumps_nothing() {
    require_programs!("prlimit");
    let Some(sandbox) = work_site() else { return };
    chown(sandbox.path("work"), Some(0), Some(0)).unwrap();
    let seen = core_files_are_seen();
    let daemon = start(&sandbox, "unlimited", &[]);
    assert_eq!(dumps(&sandbox, &daemon), seen, "as the caller has it");
    let daemon = start(&sandbox, "unlimited", &["--core", "off"]);
    assert_limit(&daemon, "Max core file size", "0", "0");
    assert!(!dumps(&sandbox, &daemon));
}

/// For a program that takes dumps by a pipe the limit does not count: the other switch does, which
/// also makes the daemon's files in `/proc` root's.
#[test]
fn core_off_makes_a_users_daemon_undumpable() {
    require_programs!("prlimit");
    let Some(sandbox) = Sandbox::scripted_by(NOBODY) else {
        return;
    };
    let daemon = sandbox.start();
    assert_eq!(owner(&daemon), NOBODY);
    sandbox.stop();
    let _ = sandbox.verb(&["start", "--core", "off"]).exits(0);
    assert_eq!(owner(&sandbox.daemon()), 0);
    // The verbs of its user still work.
    let status = sandbox.verb(&["status"]).exits(0);
    let _ = status.says("uptime").says("memory");
    let _ = sandbox.verb(&["reload"]).exits(0);
    fs::remove_file(sandbox.pid_file()).unwrap();
    sandbox.wait_for_log("restored the pid file");
    sandbox.stop();
}
