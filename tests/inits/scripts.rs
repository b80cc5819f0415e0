//! The init script: without an init system, under sysvinit, and as units of systemd's generator.

use crate::unit::{Kind, Plan};
use tests::machines::{Machine, init};

use crate::checkers::installed;
use crate::plans::{dropper, file, plain};
use crate::site::{assert_status, boot, install, pid};

/// Runs a script and returns its exit code and both outputs.
fn call(machine: &Machine, script: &str) -> (i32, String, String) {
    let output = machine.sh(script);
    (output.code, output.out, output.err)
}

fn ok(title: &str, name: &str) -> (i32, String, String) {
    (0, format!("{title} {name}: [  OK  ]\n"), String::new())
}

/// Every verb, in the states that a service can be in. `service` is how the script is called.
fn live(machine: &Machine, plan: &Plan, service: &str) {
    let name = plan.name.as_str();
    let verb = |verb: &str| call(machine, &format!("{service} {verb}"));
    assert_eq!(verb("status").0, 3);
    assert_eq!(verb("stop"), ok("Stopping", name));
    assert_eq!(verb("condrestart"), ok("Restarting", name));
    assert_eq!(verb("status").0, 3);

    assert_eq!(verb("start"), ok("Starting", name));
    let first = pid(machine, plan);
    assert_status(machine, plan, 0);
    assert_eq!(verb("status").0, 0);
    assert_eq!(verb("start"), ok("Starting", name));
    assert_eq!(pid(machine, plan), first);

    for restart in ["restart", "condrestart", "try-restart"] {
        let before = pid(machine, plan);
        assert_eq!(verb(restart), ok("Restarting", name));
        assert_ne!(pid(machine, plan), before, "{restart}");
    }

    let last = pid(machine, plan);
    machine.ok(&format!("kill -9 {last}"));
    machine.until(&format!("{name} status; test $? -eq 1"));
    assert_eq!(verb("status").0, 1);
    assert_eq!(verb("start"), ok("Starting", name));
    assert_ne!(pid(machine, plan), last);

    assert_eq!(verb("stop"), ok("Stopping", name));
    assert_eq!(verb("status").0, 3);
    assert_status(machine, plan, 3);
    assert_eq!(machine.read(&plan.pid_file), "");
}

#[test]
fn init_script_works_without_init_in_three_shells() {
    let Some(machine) = boot(&init::NONE) else {
        return;
    };
    let shells = installed(&["bash", "dash"]);
    // Neither the LSB's functions nor Red Hat's.
    machine.ok("rm -rf /lib/lsb");
    for plan in [plain(), dropper()] {
        install(&machine, Kind::Sysv, &plan);
        let script = format!("/etc/init.d/{}", plan.name);
        live(&machine, &plan, &script);
        for shell in &shells {
            live(&machine, &plan, &format!("{shell} {script}"));
        }
    }
}

#[test]
fn init_script_obeys_sysvinit_runlevels() {
    let Some(mut machine) = boot(&init::SYSVINIT) else {
        return;
    };
    for plan in [plain(), dropper()] {
        install(&machine, Kind::Sysv, &plan);
        live(&machine, &plan, &format!("service {}", plan.name));
        machine.ok(&format!("update-rc.d {} defaults", plan.name));
    }
    machine.ok("telinit 1");
    machine.until("pgrep -f 'init \\[1\\]'");
    machine.ok("telinit 2");
    machine.until("server status && dropper status");
    machine.ok("telinit 1");
    machine.until("server status; test $? -eq 3 && { dropper status; test $? -eq 3; }");
    machine.power_off();
}

