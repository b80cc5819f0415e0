//! A daemon with settings under systemd, by the unit that it installs itself.

use tests::machines::init::SYSTEMD;
use tests::machines::{Machine, Plan as Blueprint};
use tests::support::daemon_path;

const FILE: &str = "/etc/configured.toml";

fn boot() -> Option<Machine> {
    let program = daemon_path("configured");
    Blueprint::new(&SYSTEMD)
        .program("/usr/local/bin/configured", program)
        .boot()
}

fn property(machine: &Machine, name: &str) -> String {
    let shown = machine.ok(&format!("systemctl show -P {name} configured"));
    shown.trim().to_owned()
}

#[test]
fn reload_with_a_wrong_file_fails_with_its_line_and_the_daemon_goes_on() {
    let Some(machine) = boot() else { return };
    machine.write(FILE, "port = 1\n", 0o644);
    machine.ok("configured install systemd && systemctl daemon-reload");
    machine.ok("systemctl start configured");
    let before = property(&machine, "MainPID");
    machine.write(FILE, "port = 1\ngreeting = 5\n", 0o644);
    let refused = machine.sh("systemctl reload configured");
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(property(&machine, "ExecReload").contains("status=1"));
    let wanted = "/etc/configured.toml:2:12: greeting: found the number 5, wanted a string";
    let log = machine.ok("journalctl --no-pager -o cat -u configured");
    assert!(
        log.contains("not reloaded, the daemon keeps its old state"),
        "{log}"
    );
    assert!(log.contains(wanted), "{log}");
    let status = machine.ok("systemctl status --no-pager --full configured");
    assert!(status.contains(wanted), "{status}");
    let state = || ["ActiveState", "MainPID"].map(|name| property(&machine, name));
    assert_eq!(state(), ["active", &before]);

    machine.write(FILE, "port = 2\n", 0o644);
    machine.ok("systemctl reload configured");
    assert_eq!(state(), ["active", &before]);
    let shown = machine.ok("configured config");
    assert!(shown.contains("port = 2"), "{shown}");
}

#[test]
fn unit_whose_settings_are_missing_fails_with_the_reason_and_is_not_restarted() {
    let Some(machine) = boot() else { return };
    machine.ok(&format!("configured install systemd --config={FILE}"));
    machine.ok("systemctl daemon-reload");
    let failed = machine.sh("systemctl start configured");
    assert_eq!(failed.code, 1, "{failed:?}");
    let log = machine.ok("journalctl --no-pager -o cat -u configured");
    let wanted = format!("the settings {FILE} do not exist; create the file");
    assert!(log.contains(&wanted), "{log}");
    let names = ["ActiveState", "ExecMainStatus", "NRestarts"];
    let state = names.map(|name| property(&machine, name));
    assert_eq!(state, ["failed", "6", "0"], "{log}");
    machine.write(FILE, "port = 1\n", 0o644);
    machine.ok("systemctl start configured && configured status");
}
