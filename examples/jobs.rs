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

#[daemon(name = "jobs")]
impl Jobs {
    fn new() -> Result<Self, Box<dyn Error>> {
        let directory = env::var_os("JOBS_DIRECTORY").ok_or("JOBS_DIRECTORY is not set")?;
        // Read here already, so that the start fails if the directory cannot be read.
        fs::read_dir(&directory)?;
        Ok(Self {
            directory: directory.into(),
            running: HashMap::new(),
        })
    }

    /// Skips each job that still runs from an earlier round.
    #[every("2s")]
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

fn main() -> ExitCode {
    daemon_rt::main::<Jobs>()
}
