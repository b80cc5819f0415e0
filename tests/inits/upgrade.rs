//! `upgrade` of a daemon that belongs to an init system: the same process, and nobody starts another.

use crate::unit::{Kind, Plan};
use tests::machines::Machine;
use tests::machines::init::{self, SYSTEMD, SYSTEMD_257};

use crate::plans::{dropper, plain};
use crate::site::{await_status, blueprint, boot, install, pid};

/// Upgrades twice to a program that was put in place of the old one.
fn upgrades(machine: &Machine, plan: &Plan) {
    let name = plan.name.as_str();
    await_status(machine, plan, 0);
    let before = pid(machine, plan);
    let parent = machine.ok(&format!("ps -o ppid= -p {before}"));
    for _ in 0..2 {
        machine.ok(&format!(
            "cp /usr/local/bin/{name} /usr/local/bin/new && mv /usr/local/bin/new /usr/local/bin/{name}"
        ));
        let said = machine.ok(&format!("{name} upgrade"));
        assert!(said.contains(&format!("upgraded, pid {before}")), "{said}");
        await_status(machine, plan, 0);
        assert_eq!(pid(machine, plan), before);
        let exe = machine.ok(&format!("readlink /proc/{before}/exe"));
        assert_eq!(exe.trim(), format!("/usr/local/bin/{name}"));
        assert_eq!(machine.ok(&format!("ps -o ppid= -p {before}")), parent);
    }
    let user = machine.ok(&format!("stat -c %U /proc/{before}"));
    assert_eq!(user.trim(), plan.user.as_deref().unwrap_or("root"));
}

#[test]
fn systemd_keeps_its_main_process() {
    for system in [&SYSTEMD, &SYSTEMD_257] {
        let Some(machine) = boot(system) else {
            continue;
        };
        for plan in [plain(), dropper()] {
            install(&machine, Kind::Systemd, &plan);
            let name = plan.name.as_str();
            let property =
                |name_of: &str| machine.ok(&format!("systemctl show -P {name_of} {name}"));
            machine.ok(&format!(
                "systemctl daemon-reload && systemctl start {name}"
            ));
            let main = property("MainPID");
            upgrades(&machine, &plan);
            assert_eq!(property("MainPID"), main);
            assert_eq!(property("NRestarts").trim(), "0");
            assert_eq!(property("ActiveState").trim(), "active");
            // The connection to the manager was handed over.
            machine.until(&format!(
                "test \"$(systemctl show -P SubState {name})\" = running"
            ));
            machine.ok(&format!("systemctl stop {name}"));
            assert_eq!(property("Result").trim(), "success");
            await_status(&machine, &plan, 3);
        }
    }
}

#[test]
fn detached_daemon_of_a_machine_is_upgraded() {
    let Some(machine) = boot(&init::OPENRC) else {
        return;
    };
    for plan in [plain(), dropper()] {
        install(&machine, Kind::Openrc, &plan);
        let name = plan.name.as_str();
        machine.ok(&format!("rc-service {name} start"));
        upgrades(&machine, &plan);
        machine.ok(&format!("rc-service {name} stop"));
        await_status(&machine, &plan, 3);
    }
}

#[test]
fn runit_and_s6_keep_their_process() {
    let services = [
        (
            &init::RUNIT,
            Kind::Runit,
            "ln -s /etc/sv/NAME /etc/service/",
        ),
        (
            &init::S6,
            Kind::S6,
            "ln -s /etc/s6/sv/NAME /run/service/ && s6-svscanctl -a /run/service",
        ),
    ];
    for (system, kind, start) in services {
        let Some(machine) = boot(system) else {
            continue;
        };
        for plan in [plain(), dropper()] {
            install(&machine, kind, &plan);
            machine.ok(&start.replace("NAME", &plan.name));
            upgrades(&machine, &plan);
        }
    }
}

#[test]
fn supervisord_keeps_its_process() {
    let machine = blueprint(&init::SUPERVISORD).file(
        "/etc/supervisor/supervisord.conf",
        &crate::supervisors::supervisord(),
        0o644,
    );
    let Some(machine) = machine.boot() else {
        return;
    };
    upgrades(&machine, &plain());
    machine.until("supervisorctl status server | grep -q RUNNING");
}
