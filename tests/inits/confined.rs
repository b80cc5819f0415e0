//! Daemons that keep some rights, under a manager that gives them.

use crate::unit::{Choice, Kind, Plan};
use tests::machines::Machine;
use tests::machines::init::{SYSTEMD, SYSTEMD_257};

use crate::plans::{dropper, file, in_a_jail, plain, with_rights, with_setuid_children};
use crate::site::{assert_status, blueprint, install, pid};

/// The values of `key` in a unit; a list that is written twice has both.
fn values(unit: &str, key: &str) -> Vec<String> {
    let lines = unit.lines().filter_map(|line| line.split_once('='));
    lines
        .filter(|(name, _)| *name == key)
        .map(|(_, value)| value.to_owned())
        .collect()
}

fn unit(plan: &Plan) -> String {
    file(Kind::Systemd, plan).text
}

#[test]
fn unit_declares_what_the_daemon_keeps() {
    let text = unit(&with_rights());
    assert_eq!(values(&text, "User"), ["games"]);
    assert_eq!(
        values(&text, "AmbientCapabilities"),
        ["CAP_NET_BIND_SERVICE"]
    );
    assert_eq!(
        values(&text, "CapabilityBoundingSet"),
        ["CAP_NET_BIND_SERVICE"]
    );
    assert_eq!(values(&text, "NoNewPrivileges"), ["yes"]);
    assert_eq!(values(&text, "LimitNOFILE"), ["100:200"]);
    assert_eq!(values(&text, "LimitCORE"), ["0"]);
    // Root that stays root, and keeps less.
    let text = unit(&Plan {
        user: None,
        group: None,
        ..with_rights()
    });
    assert!(values(&text, "AmbientCapabilities").is_empty());
    assert_eq!(
        values(&text, "CapabilityBoundingSet"),
        ["CAP_NET_BIND_SERVICE"]
    );
    let text = unit(&dropper());
    assert!(values(&text, "AmbientCapabilities").is_empty());
    assert_eq!(values(&text, "CapabilityBoundingSet"), [""]);
}

/// It must be root to change its root or to write root's pid file, so it drops its rights itself.
#[test]
fn unit_keeps_what_the_privilege_drop_needs() {
    let forking = Plan {
        choice: Choice {
            forking: true,
            ..Choice::default()
        },
        ..with_rights()
    };
    for (plan, needed) in [
        (
            in_a_jail(),
            &["CAP_SETUID", "CAP_SETPCAP", "CAP_SYS_CHROOT"][..],
        ),
        (
            forking,
            &["CAP_SETUID", "CAP_SETPCAP", "CAP_NET_BIND_SERVICE"][..],
        ),
    ] {
        let text = unit(&plan);
        assert!(values(&text, "User").is_empty(), "{text}");
        assert!(values(&text, "AmbientCapabilities").is_empty(), "{text}");
        let bounds = values(&text, "CapabilityBoundingSet").join(" ");
        let bounds: Vec<_> = bounds.split(' ').collect();
        assert!(
            needed.iter().all(|name| bounds.contains(name)),
            "{bounds:?}"
        );
    }
    let text = unit(&in_a_jail());
    assert_eq!(
        values(&text, "SystemCallFilter"),
        ["@system-service", "chroot"]
    );
    assert_eq!(values(&text, "ReadWritePaths"), ["-/srv/jail"]);
    assert_eq!(
        values(&unit(&plain()), "SystemCallFilter"),
        ["@system-service"]
    );
}

/// A filter of system calls implies `NoNewPrivileges=`, `systemd.exec(5)`.
#[test]
fn unit_with_setuid_children_does_not_forbid_them() {
    let text = unit(&with_setuid_children());
    for key in [
        "CapabilityBoundingSet",
        "LockPersonality",
        "MemoryDenyWriteExecute",
        "NoNewPrivileges",
        "PrivateDevices",
        "ProtectKernelModules",
        "RestrictSUIDSGID",
        "SystemCallFilter",
    ] {
        assert!(values(&text, key).is_empty(), "{key}: {text}");
    }
    assert_eq!(values(&text, "ProtectSystem"), ["strict"]);
}

#[test]
fn units_that_confine_pass_systemd_analyze() {
    for system in [&SYSTEMD, &SYSTEMD_257] {
        let Some(machine) = blueprint(system).boot() else {
            continue;
        };
        for plan in [with_rights(), in_a_jail(), with_setuid_children()] {
            install(&machine, Kind::Systemd, &plan);
            let verify = "systemd-analyze verify --recursive-errors=no --man=no";
            let unit = "/etc/systemd/system/dropper.service";
            let output = machine.sh(&format!("{verify} {unit}"));
            let said = format!("{}{}", output.out, output.err);
            assert_eq!((output.code, said.as_str()), (0, ""), "{}", system.name);
        }
    }
}

/// A line of the status of the daemon's process.
fn field(machine: &Machine, plan: &Plan, name: &str) -> String {
    let pid = pid(machine, plan);
    let line = machine.ok(&format!("grep '^{name}:' /proc/{pid}/status"));
    let (_, value) = line.split_once(':').unwrap();
    value.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whichever of the two drops the rights, the daemon has the same in the end.
#[test]
fn daemon_under_systemd_has_what_it_declares() {
    for system in [&SYSTEMD, &SYSTEMD_257] {
        let forking = Plan {
            choice: Choice {
                forking: true,
                ..Choice::default()
            },
            ..with_rights()
        };
        for plan in [with_rights(), forking, in_a_jail()] {
            let Some(machine) = blueprint(system).boot() else {
                continue;
            };
            machine.ok("mkdir -p /srv/jail");
            install(&machine, Kind::Systemd, &plan);
            let started = machine.sh("systemctl daemon-reload && systemctl start dropper");
            let log = machine.sh("journalctl -o cat -u dropper");
            assert_eq!(started.code, 0, "{}\n{log:?}", unit(&plan));
            assert_status(&machine, &plan, 0);
            let uid = machine.ok("id -u games");
            let uid = uid.trim();
            assert_eq!(field(&machine, &plan, "Uid"), [uid; 4].join(" "));
            for (set, wanted) in [
                ("Prm", "400"),
                ("Eff", "400"),
                ("Bnd", "400"),
                ("Amb", "0"),
                ("Inh", "0"),
            ] {
                let found = field(&machine, &plan, &format!("Cap{set}"));
                assert_eq!(found, format!("{wanted:0>16}"), "{}: {set}", system.name);
            }
            assert_eq!(field(&machine, &plan, "NoNewPrivs"), "1");
            let pid = pid(&machine, &plan);
            let limits = machine.ok(&format!("grep 'open files' /proc/{pid}/limits"));
            assert!(
                limits.contains(" 100 ") && limits.contains(" 200 "),
                "{limits}"
            );
            let root = machine.ok(&format!("readlink /proc/{pid}/root"));
            assert_eq!(root.trim(), plan.chroot.as_deref().unwrap_or("/"));
            machine.ok("systemctl reload dropper && systemctl restart dropper");
            assert_status(&machine, &plan, 0);
            machine.ok("systemctl stop dropper");
            assert_status(&machine, &plan, 3);
            let result = machine.ok("systemctl show -P Result dropper");
            assert_eq!(result.trim(), "success");
        }
    }
}
