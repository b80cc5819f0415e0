//! The units of systemd, in every variant, under two versions of it.

use std::time::Duration;

use crate::unit::{Choice, Kind, Plan};
use tests::machines::init::{Init, SYSTEMD, SYSTEMD_257};
use tests::machines::{Machine, Plan as Blueprint};
use tests::require_programs;

use crate::plans::{dropper, plain};
use crate::site::{assert_status, await_status, blueprint, install, pid};

const VERSIONS: [&Init; 2] = [&SYSTEMD, &SYSTEMD_257];

/// A machine with the unit of `plan`, loaded.
fn boot(system: &'static Init, plan: &Plan) -> Option<Machine> {
    let machine = blueprint(system).boot()?;
    load(&machine, plan);
    Some(machine)
}

fn load(machine: &Machine, plan: &Plan) {
    install(machine, Kind::Systemd, plan);
    machine.ok("systemctl daemon-reload");
}

fn property(machine: &Machine, plan: &Plan, name: &str) -> String {
    machine
        .ok(&format!("systemctl show -P {name} {}", plan.name))
        .trim()
        .to_owned()
}

fn main_pid(machine: &Machine, plan: &Plan) -> String {
    property(machine, plan, "MainPID")
}

/// The answers of systemd and of the verbs about one daemon, from its start to its end.
fn live(machine: &Machine, plan: &Plan) {
    let name = plan.name.as_str();
    machine.ok(&format!("systemctl start {name}"));
    assert_status(machine, plan, 0);
    assert_eq!(main_pid(machine, plan), pid(machine, plan).to_string());
    assert_eq!(property(machine, plan, "ActiveState"), "active");

    let before = pid(machine, plan);
    machine.ok(&format!("systemctl reload {name}"));
    assert_eq!(pid(machine, plan), before);
    machine.ok(&format!("systemctl restart {name}"));
    assert_ne!(pid(machine, plan), before);
    assert_status(machine, plan, 0);

    // Killed, it comes back by itself, and its lock and its pid file are the new one's.
    let before = pid(machine, plan);
    machine.ok(&format!("kill -9 {before}"));
    machine.until(&format!(
        "{name} status && p=$(cat {}) && test -n \"$p\" && test $p != {before}",
        plan.pid_file
    ));
    assert_eq!(main_pid(machine, plan), pid(machine, plan).to_string());

    // Stopped by hand, it stays so.
    machine.ok(&format!("{name} stop"));
    machine.until(&format!(
        "test \"$(systemctl is-active {name})\" = inactive"
    ));
    assert_status(machine, plan, 3);

    machine.ok(&format!("systemctl start {name} && systemctl stop {name}"));
    assert_status(machine, plan, 3);
    assert_eq!(property(machine, plan, "Result"), "success");
    let left = machine.sh(&format!(
        "systemctl status --no-pager {name} | grep -i 'left-over\\|refus\\|warn'"
    ));
    assert_eq!(left.out, "");
}

#[test]
fn notify_unit_lives_as_root_and_as_a_user() {
    for system in VERSIONS {
        for plan in [plain(), dropper()] {
            let Some(machine) = boot(system, &plan) else {
                continue;
            };
            live(&machine, &plan);
            machine.ok(&format!("systemctl start {}", plan.name));
            let uid = machine.ok(&format!("stat -c %U /proc/{}", pid(&machine, &plan)));
            assert_eq!(uid.trim(), plan.user.as_deref().unwrap_or("root"));
        }
    }
}

#[test]
fn forking_unit_lives_as_root_and_as_a_user() {
    for plan in [plain(), dropper()] {
        let forking = Choice {
            forking: true,
            ..Choice::default()
        };
        let plan = Plan {
            choice: forking,
            ..plan
        };
        let Some(machine) = boot(&SYSTEMD, &plan) else {
            continue;
        };
        live(&machine, &plan);
        machine.ok(&format!("systemctl start {}", plan.name));
        machine.ok(&format!("{} restart", plan.name));
        assert_eq!(main_pid(&machine, &plan), pid(&machine, &plan).to_string());
        let user = machine.ok(&format!("ps -o user= -p {}", pid(&machine, &plan)));
        assert_eq!(user.trim(), plan.user.as_deref().unwrap_or("root"));
    }
}

#[test]
fn notify_reload_waits_for_the_reload() {
    let choice = Choice {
        notify_reload: true,
        ..Choice::default()
    };
    let plan = Plan { choice, ..plain() };
    let Some(machine) = boot(&SYSTEMD_257, &plan) else {
        return;
    };
    machine.ok("systemctl start server");
    machine.ok("systemctl reload server");
    let log = machine.ok("journalctl --no-pager -u server");
    assert!(log.contains("reloaded"), "{log}");
    live(&machine, &plan);
}

