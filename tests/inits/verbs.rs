//! `unit`, `install` and `uninstall`, as a person types them.

use tests::machines::{Machine, init};
use tests::require_programs;
use tests::support::{Sandbox, program_or_skip};

use crate::plans::{dropper, plain};
use crate::site::{assert_status, await_status, boot, boot_with_completions};

#[test]
fn install_check_and_uninstall_round_trip() {
    let Some(machine) = boot_with_completions(&init::NONE) else {
        return;
    };
    for (kind, path) in [
        ("sysv", "/etc/init.d/server"),
        ("systemd", "/etc/systemd/system/server.service"),
        ("openrc", "/etc/init.d/server"),
        ("runit", "/etc/sv/server/run"),
        ("s6", "/etc/s6/sv/server/run"),
        ("logrotate", "/etc/logrotate.d/server"),
        ("tmpfiles", "/etc/tmpfiles.d/server.conf"),
        (
            "bash",
            "/usr/local/share/bash-completion/completions/server",
        ),
        ("zsh", "/usr/local/share/zsh/site-functions/_server"),
        (
            "fish",
            "/usr/local/share/fish/vendor_completions.d/server.fish",
        ),
        ("man", "/usr/local/share/man/man8/server.8"),
    ] {
        let said = machine.ok(&format!("server install {kind} --stop-timeout=7s"));
        assert!(said.contains(path), "{kind}: {said}");
        // It finds by itself how the file was made.
        machine.ok(&format!("server unit --check {path}"));
        machine.ok(&format!("echo '# mine' >>{path}"));
        let checked = machine.sh(&format!("server unit --check {path}"));
        assert_eq!(checked.code, 1, "{kind}: {checked:?}");
        assert!(checked.out.contains("- # mine"), "{kind}: {checked:?}");
        // Made by this daemon, so replaced; then removed.
        machine.ok(&format!(
            "server install {kind} --stop-timeout=7s && server unit --check {path}"
        ));
        machine.ok(&format!("server uninstall {kind} && ! test -e {path}"));
        machine.ok(&format!("server uninstall {kind}"));
        // A file of another author is neither replaced nor removed.
        machine.write(path, "by hand\n", 0o644);
        for verb in ["install", "uninstall"] {
            let refused = machine.sh(&format!("server {verb} {kind}"));
            assert_ne!(refused.code, 0, "{kind}: {refused:?}");
            assert!(refused.err.contains("--force"), "{kind}: {refused:?}");
            assert_eq!(machine.read(path), "by hand\n", "{kind}");
        }
        machine.ok(&format!(
            "server install --force {kind} && server uninstall {kind}"
        ));
        assert_eq!(machine.read(path), "", "{kind}");
    }
}

/// Installs with `--enable`, looks, uninstalls, looks again.
fn enables(machine: &Machine, kind: &str, enabled: &str) {
    for name in ["server", "dropper"] {
        let enabled = enabled.replace("NAME", name);
        machine.ok(&format!("{name} install {kind} --enable && {enabled}"));
        machine.ok(&format!("{name} uninstall {kind} && ! {{ {enabled}; }}"));
    }
}

#[test]
fn enable_uses_the_init_systems_own_way() {
    for (system, kind, enabled) in [
        (&init::SYSTEMD, "systemd", "systemctl is-enabled NAME"),
        (
            &init::SYSVINIT,
            "sysv",
            "test -L /etc/rc2.d/S??NAME -a -L /etc/rc0.d/K??NAME",
        ),
        (
            &init::OPENRC,
            "openrc",
            "rc-update show default | grep -q NAME",
        ),
        (&init::RUNIT, "runit", "test -L /etc/service/NAME"),
    ] {
        let Some(machine) = boot(system) else {
            continue;
        };
        enables(&machine, kind, enabled);
    }
    let Some(machine) = boot(&init::S6) else {
        return;
    };
    let refused = machine.sh("server install s6 --enable");
    assert!(
        refused.code != 0 && refused.err.contains("/etc/s6/sv/server"),
        "{refused:?}"
    );
}

