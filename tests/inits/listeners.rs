//! Sockets under systemd: those of a `.socket` unit, and those that it stores over a restart.

use std::path::PathBuf;
use std::process::Command;

use tests::machines::init::{Init, SYSTEMD, SYSTEMD_257};
use tests::machines::{Machine, Plan};
use tests::require_programs;
use tests::support::{daemon_path, programs_of};

const VERSIONS: [&Init; 2] = [&SYSTEMD, &SYSTEMD_257];

const SERVICE: &str = "\
[Unit]
StartLimitIntervalSec=0

[Service]
Type=notify
ExecStart=/usr/local/bin/listens run --listen http=127.0.0.1:8080 --listen dns=udp:127.0.0.1:5353 \
    --listen admin=unix:/run/listens/admin.sock --listen events=unixgram:/run/listens/events.sock
Restart=on-failure
RestartSec=0
RuntimeDirectory=listens
RuntimeDirectoryPreserve=restart
";

const STORE: &str = "FileDescriptorStoreMax=8\n";

const SOCKET: &str = "\
[Socket]
ListenStream=127.0.0.1:8080
FileDescriptorName=http
Service=listens.service
";

/// A machine with the daemon `listens`, whose unit has `more` in its last section.
fn boot(init: &'static Init, more: &str) -> Option<Machine> {
    require_programs!("ip nsenter", None);
    let load: PathBuf = programs_of(&["-p", "load"]).remove("load")?;
    let machine = Plan::new(init)
        .program("/usr/local/bin/listens", daemon_path("listens"))
        .program("/usr/local/bin/load", load)
        .boot()?;
    // Not every root has the program.
    let pid = machine.pid().to_string();
    let up = ["-t", &pid, "-n", "ip", "link", "set", "lo", "up"];
    let up = Command::new("nsenter").args(up).status();
    assert!(up.unwrap().success());
    let unit = "/etc/systemd/system/listens.service";
    machine.write(unit, &format!("{SERVICE}{more}"), 0o644);
    machine.ok("systemctl daemon-reload");
    Some(machine)
}

/// The source of a listener, as `status` has it.
fn source(machine: &Machine, name: &str) -> String {
    source_as(machine, "", name)
}

/// As [`source`], of the daemon of a user that an option names.
fn source_as(machine: &Machine, user: &str, name: &str) -> String {
    let status = machine.ok(&format!("listens status {user}"));
    let row = status.lines().find_map(|line| {
        let row = line.trim_start().strip_prefix("listener")?.trim_start();
        row.strip_prefix(name)?.split_once(", ")
    });
    row.unwrap_or_else(|| panic!("{status}")).1.to_owned()
}

/// Loads the address for some seconds while `script` runs. No request may fail.
fn under_load(machine: &Machine, address: &str, script: &str) {
    let output = machine.sh(&format!(
        "load {address} 4 4 >/run/report & load=$!
        sleep 0.5; ( {script} ) || exit 9
        wait $load"
    ));
    let report = machine.read("/run/report");
    let log = || machine.ok("journalctl --no-pager -u listens | tail -40");
    assert_eq!(output.code, 0, "{output:?}\n{report}\n{}", log());
}

/// The unit is the one that the daemon's own verb writes.
#[test]
fn restart_with_a_store_refuses_nobody() {
    let listeners = "--listen http=127.0.0.1:8080 --listen dns=udp:127.0.0.1:5353";
    // By default the paths are beside the pid file.
    for (init, user, directory) in [
        (&SYSTEMD, "", "/run"),
        (&SYSTEMD_257, "", "/run"),
        (&SYSTEMD, "--user games", "/run/listens"),
    ] {
        let Some(machine) = boot(init, STORE) else {
            continue;
        };
        machine.ok(&format!(
            "set -e; rm /etc/systemd/system/listens.service
            listens install systemd {listeners} {user}
            sed -i 's/^After=.*/&\\nStartLimitIntervalSec=0/' /etc/systemd/system/listens.service
            systemctl daemon-reload && systemctl start listens"
        ));
        assert_eq!(source_as(&machine, user, "http"), "bound");
        let restarts = "for i in 1 2 3 4 5; do systemctl restart listens || exit 1; done";
        under_load(&machine, "127.0.0.1:8080", restarts);
        for name in ["http", "dns", "admin", "events"] {
            assert_eq!(
                source_as(&machine, user, name),
                "stored by systemd",
                "{name}"
            );
        }
        under_load(&machine, &format!("unix:{directory}/admin.sock"), restarts);

        // It was stored once, and a stop forgets all.
        let stored = machine.ok("systemctl show -P NFileDescriptorStore listens");
        assert_eq!(stored.trim(), "4");
        machine.ok("systemctl stop listens && systemctl start listens");
        assert_eq!(source_as(&machine, user, "http"), "bound");
    }
}

