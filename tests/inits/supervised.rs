//! `start` and `restart` of a daemon that belongs to a supervisor.

use crate::unit::{Kind, Plan};
use tests::machines::init::{SYSTEMD, SYSTEMD_257};
use tests::machines::{Machine, init};

use crate::plans::{dropper, plain};
use crate::site::{assert_status, await_status, blueprint, boot, install, pid};

/// The exit codes of `run` beside a daemon, and of a verb that leaves the daemon to its supervisor.
const ALREADY_RUNNING: i32 = 150;
const SUPERVISED: i32 = 151;

fn parent(machine: &Machine, plan: &Plan) -> u32 {
    let pid = pid(machine, plan);
    let parent = machine.ok(&format!("ps -o ppid= -p {pid}"));
    parent.trim().parse().unwrap()
}

/// Refuses a start and a restart by hand, also between a crash and the supervisor's own restart.
fn leaves_it_to(machine: &Machine, plan: &Plan, start: &str, restart: &str) {
    let name = plan.name.as_str();
    await_status(machine, plan, 0);
    let (before, supervisor) = (pid(machine, plan), parent(machine, plan));
    for verb in ["restart", "try-restart"] {
        let refused = machine.sh(&format!("{name} {verb}"));
        assert_eq!(refused.code, SUPERVISED, "{refused:?}");
        assert!(
            refused.err.contains(&format!("pid {supervisor}")),
            "{refused:?}"
        );
        assert!(refused.err.contains(restart), "{refused:?}");
    }
    assert_eq!(pid(machine, plan), before);
    // Stopped, the supervisor cannot be quicker than the verb.
    machine.ok(&format!("kill -STOP {supervisor}; kill -9 {before}"));
    await_status(machine, plan, 1);
    for verb in ["start", "restart"] {
        let refused = machine.sh(&format!("{name} {verb}"));
        assert_eq!(refused.code, SUPERVISED, "{refused:?}");
        assert!(refused.err.contains(start), "{refused:?}");
    }
    assert_eq!(machine.sh(&format!("{name} try-restart")).code, 0);
    machine.ok(&format!("kill -CONT {supervisor}"));
    await_status(machine, plan, 0);
    assert_eq!(parent(machine, plan), supervisor);
    let before = pid(machine, plan);
    machine.ok(restart);
    machine.until(&format!(
        "{name} status && p=$(cat {}) && test -n \"$p\" && test $p != {before}",
        plan.pid_file
    ));
    let by_hand = machine.sh(&format!("{name} run"));
    assert_eq!(by_hand.code, ALREADY_RUNNING, "{by_hand:?}");
}

#[test]
fn runit_keeps_its_daemon() {
    let Some(machine) = boot(&init::RUNIT) else {
        return;
    };
    for plan in [plain(), dropper()] {
        install(&machine, Kind::Runit, &plan);
        let name = plan.name.as_str();
        machine.ok(&format!("ln -s /etc/sv/{name} /etc/service/"));
        let [start, restart] = ["start", "restart"].map(|verb| format!("sv {verb} /etc/sv/{name}"));
        leaves_it_to(&machine, &plan, &start, &restart);
        // Beside another daemon the service stays down.
        machine.ok(&format!("sv down {name}"));
        await_status(&machine, &plan, 3);
        machine.ok(&format!(
            "rm -rf /run/{name}.pid.lock /run/{name}; {name} start"
        ));
        let _ = machine.sh(&format!("sv -w 1 up {name}"));
        machine.until(&format!("sv status {name} | grep -q ^down"));
        assert_status(&machine, &plan, 0);
        machine.ok(&format!("{name} stop"));
    }
}

#[test]
fn s6_keeps_its_daemon() {
    let Some(machine) = boot(&init::S6) else {
        return;
    };
    for plan in [plain(), dropper()] {
        install(&machine, Kind::S6, &plan);
        let name = plan.name.as_str();
        machine.ok(&format!(
            "ln -s /etc/s6/sv/{name} /run/service/ && s6-svscanctl -a /run/service"
        ));
        let [start, restart] =
            ["-u", "-r"].map(|option| format!("s6-svc {option} /etc/s6/sv/{name}"));
        leaves_it_to(&machine, &plan, &start, &restart);
        machine.ok(&format!("s6-svc -wD -T 10000 -d /run/service/{name}"));
        machine.ok(&format!(
            "rm -rf /run/{name}.pid.lock /run/{name}; {name} start"
        ));
        let _ = machine.sh(&format!("s6-svc -u /run/service/{name}"));
        machine.until(&format!(
            "s6-svstat /run/service/{name} | grep -q '^down.*exitcode 150'"
        ));
        assert_status(&machine, &plan, 0);
        machine.ok(&format!("{name} stop"));
    }
}