#[test]
fn failed_start_fails_the_unit_with_its_reason() {
    let plan = plain();
    let Some(machine) = boot(&SYSTEMD, &plan) else {
        return;
    };
    machine.write("/run/server-fails", "", 0o644);
    let output = machine.sh("systemctl start server");
    assert_eq!(output.code, 1, "{output:?}");
    let log = machine.ok("journalctl --no-pager -u server");
    assert!(log.contains("told to fail"), "{log}");
    // It is tried again until systemd has had enough.
    machine.until("systemctl is-failed server");
    assert_eq!(
        property(&machine, &plan, "StatusText"),
        "`on_start` failed: told to fail"
    );
    assert_status(&machine, &plan, 3);
}

#[test]
fn journal_has_the_log_of_the_daemon() {
    let plan = dropper();
    let Some(machine) = boot(&SYSTEMD, &plain()) else {
        return;
    };
    load(&machine, &plan);
    machine.ok("systemctl start server && systemctl reload server && systemctl stop server");
    let log = machine.ok("journalctl --no-pager -o cat -u server");
    for word in ["started", "reloaded", "stopped"] {
        assert!(log.contains(word), "{word}: {log}");
    }
}

/// A long start that says how it gets on outlives its time-out, and the text is shown.
#[test]
fn long_start_extends_its_timeout() {
    let plan = Plan {
        start_timeout: Duration::from_secs(1),
        ..plain()
    };
    let Some(machine) = boot(&SYSTEMD, &plan) else {
        return;
    };
    machine.write("/run/server-steps", "5", 0o644);
    machine.ok("systemctl start server");
    assert_eq!(property(&machine, &plan, "StatusText"), "at work");
}

#[test]
fn watchdog_kills_a_stuck_daemon() {
    let choice = Choice {
        // On a busy machine a turn may be a second late.
        watchdog: Some(Duration::from_secs(4)),
        ..Choice::default()
    };
    let plan = Plan { choice, ..plain() };
    let Some(machine) = boot(&SYSTEMD, &plan) else {
        return;
    };
    machine.ok("systemctl start server");
    let first = pid(&machine, &plan);
    // It sleeps for an hour in `run`, and is still fed.
    machine.ok("sleep 6");
    assert_eq!(
        (main_pid(&machine, &plan), pid(&machine, &plan)),
        (first.to_string(), first)
    );
    machine.ok(&format!("kill -USR1 {first}"));
    machine.until(&format!(
        "server status && test \"$(systemctl show -P MainPID server)\" != {first}"
    ));
    let log = machine.ok("journalctl --no-pager -u server");
    assert!(log.contains("Watchdog timeout"), "{log}");
}

#[test]
fn enabled_daemon_starts_at_boot() {
    let unit = crate::plans::file(Kind::Systemd, &plain());
    let wants = "/etc/systemd/system/multi-user.target.wants/server.service";
    let plan: Blueprint = blueprint(&SYSTEMD)
        .file(&unit.path, &unit.text, 0o644)
        .link(wants, &unit.path);
    let Some(machine) = plan.boot() else { return };
    await_status(&machine, &plain(), 0);
    machine.ok("systemctl is-active server && systemctl is-enabled server");
    machine
        .ok("systemctl disable server && ! systemctl is-enabled server && systemctl enable server");
    machine.ok(&format!("test -L {wants}"));
}

/// `systemctl start` beside a daemon that was started by hand fails, says why, and leaves it alone.
#[test]
fn daemon_started_by_hand_is_not_started_again() {
    for plan in [plain(), dropper()] {
        let Some(machine) = boot(&SYSTEMD, &plan) else {
            continue;
        };
        let name = &plan.name;
        machine.ok(&format!("{name} start"));
        let by_hand = pid(&machine, &plan);
        assert_ne!(machine.sh(&format!("systemctl start {name}")).code, 0);
        let log = machine.ok(&format!("journalctl --no-pager -u {name}"));
        assert!(log.contains("already running"), "{log}");
        machine.ok(&format!("systemctl stop {name}"));
        assert_status(&machine, &plan, 0);
        assert_eq!(pid(&machine, &plan), by_hand);
        // And the other way round.
        machine.ok(&format!("{name} stop && systemctl start {name}"));
        let output = machine.ok(&format!("{name} start"));
        assert!(output.contains("already running"), "{output}");
        assert_eq!(main_pid(&machine, &plan), pid(&machine, &plan).to_string());
        machine.ok(&format!(
            "systemctl stop {name} && {name} start && {name} stop"
        ));
        assert_status(&machine, &plan, 3);
    }
}

