//! The machines themselves: each init system boots and shuts down, and nothing is left of one.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{Command, Stdio};
use std::time::Duration;

use tests::machines::{Machine, Plan, Traces, init};
use tests::support::until_within;

/// The kernel needs a moment to end a process after its parent's death.
const MOMENT: Duration = Duration::from_secs(10);

fn assert_nothing_left(traces: &Traces) {
    let gone = until_within(MOMENT, || traces.left().is_empty().then_some(()));
    assert!(gone.is_some(), "left behind: {:?}", traces.left());
}

fn mounts() -> String {
    fs::read_to_string("/proc/self/mountinfo").unwrap()
}

#[test]
fn every_init_system_boots_and_shuts_down() {
    for system in init::ALL {
        let Some(mut machine) = Plan::new(system).boot() else {
            continue;
        };
        assert_eq!(
            machine.read("/proc/1/comm").trim(),
            system.comm,
            "{}",
            system.name
        );
        let traces = machine.traces();
        assert!(
            traces.left().len() > 2,
            "a running machine shows: {traces:?}"
        );
        if !system.poweroff.is_empty() {
            machine.power_off();
        }
        drop(machine);
        assert_nothing_left(&traces);
    }
}

#[test]
fn panicking_test_leaves_nothing() {
    let before = mounts();
    let mut traces = None;
    let result = catch_unwind(AssertUnwindSafe(|| {
        let machine: Option<Machine> = Plan::new(&init::SYSTEMD).boot();
        let Some(machine) = machine else { return };
        machine.ok("sleep 1000 & setsid sleep 1000 & systemd-run --quiet sleep 1000");
        traces = Some(machine.traces());
        panic!("on purpose");
    }));
    let Some(traces) = traces else { return };
    assert!(result.is_err());
    assert_nothing_left(&traces);
    assert_eq!(mounts(), before);
}

/// Not a test: the next test kills this one.
#[test]
#[ignore = "a child of killed_test_leaves_no_process"]
fn waits_to_be_killed() {
    let Some(machine) = Plan::new(&init::NONE).boot() else {
        return;
    };
    println!("box {}", machine.pid());
    std::thread::sleep(Duration::from_secs(600));
}

#[test]
fn killed_test_leaves_no_process() {
    if Plan::new(&init::NONE).boot().is_none() {
        return;
    }
    let program = std::env::current_exe().unwrap();
    let mut child = Command::new(program)
        .args([
            "--exact",
            "machines::waits_to_be_killed",
            "--ignored",
            "--nocapture",
        ])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let pid = lines.find_map(|line| line.unwrap().strip_prefix("box ").map(str::to_owned));
    let pid = pid.expect("the child boots a machine");
    let namespace = fs::read_link(format!("/proc/{pid}/ns/pid")).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let gone = || fs::read_link(format!("/proc/{pid}/ns/pid")).ok() != Some(namespace.clone());
    assert!(
        until_within(MOMENT, || gone().then_some(())).is_some(),
        "PID 1 of the box lives"
    );
    // Its cgroup and its stage stay until the next machine of another process is made.
    let stem = format!("daemon-box-{}-", child.id());
    drop(Plan::new(&init::NONE).boot());
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap();
    let cgroup = mounts
        .lines()
        .find(|line| line.split(' ').nth(2) == Some("cgroup2"))
        .unwrap();
    let directory = fs::read_dir(cgroup.split(' ').nth(1).unwrap())
        .unwrap()
        .flatten();
    let left: Vec<_> = directory
        .map(|entry| entry.file_name().into_string().unwrap())
        .filter(|name| name.starts_with(&stem))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

/// A machine must not change the kernel for the others.
#[test]
fn machine_cannot_change_kernel_settings() {
    let Some(machine) = Plan::new(&init::SYSTEMD).boot() else {
        return;
    };
    let output = machine.sh("cat /proc/sys/vm/swappiness >/proc/sys/vm/swappiness");
    assert_ne!(output.code, 0, "{output:?}");
    assert!(output.err.contains("Read-only"), "{output:?}");
}

/// The files that a test writes stay in the machine, from its first moment on.
#[test]
fn machine_writes_nothing_outside() {
    for _ in 0..10 {
        let Some(machine) = Plan::new(&init::NONE).boot() else {
            return;
        };
        machine.write("/etc/box-was-here", "", 0o644);
        machine.ok("test -e /etc/box-was-here");
        assert!(!fs::exists("/etc/box-was-here").unwrap());
    }
}
