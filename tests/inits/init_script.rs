//! The scripts, read by shells, by the tools that order init scripts, and by Debian's checker.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use crate::unit::{Kind, render};
use tests::machines::{Plan as Blueprint, init};
use tests::require_programs;

use crate::checkers::{Directory, installed, said};
use crate::plans::{awkward, file, plain, with_user};

/// Every script of every kind, for every plan.
fn scripts() -> Vec<(String, String)> {
    let kinds = [Kind::Sysv, Kind::Openrc, Kind::Runit, Kind::S6];
    let mut scripts = Vec::new();
    for (title, plan) in [
        ("plain", plain()),
        ("user", with_user()),
        ("awkward", awkward()),
    ] {
        for kind in kinds {
            let files = render(kind, &plan).unwrap();
            let files = files.into_iter().filter(|file| file.text.starts_with("#!"));
            scripts
                .extend(files.map(|file| (format!("{kind:?} {title} {}", file.path), file.text)));
        }
    }
    assert_eq!(scripts.len(), 21);
    scripts
}

#[test]
fn scripts_parse_in_every_shell() {
    let directory = Directory::new("scripts");
    let shells = installed(&["sh", "bash"]);
    for (title, text) in scripts() {
        let path = directory.write("script", &text);
        for shell in &shells {
            let output = Command::new(shell).arg("-n").arg(&path).output().unwrap();
            assert!(
                output.status.success(),
                "{shell} {title}: {}",
                said(&output)
            );
            assert_eq!(said(&output), "", "{shell} {title}");
        }
    }
}

#[test]
fn scripts_pass_shellcheck() {
    require_programs!("shellcheck");
    let directory = Directory::new("shellcheck");
    for (title, text) in scripts() {
        let path = directory.write("script", &text);
        // An awkward path has a `$` that is meant as one.
        let excluded = if title.contains("awkward") {
            "--exclude=SC2016"
        } else {
            "--color=never"
        };
        let mut shellcheck = Command::new("shellcheck");
        let output = shellcheck
            .args(["--shell=sh", excluded])
            .arg(&path)
            .output()
            .unwrap();
        assert_eq!(said(&output), "", "{title}:\n{text}");
    }
}

/// The header's rules, of which insserv and lintian see only some: LSB 5.0, 22.3.
#[test]
fn init_script_has_both_headers() {
    for plan in [plain(), with_user(), awkward()] {
        let script = file(Kind::Sysv, &plan).text;
        let (before, rest) = script.split_once("### BEGIN INIT INFO\n").unwrap();
        let (header, after) = rest.split_once("### END INIT INFO\n").unwrap();
        // Red Hat's tool reads from the top, and stops at the LSB block where there is one.
        assert!(
            before.contains("\n# chkconfig: 2345 95 05\n# description: "),
            "{before}"
        );
        assert!(before.contains("\n# processname: server\n"), "{before}");
        assert!(
            before.contains(&format!("\n# pidfile: {}\n", plan.pid_file)),
            "{before}"
        );
        let keys: Vec<_> = header
            .lines()
            .map(|line| {
                let (key, value) = line.strip_prefix("# ").unwrap().split_once(':').unwrap();
                assert!(value.is_empty() || value.starts_with(' '), "{line}");
                assert_eq!(value.trim(), value.trim_start_matches(' '), "{line}");
                key
            })
            .collect();
        for key in [
            "Provides",
            "Required-Start",
            "Required-Stop",
            "Default-Start",
            "Default-Stop",
            "Short-Description",
        ] {
            assert_eq!(
                keys.iter().filter(|found| **found == key).count(),
                1,
                "{key}"
            );
        }
        assert!(!after.contains("INIT INFO"));
    }
}

#[test]
fn init_script_is_accepted_by_insserv() {
    let Some(machine) = Blueprint::new(&init::SYSVINIT).boot() else {
        return;
    };
    let script = file(Kind::Sysv, &plain());
    machine.write(&script.path, &script.text, script.mode);
    let output = machine.sh("insserv server");
    assert_eq!((output.code, output.err.as_str()), (0, ""));
    machine.ok("test -L /etc/rc2.d/S*server && test -L /etc/rc0.d/K*server");
    let output = machine.sh("update-rc.d -f server remove && ! ls /etc/rc?.d/*server 2>/dev/null");
    assert_eq!((output.code, output.err.as_str()), (0, ""));
    let output = machine.sh("update-rc.d server defaults");
    assert_eq!((output.code, output.err.as_str()), (0, ""));
    machine.ok("for level in 2 3 4 5; do test -L /etc/rc$level.d/S*server || exit 1; done");
    machine.ok("for level in 0 1 6; do test -L /etc/rc$level.d/K*server || exit 1; done");
    // The checker can fail.
    machine.write(
        &script.path,
        &script.text.replace("# Required-Stop", "# Required-Stopp"),
        0o755,
    );
    let output = machine.sh("insserv server");
    assert!(output.err.contains("server"), "{output:?}");
}

#[test]
fn init_script_passes_lintian() {
    require_programs!("lintian dpkg-deb");
    let directory = Directory::new("lintian");
    let script = file(Kind::Sysv, &plain());
    let install = |name: &str, text: &str, mode: u32| {
        let path = directory.write(&format!("package/{name}"), text);
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    let tags = |text: &str| {
        install("etc/init.d/server", text, 0o755);
        install("DEBIAN/conffiles", "/etc/init.d/server\n", 0o644);
        install(
            "DEBIAN/control",
            "Package: server\nVersion: 1.0-1\nArchitecture: all\nMaintainer: A B <a@example.org>\n\
             Section: misc\nPriority: optional\nDescription: a daemon\n A daemon of a test.\n",
            0o644,
        );
        install(
            "DEBIAN/postinst",
            "#!/bin/sh\nset -e\nupdate-rc.d server defaults >/dev/null\ninvoke-rc.d server start || exit $?\n",
            0o755,
        );
        install(
            "DEBIAN/postrm",
            "#!/bin/sh\nset -e\nif [ \"$1\" = purge ]; then\n    update-rc.d server remove >/dev/null\nfi\n",
            0o755,
        );
        let package = directory.0.join("server.deb");
        let built = Command::new("dpkg-deb")
            .args(["--root-owner-group", "--build"])
            .arg(directory.0.join("package"))
            .arg(&package)
            .output()
            .unwrap();
        assert!(built.status.success(), "{}", said(&built));
        let output = Command::new("lintian")
            .args(["--allow-root", "--no-cfg", "--display-info", "--pedantic"])
            .arg(&package)
            .output()
            .unwrap();
        let tags = said(&output);
        assert!(!tags.contains("internal error"), "{tags}");
        let tags = tags.lines().filter(|line| line.contains("init"));
        tags.map(str::to_owned).collect::<Vec<_>>()
    };
    // A package for Debian has a unit beside the script; this one is about the script alone.
    let about_script = |line: &String| !line.contains("missing-systemd-service");
    let found: Vec<_> = tags(&script.text)
        .into_iter()
        .filter(about_script)
        .collect();
    assert_eq!(found, Vec::<String>::new());
    let broken = script
        .text
        .replace("# Default-Stop: 0 1 6\n", "")
        .replace("# Provides: server\n", "");
    assert!(
        tags(&broken)
            .iter()
            .any(|line| line.contains("init.d-script")),
        "the checker can fail"
    );
}
