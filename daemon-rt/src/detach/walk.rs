//! The walk from the caller to the daemon, step by step.

use nix::sys::stat::{Mode as FileMode, umask};

use super::detached::End;
use super::step::Step;
use super::way::Way;
use super::{caller, daemon, first_child, listen};
use crate::error::Error;
use crate::os::title;

/// Runs `steps` in this process and in the processes that it forks. A failure ends the walk.
pub(crate) fn walk(mut way: Box<Way>, steps: &[Step]) -> End {
    for step in steps {
        if way.outcome.is_some() {
            break;
        }
        if let Err(error) = take(&mut way, *step) {
            way.fail(error);
        }
    }
    way.end()
}

fn take(way: &mut Way, step: Step) -> Result<(), Error> {
    match step {
        Step::Check => caller::check(way),
        Step::Fork => caller::fork(way),
        Step::Setsid => first_child::setsid(way),
        Step::ForkAgain => first_child::fork_again(way),
        Step::CloseDescriptors => daemon::close_descriptors(way),
        Step::TakeLock => daemon::take_lock(way),
        Step::ResetSignals => daemon::reset_signals(),
        Step::SetUmask => {
            umask(FileMode::from_bits_truncate(way.settings.spec.umask));
            Ok(())
        }
        Step::ChangeDir => daemon::change_dir(way),
        Step::CleanEnvironment => daemon::clean_environment(way),
        Step::Listen => listen::open(way),
        Step::WritePidFile => daemon::write_pid_file(way),
        Step::DropPrivileges => daemon::drop_privileges(way),
        Step::OpenLog => daemon::open_log(way),
        Step::SetTitle => title::set(way.settings.spec.title.unwrap_or(way.settings.name)),
        Step::CatchSignals => daemon::catch_signals(way),
    }
}