#[test]
fn crash_and_failed_start_with_a_store_refuse_nobody() {
    let Some(machine) = boot(&SYSTEMD, STORE) else {
        return;
    };
    machine.write("/run/script", "", 0o644);
    machine.ok(
        "mkdir -p /etc/systemd/system/listens.service.d && printf '[Service]\\n\
         Environment=DAEMON_RT_SCRIPT=/run/script\\n' >/etc/systemd/system/listens.service.d/a.conf
        systemctl daemon-reload && systemctl start listens",
    );
    // A client that waits while there is no daemon is answered by the next one.
    machine.ok("pid=$(systemctl show -P MainPID listens)
        echo 'new fail on purpose' >/run/script; kill -9 $pid
        until journalctl --no-pager -u listens | grep -q 'on purpose'; do sleep 0.05; done
        (sleep 1; : >/run/script) &
        timeout 20 load 127.0.0.1:8080 4 2 && timeout 20 load unix:/run/listens/admin.sock 4 1
        test $(systemctl show -P MainPID listens) != $pid");
    assert_eq!(source(&machine, "http"), "stored by systemd");
    assert_eq!(source(&machine, "admin"), "stored by systemd");
}

#[test]
fn stored_socket_at_another_address_is_bound_anew() {
    for init in VERSIONS {
        let Some(machine) = boot(init, STORE) else {
            continue;
        };
        machine.ok("systemctl start listens");
        // The second address excludes the first one, which systemd still has.
        machine.ok(
            "sed -i 's/127.0.0.1:8080/0.0.0.0:8080/; s/admin.sock/other.sock/' \
             /etc/systemd/system/listens.service
            systemctl daemon-reload && systemctl restart listens",
        );
        assert_eq!(source(&machine, "http"), "bound");
        assert_eq!(source(&machine, "admin"), "bound");
        assert_eq!(source(&machine, "dns"), "stored by systemd");
        machine.ok("load unix:/run/listens/other.sock 1 1 && load 127.0.0.1:8080 1 1");
        machine.ok("systemctl restart listens");
        assert_eq!(source(&machine, "http"), "stored by systemd");
        let stored = machine.ok("systemctl show -P NFileDescriptorStore listens");
        assert_eq!(stored.trim(), "4");
    }
}

#[test]
fn stored_socket_whose_file_was_removed_is_bound_anew() {
    let Some(machine) = boot(&SYSTEMD, STORE) else {
        return;
    };
    machine
        .ok("systemctl start listens && rm /run/listens/admin.sock && systemctl restart listens");
    assert_eq!(source(&machine, "admin"), "bound");
    machine.ok("load unix:/run/listens/admin.sock 1 1");
}

#[test]
fn manager_without_a_store_is_no_obstacle() {
    let Some(machine) = boot(&SYSTEMD, "") else {
        return;
    };
    machine.ok("systemctl start listens && systemctl restart listens");
    assert_eq!(source(&machine, "http"), "bound");
    assert_eq!(source(&machine, "admin"), "bound");
}

#[test]
fn socket_unit_activates_the_daemon_and_outlives_it() {
    for init in VERSIONS {
        let Some(machine) = boot(init, STORE) else {
            continue;
        };
        machine.write("/etc/systemd/system/listens.socket", SOCKET, 0o644);
        machine.ok("systemctl daemon-reload && systemctl start listens.socket");
        let check = "listens check --listen http=127.0.0.1:8080";
        let checked = machine.ok(check);
        assert!(checked.contains("held by systemd, pid 1"), "{checked}");
        machine.ok("! systemctl is-active listens && load 127.0.0.1:8080 2 1");
        assert_eq!(source(&machine, "http"), "systemd");
        assert_eq!(source(&machine, "dns"), "bound");
        // It has an owner, so it is not stored as well.
        let stored = machine.ok("systemctl show -P NFileDescriptorStore listens");
        assert_eq!(stored.trim(), "3");
        let restarts = "for i in 1 2 3; do systemctl restart listens || exit 1; done";
        under_load(&machine, "127.0.0.1:8080", restarts);
        under_load(
            &machine,
            "127.0.0.1:8080",
            "systemctl stop listens; sleep 0.2; systemctl is-active listens",
        );
        assert_eq!(source(&machine, "http"), "systemd");
    }
}

#[test]
fn socket_unit_at_another_address_is_an_error_with_both() {
    let Some(machine) = boot(&SYSTEMD, "") else {
        return;
    };
    let socket = SOCKET.replace("127.0.0.1:8080", "127.0.0.1:9090");
    machine.write("/etc/systemd/system/listens.socket", &socket, 0o644);
    machine.ok("systemctl daemon-reload && systemctl start listens.socket");
    machine.ok("! systemctl start listens");
    let log = machine.ok("journalctl --no-pager -u listens");
    assert!(
        log.contains("passed 127.0.0.1:9090 for `http`, which is to listen on 127.0.0.1:8080"),
        "{log}"
    );
}

/// The verb is the caller that systemd knows, and the daemon is its grandchild.
#[test]
fn forking_unit_gets_the_sockets_of_its_socket_unit() {
    let Some(machine) = boot(&SYSTEMD, "") else {
        return;
    };
    let forking = SERVICE
        .replace("Type=notify", "Type=forking\nPIDFile=/run/listens.pid")
        .replace("listens run", "listens start");
    machine.write("/etc/systemd/system/listens.service", &forking, 0o644);
    machine.write("/etc/systemd/system/listens.socket", SOCKET, 0o644);
    machine
        .ok("systemctl daemon-reload && systemctl start listens.socket && load 127.0.0.1:8080 2 1");
    assert_eq!(source(&machine, "http"), "systemd");
    assert_eq!(source(&machine, "admin"), "bound");
    machine.ok("systemctl stop listens && test ! -e /run/listens/admin.sock");
}