/// Under another root nothing of this system is touched.
#[test]
fn install_with_root_touches_only_that_root() {
    let Some(machine) = boot(&init::SYSTEMD) else {
        return;
    };
    // This machine may have one of its own, which shows through.
    machine.ok("rm -f /etc/init.d/server");
    for (kind, made) in [
        (
            "systemd",
            "test -f etc/systemd/system/server.service && \
             test -L etc/systemd/system/multi-user.target.wants/server.service",
        ),
        (
            "sysv",
            "test -L etc/rc3.d/S95server && test -L etc/rc6.d/K05server && test -x etc/init.d/server",
        ),
    ] {
        machine.ok(&format!(
            "mkdir -p /srv/{kind} && server install {kind} --enable --root=/srv/{kind}"
        ));
        machine.ok(&format!("cd /srv/{kind} && {made}"));
        machine.ok("! test -e /etc/systemd/system/server.service && ! test -e /etc/init.d/server");
        machine.ok(&format!("server uninstall {kind} --root=/srv/{kind}"));
        machine.ok(&format!("! find /srv/{kind} ! -type d | grep ."));
    }
}

/// The program of another system that disables services is missing: an init script of that name
/// requires its `update-rc.d`. The link is still removed.
#[test]
fn uninstall_removes_files_even_if_not_disabled() {
    let Some(machine) = boot(&init::SYSTEMD) else {
        return;
    };
    machine.ok("server install systemd --enable --root=/srv/other");
    machine.write("/srv/other/etc/init.d/server", "#!/bin/sh\n", 0o755);
    let uninstall = "server uninstall systemd --root=/srv/other";
    assert_eq!(machine.sh(uninstall).code, 0);
    machine.ok("! find /srv/other/etc/systemd ! -type d | grep .");
    // Where it is not enabled, and that cannot be known.
    machine.ok("server install systemd --root=/srv/other");
    let output = machine.sh(uninstall);
    assert_eq!(output.code, 1, "{output:?}");
    assert!(output.err.contains("not disabled: "), "{output:?}");
    machine.ok("! find /srv/other/etc/systemd ! -type d | grep .");
    machine.ok(uninstall);
}

/// From nothing to a service that runs, by the files that the binary itself prints.
#[test]
fn daemon_installed_by_the_verb_lives() {
    let Some(machine) = boot(&init::SYSTEMD) else {
        return;
    };
    for plan in [plain(), dropper()] {
        let name = &plan.name;
        machine.ok(&format!(
            "{name} install systemd --enable && systemctl start {name}"
        ));
        assert_status(&machine, &plan, 0);
        machine.ok(&format!("{name} install logrotate"));
        if program_or_skip("logrotate") {
            machine.ok(&format!("logrotate -d /etc/logrotate.d/{name}"));
        }
        machine.ok(&format!(
            "systemctl stop {name} && {name} uninstall systemd"
        ));
        await_status(&machine, &plan, 3);
        // The lock and the directory that the unit left do not stand in root's own way.
        machine.ok(&format!("{name} start && {name} status && {name} stop"));
    }
}

/// A user's group is not always called like the user: on Debian that of `nobody` is `nogroup`.
#[test]
fn files_of_a_user_belong_to_its_own_group() {
    let Some(machine) = boot(&init::SYSTEMD) else {
        return;
    };
    let group = machine.ok("id -gn nobody");
    let group = group.trim();
    // This machine may have one of its own, which shows through.
    machine.ok("rm -rf /var/log/dropper && dropper install tmpfiles --user=nobody");
    machine.ok("systemd-tmpfiles --create /etc/tmpfiles.d/dropper.conf");
    let stat = machine.ok("stat -c '%U:%G' /var/log/dropper");
    assert_eq!(stat, format!("nobody:{group}\n"));
    let rotation = machine.ok("dropper unit logrotate --user=nobody | tee /run/rotation");
    assert!(rotation.contains(&format!("su nobody {group}\n")));
    if program_or_skip("logrotate") {
        let dry = machine.sh("logrotate -d /run/rotation");
        assert!(!dry.err.contains("error:"), "{dry:?}");
    }
    for (options, owner) in [
        ("--user=nobody --group=games", "nobody games"),
        // It may be made on another machine, or later.
        ("--user=nobody-yet", "nobody-yet nobody-yet"),
    ] {
        let directories = machine.ok(&format!("dropper unit tmpfiles {options}"));
        assert!(
            directories.contains(&format!("0750 {owner} -")),
            "{directories}"
        );
    }
}