/// A job, as of cron(8), is in the cgroup of a service that did not start the daemon.
#[test]
fn orphan_in_the_cgroup_of_a_service_is_restarted_by_the_verb() {
    let plan = plain();
    let Some(machine) = boot(&SYSTEMD, &plan) else {
        return;
    };
    let name = &plan.name;
    for begin in ["", "setsid "] {
        machine.ok(&format!(
            "systemd-run --quiet --unit=job sh -c '({begin}{name} run &) ; exec sleep 1000'
            until {name} status; do sleep 0.05; done"
        ));
        let job = "systemctl show --value --property MainPID job";
        let before = (machine.ok(job), pid(&machine, &plan));
        let output = machine.ok(&format!("{name} restart"));
        assert!(output.contains("started, pid"), "{output}");
        assert_eq!(machine.ok(job), before.0, "it restarted the job");
        assert_ne!(pid(&machine, &plan), before.1);
        machine.ok(&format!("{name} stop && systemctl stop job"));
    }
}

/// Under a manager that waits, `start` names the verb to use.
#[test]
fn start_under_a_manager_is_refused_with_advice() {
    let Some(machine) = blueprint(&SYSTEMD).boot() else {
        return;
    };
    let output = machine.sh("NOTIFY_SOCKET=/run/systemd/notify server start");
    assert_ne!(output.code, 0);
    assert!(
        output.err.contains("server run") && output.err.contains("Type=forking"),
        "{output:?}"
    );
    assert_status(&machine, &plain(), 3);
}

/// A rotation by the real logrotate loses no record from before, during or after it.
#[test]
fn logrotate_loses_no_line() {
    require_programs!("logrotate zcat");
    let Some(machine) = blueprint(&SYSTEMD).boot() else {
        return;
    };
    // This machine may have one of its own, which shows through.
    machine.ok("rm -rf /var/log/server* /var/log/dropper*");
    for plan in [plain(), dropper()] {
        let Plan { name, log_file, .. } = &plan;
        machine.ok(&format!("{name} start && {name} install logrotate"));
        for _ in 0..3 {
            machine.ok(&format!(
                "{name} reload && logrotate -f -s /run/state /etc/logrotate.d/{name}"
            ));
        }
        // Two reloads a round: the verb's, and logrotate's own after the new file was made.
        let reloads = machine.ok(&format!(
            "for file in {log_file} {log_file}.1; do cat $file; done; zcat {log_file}.*.gz"
        ));
        assert_eq!(reloads.matches(": SIGHUP").count(), 6, "{reloads}");
        machine.ok(&format!("{name} stop"));
    }
}

/// The manager of a user, without a session: the unit is the user's, and so are all its files.
#[test]
fn user_manager_runs_the_daemon() {
    let Some(machine) = blueprint(&SYSTEMD).boot() else {
        return;
    };
    machine.ok(
        "mkdir -p /run/user/5 /srv/games && chown games /run/user/5 /srv/games && \
         systemd-run --quiet --unit=manager --uid=games -p Delegate=yes -E HOME=/srv/games \
         -E XDG_RUNTIME_DIR=/run/user/5 /lib/systemd/systemd --user",
    );
    machine.until("test -S /run/user/5/systemd/private");
    let user = |script: &str| {
        machine.sh(&format!(
            "setpriv --reuid games --regid games --clear-groups env HOME=/srv/games \
             XDG_RUNTIME_DIR=/run/user/5 sh -c '{script}'"
        ))
    };
    let installed = user("server install systemd --enable --user-units=$HOME/.config/systemd/user");
    assert_eq!(installed.code, 0, "{installed:?}");
    let unit = machine.read("/srv/games/.config/systemd/user/server.service");
    assert!(
        unit.contains("WantedBy=default.target") && unit.contains("enable-linger"),
        "{unit}"
    );
    let verified = user(
        "systemd-analyze --user verify --recursive-errors=no --man=no $HOME/.config/systemd/user/server.service",
    );
    assert_eq!((verified.code, verified.err.as_str()), (0, ""), "{unit}");
    for script in [
        "systemctl --user start server && server status",
        "systemctl --user reload server && server reload",
        "server restart && server status && systemctl --user is-active server",
        "server stop && ! server status && ! systemctl --user is-active server",
        "systemctl --user start server && systemctl --user stop server && ! server status",
    ] {
        let output = user(script);
        assert_eq!(
            output.code,
            0,
            "{script}: {output:?}\n{unit}\n{}",
            machine.sh("journalctl --no-pager | tail -30").out
        );
    }
}
