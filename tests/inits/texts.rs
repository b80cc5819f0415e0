//! The generated texts, read by the programs that they are for.

use crate::unit::{Choice, Kind, Plan, render};
use tests::machines::{Plan as Blueprint, init};
use tests::require_programs;

use crate::awkward::machine_with_echo;
use crate::plans::{self, awkward, file, plain, with_user};

#[test]
fn units_pass_systemd_analyze() {
    for system in [&init::SYSTEMD, &init::SYSTEMD_257] {
        let Some(machine) = machine_with_echo(system) else {
            continue;
        };
        for (title, plan) in plans::units() {
            let unit = file(Kind::Systemd, &plan);
            machine.write(&unit.path, &unit.text, 0o644);
            let verify = format!(
                "systemd-analyze verify --recursive-errors=no --man=no {}",
                unit.path
            );
            let output = machine.sh(&verify);
            let said = format!("{}{}", output.out, output.err);
            assert_eq!(
                (output.code, said.as_str()),
                (0, ""),
                "{}: {title}\n{}",
                system.name,
                unit.text
            );
            let score = "systemd-analyze security --offline=true --threshold=29 --no-pager";
            let output = machine.sh(&format!("{score} {} | tail -n 1", unit.path));
            assert!(
                output.out.contains("Overall exposure"),
                "{title}: {output:?}"
            );
            let output = machine.sh(&format!("{score} {} >/dev/null", unit.path));
            assert_eq!(output.code, 0, "{}: {title}: {output:?}", system.name);
        }
        // The checker can fail: an unknown key is a line.
        machine.write(
            "/etc/systemd/system/odd.service",
            "[Service]\nExecStart=/bin/true\nOdd=1\n",
            0o644,
        );
        let output = machine.sh(
            "systemd-analyze verify --recursive-errors=no --man=no /etc/systemd/system/odd.service",
        );
        assert!(output.err.contains("Odd"), "{output:?}");
    }
}

#[test]
fn logrotate_accepts_its_file() {
    require_programs!("logrotate");
    let Some(machine) = machine_with_echo(&init::NONE) else {
        return;
    };
    let no_brace = awkward().log_file.replace(['{', '}'], "");
    let awkward = Plan {
        log_file: no_brace,
        ..awkward()
    };
    for (title, plan) in [
        ("plain", plain()),
        ("user", with_user()),
        ("awkward", awkward),
    ] {
        let rotation = file(Kind::Logrotate, &plan);
        machine.write(&rotation.path, &rotation.text, 0o644);
        machine.write(&plan.log_file, "a line\n", 0o640);
        if plan.user.is_some() {
            machine.ok("chown games:games /var/log/server /var/log/server/server.log; chmod 750 /var/log/server");
        }
        machine.ok(&format!("chmod g-w,o-w {}", quoted(&plan.log_file)));
        let dry = machine.sh(&format!("logrotate -d {}", rotation.path));
        let said = format!("{}{}", dry.out, dry.err);
        assert!(!said.contains("error:") && dry.code == 0, "{title}: {said}");
        machine.ok(&format!(
            "rm -f /run/said; logrotate -f -s /run/state {}",
            rotation.path
        ));
        assert_eq!(
            machine.read(&format!("{}.1", plan.log_file)),
            "a line\n",
            "{title}"
        );
        assert_eq!(machine.read(&plan.log_file), "", "{title}");
        assert!(
            machine.read("/run/said").contains("reload\n"),
            "{title}: the daemon is told"
        );
    }
    let brace = Plan {
        log_file: "/var/log/{a}.log".into(),
        ..plain()
    };
    let group = |group: &str| Plan {
        user: Some("games".into()),
        own_group: Some(group.into()),
        ..plain()
    };
    for refused in [brace, group("domain users"), group("4242")] {
        let error = render(Kind::Logrotate, &refused).unwrap_err().to_string();
        assert!(error.contains("logrotate"), "{refused:?}: {error}");
    }
}

/// For a path in a test's own script.
fn quoted(path: &str) -> String {
    format!("'{}'", path.replace('\'', r"'\''"))
}

#[test]
fn tmpfiles_creates_the_directories() {
    let Some(machine) = Blueprint::new(&init::SYSTEMD).boot() else {
        return;
    };
    for plan in [plain(), with_user(), awkward()] {
        let directories = file(Kind::Tmpfiles, &plan);
        machine.write(&directories.path, &directories.text, 0o644);
        let output = machine.sh(&format!("systemd-tmpfiles --create {}", directories.path));
        assert_eq!(
            (output.code, output.err.as_str()),
            (0, ""),
            "{}",
            directories.text
        );
        for path in [&plan.pid_file, &plan.log_file] {
            machine.ok(&format!(
                "test -d {}",
                quoted(path.rsplit_once('/').unwrap().0)
            ));
        }
    }
    let stat = machine.ok("stat -c '%U:%G %a' /run/server /var/log/server");
    assert_eq!(stat, "root:root 755\ngames:games 750\n");
}

#[test]
fn unwritable_values_are_refused() {
    for kind in [Kind::Sysv, Kind::Systemd, Kind::Logrotate] {
        let broken = Plan {
            executable: "/opt/a\nb".into(),
            ..plain()
        };
        let error = render(kind, &broken).unwrap_err().to_string();
        assert!(
            error.contains("control character") && error.contains(r"a\nb"),
            "{error}"
        );
        let relative = Plan {
            pid_file: "run/x.pid".into(),
            ..plain()
        };
        let error = render(kind, &relative).unwrap_err().to_string();
        assert!(error.contains("not absolute"), "{error}");
    }
}

#[test]
fn forking_unit_has_no_watchdog() {
    let (forking, watchdog) = (true, Some(std::time::Duration::from_secs(1)));
    let choice = Choice {
        forking,
        watchdog,
        ..Choice::default()
    };
    let error = render(Kind::Systemd, &Plan { choice, ..plain() })
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("--watchdog") && error.contains("--forking"),
        "{error}"
    );
}