#[test]
fn supervisord_keeps_its_daemon() {
    let Some(machine) = blueprint(&init::SUPERVISORD)
        .file(
            "/etc/supervisor/supervisord.conf",
            &crate::supervisors::supervisord(),
            0o644,
        )
        .boot()
    else {
        return;
    };
    // PID 1 is the supervisor here, and cannot be stopped. So the program starts again by hand.
    let plan = plain();
    await_status(&machine, &plan, 0);
    let before = pid(&machine, &plan);
    let refused = machine.sh("server restart");
    assert_eq!(refused.code, SUPERVISED, "{refused:?}");
    assert!(
        refused.err.contains("supervisorctl restart server"),
        "{refused:?}"
    );
    assert_eq!(pid(&machine, &plan), before);
    machine.ok("supervisorctl stop server");
    let refused = machine.sh("server start");
    assert_eq!(refused.code, SUPERVISED, "{refused:?}");
    assert!(
        refused.err.contains("supervisorctl start server"),
        "{refused:?}"
    );
    machine.ok("supervisorctl start server");
    await_status(&machine, &plan, 0);
}

#[test]
fn supervise_daemon_keeps_its_daemon() {
    let script = "#!/sbin/openrc-run\nsupervisor=supervise-daemon\nrespawn_delay=1\n\
                  command=/usr/local/bin/server\ncommand_args=run\n";
    let Some(machine) = blueprint(&init::OPENRC)
        .file("/etc/init.d/server", script, 0o755)
        .boot()
    else {
        return;
    };
    machine.ok("rc-service server start");
    let [start, restart] = ["start", "restart"].map(|verb| format!("rc-service server {verb}"));
    leaves_it_to(&machine, &plain(), &start, &restart);
}

#[test]
fn systemd_starts_and_restarts_its_daemon() {
    for system in [&SYSTEMD, &SYSTEMD_257] {
        let Some(machine) = boot(system) else {
            continue;
        };
        for plan in [plain(), dropper()] {
            install(&machine, Kind::Systemd, &plan);
            let name = plan.name.as_str();
            let slow = format!("/etc/systemd/system/{name}.service.d/slow.conf");
            machine.write(&slow, "[Service]\nRestartSec=10min\n", 0o644);
            machine.ok(&format!(
                "systemctl daemon-reload && systemctl start {name}"
            ));
            let main = || machine.ok(&format!("systemctl show -P MainPID {name}"));
            let is_the_units = |before: u32| {
                let now = pid(&machine, &plan);
                assert_ne!(now, before);
                assert_eq!(main().trim(), now.to_string());
                machine.ok(&format!("systemctl is-active {name}"));
            };
            let mut before = pid(&machine, &plan);
            for verb in ["restart", "try-restart"] {
                let asked = machine.ok(&format!("{name} {verb}"));
                assert!(
                    asked.contains(&format!("by systemd, as {name}.service")),
                    "{asked}"
                );
                is_the_units(before);
                before = pid(&machine, &plan);
            }
            // Between a crash and the unit's own restart.
            for verb in ["start", "restart"] {
                machine.ok(&format!("kill -9 {before}"));
                await_status(&machine, &plan, 1);
                let asked = machine.ok(&format!("{name} {verb}"));
                assert!(asked.contains("started by systemd"), "{asked}");
                is_the_units(before);
                before = pid(&machine, &plan);
            }
            let by_hand = machine.sh(&format!("{name} run"));
            assert_eq!(by_hand.code, ALREADY_RUNNING, "{by_hand:?}");
            // The unit fails beside another daemon, and does not try again.
            machine.ok(&format!("systemctl stop {name} && rm -f {slow}"));
            machine.ok(&format!(
                "rm -rf /run/{name}.pid.lock /run/{name}; systemctl daemon-reload"
            ));
            machine.ok(&format!("{name} start"));
            before = pid(&machine, &plan);
            assert_ne!(machine.sh(&format!("systemctl start {name}")).code, 0);
            machine.ok(&format!("systemctl is-failed {name}"));
            let restarts = machine.ok(&format!("systemctl show -P NRestarts {name}"));
            assert_eq!(restarts.trim(), "0");
            assert_eq!(pid(&machine, &plan), before);
            machine.ok(&format!("{name} restart && {name} stop"));
            // The verb reports the failure that systemd reports.
            machine.ok(&format!(
                "systemctl reset-failed {name} && systemctl start {name}"
            ));
            machine.write("/run/server-fails", "", 0o644);
            let failed = machine.sh(&format!("{name} restart"));
            if name == "server" {
                assert_eq!(failed.code, 1, "{failed:?}");
                assert!(failed.err.contains("systemctl status"), "{failed:?}");
            }
            machine.ok("rm /run/server-fails");
        }
    }
}
