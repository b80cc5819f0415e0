//! Arguments that mean something to every format reach the program as they are.

use crate::unit::{Kind, render};
use tests::machines::{Machine, Plan as Blueprint, init};

use crate::checkers::installed;
use crate::plans::{AWKWARD, awkward, file};

/// A program that writes its arguments to /run/said, one per line, and stays for the verb `run`.
const ECHO: &str =
    "#!/bin/sh\nprintf '%s\\n' \"$@\" >>/run/said\n[ \"$1\" != run ] || exec sleep 1000\n";

/// A machine with [`ECHO`] at the awkward path.
pub fn machine_with_echo(system: &'static init::Init) -> Option<Machine> {
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
fn systemd_passes_awkward_arguments_unchanged() {
    for system in [&init::SYSTEMD, &init::SYSTEMD_257] {
        let Some(machine) = machine_with_echo(system) else {
            continue;
        };
        let unit = file(Kind::Systemd, &awkward());
        machine.write(&unit.path, &unit.text, 0o644);
        // The stand-in does not notify systemd; the rest is as generated.
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
fn scripts_pass_awkward_arguments_unchanged() {
    let Some(machine) = machine_with_echo(&init::NONE) else {
        return;
    };
    let script = file(Kind::Sysv, &awkward());
    machine.write(&script.path, &script.text, script.mode);
    let shells = installed(&["sh", "bash"]);
    for (verb, called, starting) in [
        ("start", "start", true),
        ("stop", "stop", false),
        ("restart", "restart", true),
        ("condrestart", "try-restart", true),
        ("reload", "reload", false),
        ("status", "status", false),
    ] {
        for shell in &shells {
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
