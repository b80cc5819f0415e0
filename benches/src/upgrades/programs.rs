//! Programs of one binary, whose next build is another file at the same path.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::Server;
use super::place::Place;
use crate::sandbox::{adopt, reap};
use crate::subjects::Builder;

/// The pid file of each program.
const PID_FILE: &str = "bench.pid";

/// The programs as cargo built them.
#[derive(Debug)]
pub(super) struct Files {
    sync: PathBuf,
    on_tokio: PathBuf,
    ecdysis: PathBuf,
}

impl Files {
    pub(super) fn build(builder: &Builder) -> Self {
        Self {
            sync: builder.cargo("upgraded", "upgraded"),
            on_tokio: builder.cargo("upgraded-async", "upgraded-async"),
            ecdysis: builder.cargo("upgraded-ecdysis", "upgraded-ecdysis"),
        }
    }
}

/// The path of the program at its place.
fn program(place: &Place) -> PathBuf {
    place.file("server")
}

/// Puts another build of the program `file` at its path. The name of the build is the end of the file.
fn put(place: &Place, file: &Path, build: &str) {
    let new = place.file("new");
    let _ = fs::copy(file, &new).unwrap();
    let mut end = fs::File::options().append(true).open(&new).unwrap();
    end.write_all(build.as_bytes()).unwrap();
    drop(end);
    fs::rename(new, program(place)).unwrap();
}

/// Runs a verb, whose exit code must be `code`.
fn verb(place: &Place, verb: &str, code: i32) {
    let status = place.command(&program(place), &[verb]).status().unwrap();
    assert_eq!(status.code(), Some(code), "{verb}: {}", place.output());
}

/// How a daemon of this runtime is replaced.
#[derive(Debug, Clone, Copy)]
enum How {
    Untouched,
    Upgrade,
    Refused,
    RolledBack,
    StopAndStart,
}

/// A daemon of this runtime.
struct Own {
    file: PathBuf,
    how: How,
}

impl Own {
    #[allow(
        clippy::unnecessary_wraps,
        reason = "as the servers that may not be here"
    )]
    fn start(place: &Place, file: &Path, build: &str, how: How) -> Option<Box<dyn Server>> {
        put(place, file, build);
        verb(place, "start", 0);
        adopt(place.pid(PID_FILE));
        let file = file.to_owned();
        Some(Box::new(Self { file, how }))
    }
}

impl Server for Own {
    fn upgrade(&mut self, place: &Place, build: &str) {
        match self.how {
            How::Untouched => {}
            How::Upgrade => {
                put(place, &self.file, build);
                verb(place, "upgrade", 0);
                place.wait_for(build);
            }
            How::Refused => {
                // A daemon is asked by a program that works, and finds another one at its path.
                let asks = place.file("asks");
                fs::copy(&self.file, &asks).unwrap();
                place.write("server", "#!/bin/sh\nexit 1\n");
                let mode = fs::Permissions::from_mode(0o755);
                fs::set_permissions(program(place), mode).unwrap();
                let status = place.command(&asks, &["upgrade"]).status().unwrap();
                assert_ne!(status.code().unwrap(), 0);
                place.wait_for("build-00");
            }
            How::RolledBack => {
                put(place, &self.file, &build.replace("build", "fails"));
                verb(place, "upgrade", 1);
                place.wait_for("build-00");
            }
            How::StopAndStart => {
                let before = place.pid(PID_FILE);
                verb(place, "stop", 0);
                let _ = reap(before);
                put(place, &self.file, build);
                verb(place, "start", 0);
                adopt(place.pid(PID_FILE));
                place.wait_for(build);
            }
        }
    }

    fn pid(&self, place: &Place) -> i32 {
        place.pid(PID_FILE)
    }
}

pub(super) fn untouched(place: &Place, files: &Files, build: &str) -> Option<Box<dyn Server>> {
    Own::start(place, &files.sync, build, How::Untouched)
}

pub(super) fn sync(place: &Place, files: &Files, build: &str) -> Option<Box<dyn Server>> {
    Own::start(place, &files.sync, build, How::Upgrade)
}

pub(super) fn on_tokio(place: &Place, files: &Files, build: &str) -> Option<Box<dyn Server>> {
    Own::start(place, &files.on_tokio, build, How::Upgrade)
}

pub(super) fn refused(place: &Place, files: &Files, build: &str) -> Option<Box<dyn Server>> {
    Own::start(place, &files.sync, build, How::Refused)
}

pub(super) fn rolled_back(place: &Place, files: &Files, build: &str) -> Option<Box<dyn Server>> {
    Own::start(place, &files.sync, build, How::RolledBack)
}

pub(super) fn stop_and_start(place: &Place, files: &Files, build: &str) -> Option<Box<dyn Server>> {
    Own::start(place, &files.sync, build, How::StopAndStart)
}

/// A program of ecdysis: the old build starts the new one.
struct Ecdysis {
    file: PathBuf,
}

#[allow(
    clippy::unnecessary_wraps,
    reason = "as the servers that may not be here"
)]
pub(super) fn ecdysis(place: &Place, files: &Files, build: &str) -> Option<Box<dyn Server>> {
    let file = files.ecdysis.clone();
    put(place, &file, build);
    drop(place.spawn(&program(place), &[]));
    Some(Box::new(Ecdysis { file }))
}

impl Server for Ecdysis {
    fn upgrade(&mut self, place: &Place, build: &str) {
        let before = self.pid(place);
        put(place, &self.file, build);
        kill(Pid::from_raw(before), Signal::SIGHUP).unwrap();
        place.wait_for(build);
        place.wait_for_end(before);
    }

    fn pid(&self, place: &Place) -> i32 {
        place.pid(PID_FILE)
    }
}
