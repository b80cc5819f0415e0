//! A machine with the daemons of `server_or_dropper` installed, and what every life cycle asks of
//! it.

use std::path::Path;

use crate::unit::{Kind, Plan, render};
use tests::machines::init::Init;
use tests::machines::{Machine, Plan as Blueprint};
use tests::support::{daemon_path, programs_of, until};

/// A machine with `server` and `dropper` in /usr/local/bin, before it boots.
pub fn blueprint(system: &'static Init) -> Blueprint {
    blueprint_of(system, daemon_path("server_or_dropper").as_ref())
}

fn blueprint_of(system: &'static Init, program: &Path) -> Blueprint {
    // Two copies, not a link: `unit` names the program by its true path.
    Blueprint::new(system)
        .program("/usr/local/bin/server", program)
        .program("/usr/local/bin/dropper", program)
}

/// Boots a machine with `server` and `dropper`.
pub fn boot(system: &'static Init) -> Option<Machine> {
    blueprint(system).boot()
}

/// Boots a machine whose `server` and `dropper` have the feature `completions`.
pub fn boot_with_completions(system: &'static Init) -> Option<Machine> {
    let programs = programs_of(&["-p", "completions"]);
    blueprint_of(system, &programs["completions-server"]).boot()
}

/// Writes the files of `kind` where they belong.
pub fn install(machine: &Machine, kind: Kind, plan: &Plan) {
    for file in render(kind, plan).unwrap() {
        machine.write(&file.path, &file.text, file.mode);
    }
}

/// The pid that the pid file of `plan` names. A daemon that starts has not written it yet.
pub fn pid(machine: &Machine, plan: &Plan) -> u32 {
    let pid = until(|| {
        machine
            .read(&plan.pid_file)
            .strip_suffix('\n')?
            .parse()
            .ok()
    });
    pid.unwrap_or_else(|| panic!("{} has no pid", plan.pid_file))
}

/// Asserts that the daemon's own `status` says the code `code`.
pub fn assert_status(machine: &Machine, plan: &Plan, code: i32) {
    let output = machine.sh(&format!("{} status", plan.name));
    assert_eq!(
        output.code,
        code,
        "{}: {output:?}\n{}",
        plan.name,
        machine.console()
    );
}

/// Waits until the daemon's own `status` says the code `code`.
pub fn await_status(machine: &Machine, plan: &Plan, code: i32) {
    machine.until(&format!("{} status; test $? -eq {code}", plan.name));
}
