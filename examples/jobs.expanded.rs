//! Starts each program of a directory every two seconds, and logs how each ended.
use std::collections::HashMap;
use std::error::Error;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::{env, fs};
use daemon_rt::{ChildExit, Context, daemon};
use log::{info, warn};
struct Jobs {
    directory: PathBuf,
    /// The running programs by process id.
    running: HashMap<u32, OsString>,
}
impl Jobs {
    fn new() -> Result<Self, Box<dyn Error>> {
        let directory = env::var_os("JOBS_DIRECTORY")
            .ok_or("JOBS_DIRECTORY is not set")?;
        fs::read_dir(&directory)?;
        Ok(Self {
            directory: directory.into(),
            running: HashMap::new(),
        })
    }
    /// Skips each job that still runs from an earlier round.
    fn round(&mut self, context: &mut Context) -> Result<(), Box<dyn Error>> {
        for entry in fs::read_dir(&self.directory)? {
            let entry = entry?;
            let job = entry.file_name();
            if self.running.values().any(|running| *running == job) {
                info!("{} still runs", job.display());
                continue;
            }
            match context.spawn(&mut Command::new(entry.path())) {
                Ok(pid) => drop(self.running.insert(pid, job)),
                Err(error) => warn!("{}: {error}", job.display()),
            }
        }
        Ok(())
    }
    /// At a stop the runtime ends the remaining children: SIGTERM, then SIGKILL.
    fn on_child(&mut self, child: ChildExit) {
        let job = self.running.remove(&child.pid).unwrap_or_default();
        if child.status.success() {
            info!("{} is done", job.display());
        } else {
            warn!("{} failed: {}", job.display(), child.status);
        }
    }
}
/// Runs `Jobs` as a daemon named `jobs`; written by `#[daemon]`.
impl ::daemon_rt::Daemon for Jobs {
    /// Declares the daemon and every default. A key without a method is off.
    const SPEC: ::daemon_rt::Spec = ::daemon_rt::Spec::new("jobs")
        .signals(&[])
        .timers(
            &[
                ::daemon_rt::spec::Timer::new(
                    "round",
                    ::core::time::Duration::from_secs(2),
                ),
            ],
        )
        .working_dir("/")
        .umask(0o027)
        .env(::daemon_rt::spec::Env::Cleaned)
        .title("jobs")
        .log_level(::daemon_rt::logger::Level::Debug)
        .log_format(::daemon_rt::logger::Format::Short)
        .start_timeout(::core::time::Duration::from_secs(30))
        .stop_timeout(::core::time::Duration::from_secs(20))
        .hang_after(::core::time::Duration::from_secs(60))
        .children(::daemon_rt::spec::Children::Own);
    /// Lists the steps from the caller to the daemon. `Step` documents each of them.
    const STEPS: &'static [::daemon_rt::Step] = &[
        ::daemon_rt::Step::Check,
        ::daemon_rt::Step::Fork,
        ::daemon_rt::Step::Setsid,
        ::daemon_rt::Step::ForkAgain,
        ::daemon_rt::Step::CloseDescriptors,
        ::daemon_rt::Step::TakeLock,
        ::daemon_rt::Step::ResetSignals,
        ::daemon_rt::Step::SetUmask,
        ::daemon_rt::Step::ChangeDir,
        ::daemon_rt::Step::CleanEnvironment,
        ::daemon_rt::Step::Listen,
        ::daemon_rt::Step::WritePidFile,
        ::daemon_rt::Step::DropPrivileges,
        ::daemon_rt::Step::OpenLog,
        ::daemon_rt::Step::SetTitle,
        ::daemon_rt::Step::CatchSignals,
    ];
    type Life = ::daemon_rt::Turns;
}
impl ::daemon_rt::Hooks for Jobs {
    /// Builds the daemon in the detached process.
    fn create(
        _: &mut ::daemon_rt::Resources<'_>,
    ) -> ::core::result::Result<Self, ::daemon_rt::Failure> {
        ::daemon_rt::__private::created::<Self>(Self::new())
    }
    /// Calls the method for an event.
    fn dispatch(
        &mut self,
        event: ::daemon_rt::Event<'_>,
        context: &mut ::daemon_rt::Context,
    ) -> ::daemon_rt::Outcome {
        use ::daemon_rt::{Event, Outcome};
        match event {
            Event::Timer("round") => Outcome::of(self.round(context)),
            Event::Child(child) => Outcome::of(self.on_child(child)),
            _ => Outcome::Unhandled,
        }
    }
}
fn main() -> ExitCode {
    daemon_rt::main::<Jobs>()
}
