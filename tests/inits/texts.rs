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
fn socket_units_pass_systemd_analyze() {
    for system in [&init::SYSTEMD, &init::SYSTEMD_257] {
        let Some(machine) = machine_with_echo(system) else {
            continue;
        };
        let plan = plans::listening_at_a_low_port();
        let service = file(Kind::Systemd, &plan);
        machine.write(&service.path, &service.text, 0o644);
        for unit in render(Kind::SystemdSocket, &plan).unwrap() {
            machine.write(&unit.path, &unit.text, 0o644);
            let verify = "systemd-analyze verify --recursive-errors=no --man=no";
            let output = machine.sh(&format!("{verify} {}", unit.path));
            let said = format!("{}{}", output.out, output.err);
            let found = (output.code, said.as_str());
            assert_eq!(found, (0, ""), "{}: {}", system.name, unit.text);
        }
    }
}

#[test]
fn each_listener_has_a_socket_unit_and_a_place_in_the_store() {
    let plan = plans::listening();
    let units = render(Kind::SystemdSocket, &plan).unwrap();
    let found: Vec<_> = units
        .iter()
        .map(|unit| {
            let begin = unit.text.find("[Socket]").unwrap();
            let end = unit.text.find("[Install]").unwrap();
            let lines = unit.text[begin..end].lines().skip(1);
            let lines = lines.filter(|line| !line.is_empty());
            let stem = unit.path.strip_prefix("/etc/systemd/system/").unwrap();
            (stem, lines.collect::<Vec<_>>().join(" "))
        })
        .collect();
    let end = "Service=server.service";
    let expected = [
        (
            "http",
            format!("ListenStream=127.0.0.1:8080 FileDescriptorName=http {end} Backlog=4096"),
        ),
        (
            "any",
            format!(
                "ListenStream=[::]:8081 FileDescriptorName=any {end} BindIPv6Only=both Backlog=4096"
            ),
        ),
        (
            "dns",
            format!("ListenDatagram=127.0.0.1:5353 FileDescriptorName=dns {end}"),
        ),
        (
            "admin",
            format!(
                "ListenStream=/run/server/admin.sock FileDescriptorName=admin {end} Backlog=4096 SocketMode=0600 SocketGroup=games RemoveOnStop=yes"
            ),
        ),
        (
            "events",
            format!(
                "ListenDatagram=/run/events/100%%.sock FileDescriptorName=events {end} SocketMode=0660 SocketGroup=games RemoveOnStop=yes"
            ),
        ),
        (
            "abstract",
            format!("ListenStream=@server FileDescriptorName=abstract {end} Backlog=4096"),
        ),
    ];
    assert_eq!(found.len(), expected.len());
    for ((path, text), (name, wanted)) in found.iter().zip(&expected) {
        assert_eq!(*path, format!("server-{name}.socket"));
        assert_eq!(text, wanted);
    }

    let service = file(Kind::Systemd, &plan).text;
    let has = |text: &str, line: &str| text.lines().any(|found| found == line);
    for line in [
        "FileDescriptorStoreMax=6",
        "User=games",
        "RuntimeDirectory=server events",
    ] {
        assert!(has(&service, line), "{line}: {service}");
    }
    // Only root may bind the port, so the daemon drops its privileges itself.
    let service = file(Kind::Systemd, &plans::listening_at_a_low_port()).text;
    assert!(!has(&service, "User=games"), "{service}");
    assert!(service.contains("CAP_NET_BIND_SERVICE"), "{service}");
    // Without listeners there is no store, and no unit.
    assert!(
        !file(Kind::Systemd, &plain())
            .text
            .contains("FileDescriptorStoreMax")
    );
    let none = render(Kind::SystemdSocket, &plain()).map(drop).unwrap_err();
    assert!(
        none.to_string().contains("declare one by `listen`"),
        "{none}"
    );

    let rules = file(Kind::Tmpfiles, &plan).text;
    assert!(has(&rules, "d /run/events 0755 root root -"), "{rules}");
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