#[test]
fn completions_and_man_page_are_accepted() {
    let Some(machine) = boot_with_completions(&init::NONE) else {
        return;
    };
    assert!(
        machine
            .ok("server unit zsh")
            .starts_with("#compdef server\n")
    );
    assert!(
        machine
            .ok("server unit fish")
            .contains("complete -c server")
    );
    bash_takes_its_file(&machine);
    man_takes_its_file(&machine);
}

fn bash_takes_its_file(machine: &Machine) {
    require_programs!("bash");
    machine.ok("server unit bash >/run/c && bash -n /run/c");
    let words = machine.ok(
        "bash -c '. /run/c; COMP_WORDS=(server st); COMP_CWORD=1; _server server st server; \
         echo \"${COMPREPLY[@]}\"'",
    );
    assert!(
        words.contains("start") && words.contains("status"),
        "{words}"
    );
}

fn man_takes_its_file(machine: &Machine) {
    require_programs!("man");
    machine.ok("server unit man >/run/server.8");
    let page = machine.sh("MANWIDTH=100 man --warnings --local-file /run/server.8 | cat");
    assert_eq!((page.code, page.err.as_str()), (0, ""));
    for word in ["SERVER(8)", "start", "--pid-file", "--stop-timeout"] {
        assert!(
            page.out.to_uppercase().contains(&word.to_uppercase()),
            "{word}: {}",
            page.out
        );
    }
}

#[test]
fn unit_has_the_path_by_which_the_program_was_called() {
    let sandbox = Sandbox::scripted();
    let here = sandbox.directory().display().to_string();
    let setup = "mkdir -p rel/1/bin && cp \"$D\" rel/1/bin/scripted && ln -s rel/1 current \
                 && ln -s current/bin/scripted here && ln -s scripted rel/1/bin/scriptedd";
    let _ = sandbox.shell(setup).exits(0);
    for (call, path) in [
        ("current/bin/scripted", "current/bin/scripted"),
        ("./current/bin/scripted", "current/bin/scripted"),
        ("\"$PWD\"/current/bin/scripted", "current/bin/scripted"),
        ("./here", "here"),
        ("rel/1/bin/scripted", "rel/1/bin/scripted"),
        ("current/bin/scriptedd", "current/bin/scriptedd"),
        ("PATH=$PWD/current/bin scripted", "current/bin/scripted"),
        ("cd current && bin/scripted", "current/bin/scripted"),
        (
            "cd current/bin && PATH=.:$PATH scripted",
            "current/bin/scripted",
        ),
        ("unset PWD; current/bin/scripted", "current/bin/scripted"),
        ("PWD=/ current/bin/scripted", "current/bin/scripted"),
        // None of these leads to the program in another process.
        (
            "exec 9<rel/1/bin/scripted; /proc/self/fd/9",
            "rel/1/bin/scripted",
        ),
        (
            "perl -e 'exec { \"rel/1/bin/scripted\" } @ARGV' /bin/sh",
            "rel/1/bin/scripted",
        ),
    ] {
        if call.starts_with("perl") && !program_or_skip("perl") {
            continue;
        }
        let printed = sandbox.shell(&format!("{call} unit systemd")).exits(0);
        let expected = format!("ExecStart={here}/{path} run");
        let found = printed
            .stdout
            .lines()
            .find(|line| line.starts_with("ExecStart="));
        assert!(
            found.is_some_and(|line| line.starts_with(&expected)),
            "{call}: {found:?}"
        );
    }
}