#[test]
fn init_script_failures_have_their_codes() {
    let Some(machine) = boot(&init::NONE) else {
        return;
    };
    let plan = plain();
    install(&machine, Kind::Sysv, &plan);
    let script = "/etc/init.d/server";
    for wrong in ["", "bogus", "start now"] {
        let (code, out, err) = call(&machine, &format!("{script} {wrong}"));
        assert_eq!((code, out.as_str()), (2, ""), "{wrong}");
        assert!(
            err.starts_with("Usage: /etc/init.d/server {start|stop|"),
            "{err}"
        );
    }
    machine.write("/run/server-fails", "", 0o644);
    let (code, out, err) = call(&machine, &format!("{script} start"));
    assert_eq!((code, out.as_str()), (1, "Starting server: [FAILED]\n"));
    assert!(err.contains("told to fail"), "{err}");
    assert_status(&machine, &plan, 3);
    machine.ok("rm /run/server-fails /usr/local/bin/server");
    assert_eq!(call(&machine, &format!("{script} start")).0, 5);
    assert_eq!(call(&machine, &format!("{script} status")).0, 4);
}

/// Red Hat's own file is not packaged here; this one has its contract: no line end, 0 and 1.
const RED_HAT: &str = "success() { printf '\\r[  ok by red hat  ]'; return 0; }\n\
                       failure() { printf '\\r[failed by red hat]'; return 1; }\n";

#[test]
fn init_script_uses_red_hats_functions_and_lock() {
    let Some(machine) = boot(&init::NONE) else {
        return;
    };
    install(&machine, Kind::Sysv, &plain());
    machine.write("/etc/rc.d/init.d/functions", RED_HAT, 0o644);
    machine.ok("mkdir -p /var/lock/subsys");
    let lock = "test -e /var/lock/subsys/server";
    let script = "/etc/init.d/server";
    assert_eq!(
        machine
            .ok(&format!("{script} condrestart && ! {lock}"))
            .lines()
            .count(),
        1
    );
    let out = machine.ok(&format!("{script} start && {lock}"));
    assert_eq!(out, "Starting server: \r[  ok by red hat  ]\n");
    machine.ok(&format!("{script} try-restart && {lock}"));
    machine.ok(&format!("{script} stop && ! {lock}"));
    machine.write("/run/server-fails", "", 0o644);
    let (code, out, _) = call(&machine, &format!("{script} start"));
    assert_eq!(
        (code, out.as_str()),
        (1, "Starting server: \r[failed by red hat]\n")
    );
    machine.ok(&format!("! {lock}"));
}

/// systemd's generator makes a unit of the script, and the LSB's functions hand the verbs to it.
#[test]
fn init_script_becomes_a_systemd_unit() {
    let Some(machine) = boot(&init::SYSTEMD) else {
        return;
    };
    for plan in [plain(), dropper()] {
        let name = &plan.name;
        install(&machine, Kind::Sysv, &plan);
        machine.ok(&format!("systemctl daemon-reload; systemctl start {name}"));
        let main = machine.ok(&format!("systemctl show -P MainPID {name}"));
        assert_eq!(
            main.trim(),
            pid(&machine, &plan).to_string(),
            "by the line `pidfile:`"
        );
        let description = machine.ok(&format!("systemctl show -P Description {name}"));
        assert!(description.contains(&plan.description), "{description}");
        assert_status(&machine, &plan, 0);
        machine.ok(&format!(
            "systemctl is-active {name}; /etc/init.d/{name} status"
        ));
        machine.ok(&format!(
            "/etc/init.d/{name} restart && systemctl is-active {name}"
        ));
        assert_ne!(main.trim(), pid(&machine, &plan).to_string());
        machine.ok(&format!("kill -9 {}", pid(&machine, &plan)));
        machine.until(&format!("systemctl is-failed {name}"));
        // It removes the pid file of a service that died.
        assert_eq!(machine.sh(&format!("{name} status")).code, 3);
        machine.ok(&format!("systemctl start {name} && systemctl stop {name}"));
        assert_status(&machine, &plan, 3);
        assert_eq!(machine.sh(&format!("systemctl is-active {name}")).code, 3);
    }
    assert!(file(Kind::Sysv, &plain()).text.contains("reload"));
    assert_eq!(
        machine.ok("systemctl show -P CanReload server").trim(),
        "yes"
    );
}
