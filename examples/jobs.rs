//! Starts every program of a folder again and again, and tells how each ended.

use std::collections::HashMap;
use std::error::Error;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::{env, fs};

use daemon_rt::{ChildExit, Context, daemon};
use log::{info, warn};

struct Jobs {
    folder: PathBuf,
    /// The programs that run, by process id.
    running: HashMap<u32, OsString>,
}

#[daemon(name = "jobs")]
impl Jobs {
    fn new() -> Result<Self, Box<dyn Error>> {
        let folder = env::var_os("JOBS_FOLDER").ok_or("JOBS_FOLDER names no folder")?;
        // Here, and not at the first round: a start that cannot work fails.
        fs::read_dir(&folder)?;
        Ok(Self {
            folder: folder.into(),
            running: HashMap::new(),
        })
    }

    /// A job that still runs from an earlier round is not started a second time.
    #[every("2s")]
    fn round(&mut self, context: &mut Context) -> Result<(), Box<dyn Error>> {
        for entry in fs::read_dir(&self.folder)? {
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

    /// Children that still run at a stop are ended by the runtime: SIGTERM, then SIGKILL.
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
