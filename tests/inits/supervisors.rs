//! Init systems that keep a foreground daemon, and `OpenRC`, which calls the verbs.

use std::fmt::Write as _;
use std::time::Duration;

use crate::unit::{Kind, Plan};
use tests::machines::{Machine, init};
use tests::support::until_within;

use crate::plans::{dropper, plain};
use crate::site::{assert_status, await_status, blueprint, boot, install, pid};

/// Waits until another process than `before` is the daemon.
fn await_successor(machine: &Machine, plan: &Plan, before: u32) {
    let Plan { name, pid_file, .. } = plan;
    machine.until(&format!(
        "{name} status && p=$(cat {pid_file}) && test -n \"$p\" && test $p != {before}"
    ));
}

/// A killed daemon is started again, and the verbs find the new one. These supervisors also start a
/// service again that was stopped by hand.
fn respawns(machine: &Machine, plan: &Plan) {
    await_status(machine, plan, 0);
    for end in [
        format!("kill -9 $(cat {})", plan.pid_file),
        format!("{} stop", plan.name),
    ] {
        let before = pid(machine, plan);
        machine.ok(&end);
        await_successor(machine, plan, before);
    }
}

fn assert_runs_as_declared(machine: &Machine, plan: &Plan) {
    let user = machine.ok(&format!("stat -c %U /proc/{}", pid(machine, plan)));
    assert_eq!(user.trim(), plan.user.as_deref().unwrap_or("root"));
}

#[test]
fn openrc_and_the_verbs_agree() {
    let Some(machine) = boot(&init::OPENRC) else {
        return;
    };
    for plan in [plain(), dropper()] {
        install(&machine, Kind::Openrc, &plan);
        let name = plan.name.as_str();
        let service = |verb: &str| machine.sh(&format!("rc-service {name} {verb}"));
        assert_eq!(service("status").code, 3);
        let started = service("start");
        assert_eq!(started.code, 0, "{started:?}");
        assert_status(&machine, &plan, 0);
        assert_eq!(service("status").code, 0);
        assert_runs_as_declared(&machine, &plan);
        let first = pid(&machine, &plan);
        assert_eq!(service("reload").code, 0);
        assert_eq!(pid(&machine, &plan), first);
        assert_eq!(service("restart").code, 0);
        assert_ne!(pid(&machine, &plan), first);
        machine.ok(&format!("kill -9 {}", pid(&machine, &plan)));
        await_status(&machine, &plan, 1);
        assert_eq!(service("status").code, 32, "crashed");
        assert_eq!(service("restart").code, 0);
        assert_status(&machine, &plan, 0);
        assert_eq!(service("stop").code, 0);
        assert_status(&machine, &plan, 3);
        machine.ok(&format!("rc-update add {name} default"));
    }
    machine.write("/run/server-fails", "", 0o644);
    let failed = machine.sh("rc-service server start");
    assert_ne!(failed.code, 0);
    assert!(failed.err.contains("told to fail"), "{failed:?}");
    // By default OpenRC finds new services by a time stamp in whole seconds.
    machine.ok("rm /run/server-fails; rc-update -u; openrc default");
    machine.ok("server status && dropper status");
    assert!(machine.ok("rc-status default").contains("server"));
}

#[test]
fn runit_keeps_the_daemon_running() {
    let Some(mut machine) = boot(&init::RUNIT) else {
        return;
    };
    for plan in [plain(), dropper()] {
        install(&machine, Kind::Runit, &plan);
        let name = plan.name.as_str();
        machine.ok(&format!("ln -s /etc/sv/{name} /etc/service/"));
        respawns(&machine, &plan);
        assert_runs_as_declared(&machine, &plan);
        // `check` is the daemon's own status.
        machine.until(&format!("sv status {name} | grep -q ^run"));
        machine.ok(&format!("sv check {name}"));
        machine.ok(&format!("sv stop {name}"));
        await_status(&machine, &plan, 3);
        assert!(machine.ok(&format!("sv status {name}")).starts_with("down"));
        machine.ok(&format!("sv start {name}"));
        assert_status(&machine, &plan, 0);
    }
    let first = pid(&machine, &plain());
    machine.ok("sv hup server");
    machine.until("grep -q reloaded /var/log/server.log");
    assert_eq!(pid(&machine, &plain()), first);
    machine.power_off();
}

#[test]
fn s6_keeps_the_daemon_and_learns_it_is_ready() {
    let Some(machine) = boot(&init::S6) else {
        return;
    };
    for plan in [plain(), dropper()] {
        install(&machine, Kind::S6, &plan);
        let name = plan.name.as_str();
        machine.ok(&format!(
            "ln -s /etc/s6/sv/{name} /run/service/ && s6-svscanctl -a /run/service"
        ));
        let service = format!("/run/service/{name}");
        machine.until(&format!("s6-svwait -U -t 10000 {service}"));
        assert_status(&machine, &plan, 0);
        assert_eq!(
            machine.ok(&format!("s6-svstat -o ready {service}")).trim(),
            "true"
        );
        assert_eq!(
            machine.ok(&format!("s6-svstat -o pid {service}")).trim(),
            pid(&machine, &plan).to_string()
        );
        respawns(&machine, &plan);
        assert_runs_as_declared(&machine, &plan);
        machine.ok(&format!("s6-svc -wD -T 10000 -d {service}"));
        assert_status(&machine, &plan, 3);
        machine.ok(&format!("s6-svc -wU -T 10000 -u {service}"));
        assert_status(&machine, &plan, 0);
    }
    // Ready means after `on_start`, not before.
    machine.ok("s6-svc -wD -T 10000 -d /run/service/server");
    machine.write("/run/server-steps", "4", 0o644);
    machine.ok("s6-svc -wu -T 10000 -u /run/service/server");
    assert_eq!(
        machine.ok("s6-svstat -o ready /run/service/server").trim(),
        "false"
    );
    machine.ok("s6-svwait -U -t 10000 /run/service/server && server status");
}

