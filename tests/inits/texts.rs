//! The generated texts, read by the programs that they are for.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use daemon_rt::unit::{Choice, Error, Kind, Plan, render};
use tests::boxes::{Machine, Plan as Blueprint, init};

use crate::plans::{self, AWKWARD, awkward, file, plain, with_user};

/// What a program said: both outputs, since most checkers choose freely.
fn said(output: &Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    format!(
        "{}{}",
        String::from_utf8_lossy(out),
        String::from_utf8_lossy(err)
    )
}

/// Whether `program` is installed; says so when it is not.
fn has(program: &str) -> bool {
    let found = Command::new("sh")
        .args(["-c", "command -v \"$0\"", program])
        .output()
        .unwrap();
    if !found.status.success() {
        use std::io::Write as _;
        assert!(
            std::env::var_os("BOXES_REQUIRED").is_none(),
            "{program} is not installed"
        );
        let _ = writeln!(std::io::stderr(), "skipped: {program} is not installed");
    }
    found.status.success()
}

/// A folder of this test, removed with it.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let name = format!("{name}-{}", std::process::id());
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

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
    assert_eq!(scripts.len(), 15);
    scripts
}

#[test]
fn scripts_are_shell() {
    let folder = Folder::new("scripts");
    for (title, text) in scripts() {
        let path = folder.write("script", &text);
        for shell in ["sh", "bash"] {
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
fn shellcheck_has_nothing_to_say() {
    if !has("shellcheck") {
        return;
    }
    let folder = Folder::new("shellcheck");
    for (title, text) in scripts() {
        let path = folder.write("script", &text);
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
fn the_init_script_has_both_headers() {
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

/// A program that writes its arguments to /run/said, one a line, and stays when told to `run`.
const ECHO: &str =
    "#!/bin/sh\nprintf '%s\\n' \"$@\" >>/run/said\n[ \"$1\" != run ] || exec sleep 1000\n";

/// A machine with [`ECHO`] at the awkward path.
fn machine_with_echo(system: &'static init::Init) -> Option<Machine> {
    let machine = Blueprint::new(system).boot()?;
    let plan = awkward();
    for path in [
        &plan.pid_file,
        &plan.log_file,
        &format!("{}/x", plan.working_dir),
    ] {
        machine.write(path, "", 0o644);
    }
    machine.write(&plan.executable, ECHO, 0o755);
    machine.write("/usr/local/bin/server", ECHO, 0o755);
    Some(machine)
}

/// The lines that [`ECHO`] has to write for a verb of the awkward plan.
fn told(verb: &str, starting: bool) -> String {
    let common = format!("{verb}\n--pid-file={AWKWARD}/run/server.pid\n");
    let more = format!("--log-file={AWKWARD}/log/server.log\n--title=\n");
    if starting { common + &more } else { common }
}

#[test]
fn systemd_reads_its_units_without_a_word() {
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
fn systemd_passes_awkward_arguments_whole() {
    for system in [&init::SYSTEMD, &init::SYSTEMD_257] {
        let Some(machine) = machine_with_echo(system) else {
            continue;
        };
        let unit = file(Kind::Systemd, &awkward());
        machine.write(&unit.path, &unit.text, 0o644);
        // The stand-in says nothing to systemd; all else is as generated.
        machine.write(
            "/etc/systemd/system/server.service.d/simple.conf",
            "[Service]\nType=simple\n",
            0o644,
        );
        machine.ok("systemctl daemon-reload && systemctl start server");
        machine.until("test -s /run/said");
        machine.ok("systemctl reload server");
        let work = machine.ok("readlink /proc/$(systemctl show -P MainPID server)/cwd");
        machine.ok("systemctl stop server");
        assert_eq!(
            machine.read("/run/said"),
            told("run", true) + &told("reload", false)
        );
        assert_eq!(work.trim_end(), format!("{AWKWARD}/work"));
    }
}

#[test]
fn scripts_pass_awkward_arguments_whole() {
    let Some(machine) = machine_with_echo(&init::NONE) else {
        return;
    };
    let script = file(Kind::Sysv, &awkward());
    machine.write(&script.path, &script.text, script.mode);
    for (verb, called, starting) in [
        ("start", "start", true),
        ("stop", "stop", false),
        ("restart", "restart", true),
        ("condrestart", "try-restart", true),
        ("reload", "reload", false),
        ("status", "status", false),
    ] {
        for shell in ["sh", "bash"] {
            machine.ok(&format!("rm -f /run/said; {shell} {} {verb}", script.path));
            let first: String = machine
                .read("/run/said")
                .lines()
                .take(4)
                .fold(String::new(), |lines, line| lines + line + "\n");
            assert!(
                first.starts_with(&told(called, starting)),
                "{verb}: {first}"
            );
        }
    }
    for kind in [Kind::Runit, Kind::S6] {
        let files = render(kind, &awkward()).unwrap();
        for file in &files {
            machine.write(&file.path, &file.text, file.mode);
        }
        let run = files
            .iter()
            .find(|file| file.path.ends_with("/run"))
            .unwrap();
        machine.ok(&format!(
            "rm -f /run/said; {} & until test -s /run/said; do sleep 0.01; done",
            run.path
        ));
        assert!(
            machine.read("/run/said").starts_with(&told("run", true)),
            "{kind:?}"
        );
    }
}

#[test]
fn logrotate_reads_its_file() {
    if !has("logrotate") {
        return;
    }
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
    assert!(matches!(
        render(Kind::Logrotate, &brace),
        Err(Error::Unwritable { .. })
    ));
}

/// For a path in a test's own script.
fn quoted(path: &str) -> String {
    format!("'{}'", path.replace('\'', r"'\''"))
}

#[test]
fn tmpfiles_makes_the_folders() {
    let Some(machine) = Blueprint::new(&init::SYSTEMD).boot() else {
        return;
    };
    for plan in [plain(), with_user(), awkward()] {
        let folders = file(Kind::Tmpfiles, &plan);
        machine.write(&folders.path, &folders.text, 0o644);
        let output = machine.sh(&format!("systemd-tmpfiles --create {}", folders.path));
        assert_eq!(
            (output.code, output.err.as_str()),
            (0, ""),
            "{}",
            folders.text
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
fn insserv_and_update_rc_d_take_the_script() {
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
fn lintian_takes_the_init_script() {
    if !has("lintian") || !has("dpkg-deb") {
        return;
    }
    let folder = Folder::new("lintian");
    let script = file(Kind::Sysv, &plain());
    let install = |name: &str, text: &str, mode: u32| {
        let path = folder.write(&format!("package/{name}"), text);
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
        let package = folder.0.join("server.deb");
        let built = Command::new("dpkg-deb")
            .args(["--root-owner-group", "--build"])
            .arg(folder.0.join("package"))
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

#[test]
fn what_no_format_can_say_is_refused() {
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
fn a_forking_unit_has_no_watchdog() {
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