#[test]
fn busybox_init_respawns_the_daemon() {
    let inittab = "::respawn:/usr/local/bin/server run\n\
                   ::respawn:/usr/local/bin/dropper run\n\
                   ::once:/bin/touch /run/box-ready\n";
    let Some(machine) = blueprint(&init::BUSYBOX)
        .file("/etc/inittab", inittab, 0o644)
        .boot()
    else {
        return;
    };
    for plan in [plain(), dropper()] {
        respawns(&machine, &plan);
        assert_runs_as_declared(&machine, &plan);
    }
}

/// The configuration of supervisord with both daemons.
pub fn supervisord() -> String {
    let mut text = "[unix_http_server]\nfile=/run/supervisor.sock\n\n[supervisord]\nnodaemon=true\n\
                    user=root\nlogfile=/dev/null\nlogfile_maxbytes=0\npidfile=/run/supervisord.pid\n\n\
                    [rpcinterface:supervisor]\nsupervisor.rpcinterface_factory = \
                    supervisor.rpcinterface:make_main_rpcinterface\n\n\
                    [supervisorctl]\nserverurl=unix:///run/supervisor.sock\n"
        .to_owned();
    for name in ["server", "dropper"] {
        write!(
            text,
            "\n[program:{name}]\ncommand=/usr/local/bin/{name} run\nautorestart=true\nstartsecs=0\n"
        )
        .unwrap();
    }
    text
}

#[test]
fn supervisord_keeps_the_daemon_running() {
    let path = "/etc/supervisor/supervisord.conf";
    let Some(machine) = blueprint(&init::SUPERVISORD)
        .file(path, &supervisord(), 0o644)
        .boot()
    else {
        return;
    };
    for plan in [plain(), dropper()] {
        respawns(&machine, &plan);
        assert_runs_as_declared(&machine, &plan);
        let name = &plan.name;
        assert_eq!(
            machine.ok(&format!("supervisorctl pid {name}")).trim(),
            pid(&machine, &plan).to_string()
        );
        machine.ok(&format!("supervisorctl stop {name}"));
        await_status(&machine, &plan, 3);
        machine.ok(&format!("supervisorctl start {name}"));
        await_status(&machine, &plan, 0);
        machine.ok(&format!("supervisorctl signal HUP {name}"));
        assert_status(&machine, &plan, 0);
    }
}

#[test]
fn monit_watches_the_pid_file() {
    let mut text = String::new();
    for plan in [plain(), dropper()] {
        let Plan {
            name,
            pid_file,
            executable,
            ..
        } = &plan;
        writeln!(
            text,
            "check process {name} with pidfile {pid_file}\n  \
                start program = \"{executable} start\"\n  stop program = \"{executable} stop\""
        )
        .unwrap();
    }
    let Some(machine) = blueprint(&init::MONIT)
        .file("/etc/monit/box/daemons", &text, 0o600)
        .boot()
    else {
        return;
    };
    for plan in [plain(), dropper()] {
        await_status(&machine, &plan, 0);
        let before = pid(&machine, &plan);
        machine.ok(&format!("kill -9 {before}"));
        await_successor(&machine, &plan, before);
        assert_runs_as_declared(&machine, &plan);
        machine.ok(&format!("monit -c /etc/box-monitrc stop {}", plan.name));
        await_status(&machine, &plan, 3);
    }
}

/// A container whose PID 1 is the shell's `sleep`: nobody reaps, and a zombie is not a daemon.
#[test]
fn daemon_works_below_a_pid_1_that_reaps_nothing() {
    let Some(machine) = boot(&init::NONE) else {
        return;
    };
    for plan in [plain(), dropper()] {
        let name = &plan.name;
        for _ in 0..2 {
            machine.ok(&format!("{name} start"));
            assert_runs_as_declared(&machine, &plan);
            let before = pid(&machine, &plan);
            machine.ok(&format!("kill -9 {before}"));
            await_status(&machine, &plan, 1);
            // The lock goes a little before the rest of the process does.
            let is_zombie = until_within(Duration::from_secs(10), || {
                let stat = machine.read(&format!("/proc/{before}/stat"));
                stat.contains(") Z ").then_some(())
            });
            assert!(is_zombie.is_some(), "pid {before} is no zombie");
            machine.ok(&format!(
                "{name} start && test $(cat {}) != {before}",
                plan.pid_file
            ));
            machine.ok(&format!("{name} restart && {name} stop"));
            assert_status(&machine, &plan, 3);
        }
    }
}

/// The daemon of a container below its own init: no pid file is needed, and TERM ends it.
#[test]
fn daemon_works_as_pid_1_of_a_container() {
    static AS_PID_ONE: init::Init = init::Init {
        name: "the daemon itself",
        command: &["/usr/local/bin/server", "run"],
        comm: "server: init",
        ready: "server status",
        poweroff: "kill -s TERM 1",
        ..init::NONE
    };
    let Some(mut machine) = boot(&AS_PID_ONE) else {
        return;
    };
    assert_eq!(machine.read("/proc/1/comm").trim(), "server: init");
    assert!(
        machine.console().contains("started"),
        "{}",
        machine.console()
    );
    machine.power_off();
    assert!(
        machine.console().contains("stopped"),
        "{}",
        machine.console()
    );
}
