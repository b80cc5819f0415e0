//! The steps of the daemon, after which it is ready for the user's code.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::libc;
use nix::unistd::{chdir, geteuid};

use super::caller::{refuse_elsewhere, refuse_holder};
use super::detached::{Mode, record_supervisor, set_limits};
use super::way::Way;
use crate::detach::environment;
use crate::error::Error;
use crate::instance::lock::LockFile;
use crate::instance::pid_file::PidFile;
use crate::instance::state::{Page, Phase};
use crate::logger::{self, Logger};
use crate::manager;
use crate::os::console::TARGET;
use crate::os::counted::Counted;
use crate::os::deadline;
use crate::os::file_id::Found;
use crate::os::stdio::open_null;
use crate::os::sys::{self, Areas};
use crate::pending::{self, Before};
use crate::settings::{LogTarget, Settings};
use crate::trust::{Place, Rule};

/// The time that a start of an ordinary user has to give way to one of root.
const YIELD: Duration = Duration::from_secs(1);

/// Closes inherited descriptors, in a detached daemon.
///
/// The standard streams, the readiness pipe, the directory of the lock and the sockets of listeners
/// stay open.
pub(super) fn close_descriptors(way: &mut Way) -> Result<(), Error> {
    let (Some(reporter), Some(copies)) = (&way.reporter, way.copies.take()) else {
        return Ok(());
    };
    // The directory of the lock, to which the caller has walked.
    let directory = way.place.as_ref().map(|place| place.directory().as_fd());
    let keep: Vec<BorrowedFd<'_>> = directory
        .into_iter()
        .chain([reporter.descriptor().as_fd()])
        .chain(way.inherited.descriptors())
        .collect();
    copies
        .close_all_but(&keep)
        .map_err(|source| Error::step("close the inherited descriptors", source))
}

/// Takes the instance lock and maps the state page, in the daemon.
///
/// # Errors
/// Another daemon holds the lock, or the lock file was removed meanwhile.
pub(super) fn take_lock(way: &mut Way) -> Result<(), Error> {
    let mut lock = match way.lock.take() {
        // The foreground daemon is the verb.
        Some(lock) => lock,
        None => match way.place.take() {
            Some(place) => LockFile::create_at(place)?,
            None => LockFile::create(&way.settings.lock_file)?,
        },
    };
    let page = loop {
        if let Some(page) = lock.take(|file| map_page(file, way))? {
            break page;
        }
        // The holder may end between the two calls.
        refuse_holder(&lock, &way.settings.pid_file)?;
    };
    if !lock.is_current() {
        return Err(lock.replaced());
    }
    await_elsewhere(&lock, &way.settings)?;
    way.page = Some(page);
    way.lock = Some(lock);
    Ok(())
}

/// Looks for a daemon at another default place once more, now that its start would see this one.
///
/// Of two that start at once both may find the other. The one of an ordinary user gives way, and
/// that of root waits for this.
fn await_elsewhere(lock: &LockFile, settings: &Settings) -> Result<(), Error> {
    let others = &settings.other_locks;
    // To open the same file by another path would end the record lock.
    if others
        .iter()
        .any(|path| lock.id().find_at(path) == Found::This)
    {
        return Ok(());
    }
    let patience = if geteuid().is_root() {
        YIELD
    } else {
        Duration::ZERO
    };
    let end = Instant::now() + patience;
    loop {
        match refuse_elsewhere(settings) {
            Err(_) if Instant::now() < end => sleep(Duration::from_millis(5)),
            done => return done,
        }
    }
}

/// Maps the state page of a daemon that starts.
///
/// This precedes the record lock. A daemon that the kernel names has therefore written the page,
/// and not a killed one before it. The keeper of another daemon relies on that.
fn map_page(file: &File, way: &Way) -> Result<Page, Error> {
    let page = Page::map(file).map_err(|e| {
        advise_page(Error::at(
            "write the state page",
            &way.settings.lock_file,
            e,
        ))
    })?;
    page.set_phase(Phase::Starting);
    set_limits(page, &way.settings, way.mode);
    record_supervisor(page, way.supervisor.as_ref());
    Ok(page)
}

/// Appends what helps where a file system has no shared mappings, such as 9p or some of FUSE.
fn advise_page(error: Error) -> Error {
    match error.system_error().and_then(io::Error::raw_os_error) {
        Some(libc::ENODEV) => error.advise("pass --pid-file with a path on a local file system"),
        _ => error,
    }
}

/// Resets ignored signals except SIGPIPE to their defaults, in the daemon. SIGHUP stays ignored
/// until it is caught, so that a hang-up does not end a daemon under nohup(1).
pub(super) fn reset_signals() -> Result<(), Error> {
    let ignored = areas()?.ignored;
    let is_ignored = |number: &i32| ignored >> (number - 1) & 1 != 0;
    // The kernel shows no others; between 31 and SIGRTMIN lie the C library's own.
    let standard = (1..32).filter(is_ignored);
    for number in standard.chain(libc::SIGRTMIN()..=libc::SIGRTMAX()) {
        if ![libc::SIGPIPE, libc::SIGHUP].contains(&number) {
            sys::unignore(number).map_err(|source| Error::step("reset the signals", source))?;
        }
    }
    Ok(())
}

fn areas() -> Result<&'static Areas, Error> {
    Areas::find().map_err(|e| Error::step("find the argument area", e))
}

/// Changes to the declared working directory, in a detached daemon without a `chroot`.
pub(super) fn change_dir(way: &mut Way) -> Result<(), Error> {
    if way.mode != Mode::Detached || way.settings.confinement.chroot.is_some() {
        return Ok(());
    }
    let path = Path::new(way.settings.spec.working_dir);
    chdir(path)
        .map_err(|errno| Error::at("change to", path, errno).of_declared("working_dir", path))
}

/// Cleans the environment and sets the variables of the declared user, in a detached daemon.
pub(super) fn clean_environment(way: &mut Way) -> Result<(), Error> {
    if way.mode != Mode::Detached {
        return Ok(());
    }
    let account = way
        .settings
        .user
        .as_ref()
        .and_then(|user| user.account.as_ref());
    let more = account.into_iter().flat_map(|(name, home)| {
        let name = OsStr::new(name);
        [
            ("HOME", home.as_os_str()),
            ("USER", name),
            ("LOGNAME", name),
        ]
    });
    environment::clean(way.settings.spec.env, &more.collect::<Vec<_>>())
}

/// Writes the pid file, in the daemon.
pub(super) fn write_pid_file(way: &mut Way) -> Result<(), Error> {
    // No reader is expected in a container, and its file system is often read-only.
    if way.mode != Mode::Contained || way.settings.spec.pid_file.is_some() {
        let path = &way.settings.pid_file;
        let place = match &way.lock {
            Some(lock) => lock.pid_file_place(path),
            None => Place::of(path, Rule::PidFile),
        };
        way.pid_file = Some(PidFile::write(place?, std::process::id())?);
    }
    Ok(())
}

/// Applies the confinement and becomes the declared user, in the daemon.
pub(super) fn drop_privileges(way: &mut Way) -> Result<(), Error> {
    let settings = &way.settings;
    let (user, confinement) = (&settings.user, &settings.confinement);
    if confinement.chroot.is_some() {
        // Through an open directory the daemon could leave its root.
        if let Some(pid_file) = &mut way.pid_file {
            pid_file.close_directory();
        }
        if let Some(lock) = &mut way.lock {
            lock.close_directory();
        }
        // Read by their paths for the last time.
        areas()?;
        logger::read_zone();
        manager::connect();
    }
    let user = user.as_ref().filter(|user| !user.is_current());
    let log = (settings.log_target == LogTarget::File).then_some(settings.log_file.as_path());
    let working_dir = Path::new(settings.spec.working_dir);
    way.outside = confinement.enter(user, working_dir, log)?;
    // It is used once the daemon is ready, and a start should fail before the user's code runs.
    if way.mode == Mode::Detached && way.outside.is_none() {
        open_null()?;
    }
    Ok(())
}

/// Opens the log with the daemon's final privileges, and publishes its place in the state page.
pub(super) fn open_log(way: &mut Way) -> Result<(), Error> {
    let settings = &way.settings;
    let builder = Logger::builder().config(settings.log());
    let (place, builder) = match &settings.log_target {
        LogTarget::Stderr => (OsString::new(), builder.stderr()),
        LogTarget::Stdout => ("stdout".into(), builder.stdout()),
        // Verbs get the path that leads there from outside.
        LogTarget::File => (
            settings.log_file.clone().into(),
            match neighbour(way) {
                Some(place) => builder.file_at(place),
                None => builder.file(settings.confinement.inside(&settings.log_file)?),
            },
        ),
        LogTarget::Syslog(target) => (
            target.to_string().into(),
            builder.syslog_target(settings.name, target.clone()),
        ),
    };
    if let Some(page) = way.page {
        page.set_log_file(place.as_encoded_bytes());
    }
    let installed = builder.install();
    installed.map_err(|error| match &settings.confinement.chroot {
        Some(root) => error.outside_of(root),
        None => error,
    })?;
    way.log_place = place;
    if let Some(why) = &way.lockless {
        log::warn!(
            target: TARGET,
            "started without a lock: {why}; verbs cannot reach this daemon, so send signals to PID 1"
        );
    }
    Ok(())
}

/// Returns the place of a log beside the lock, whose path has been checked.
///
/// After a privilege drop or a `chroot` it returns `None`. The daemon must be able to walk the path
/// again when it reopens the log after a rotation.
fn neighbour(way: &Way) -> Option<Place> {
    let Settings {
        user,
        confinement,
        log_file,
        ..
    } = &*way.settings;
    let is_same =
        user.is_none() && confinement.chroot.is_none() && confinement.capabilities.is_none();
    // A directory that is trusted with a lock is also trusted with a log.
    way.lock.as_ref().filter(|_| is_same)?.neighbour(log_file)
}

/// Catches the declared signals and unblocks all, in the daemon.
pub(super) fn catch_signals(way: &mut Way) -> Result<(), Error> {
    if let Some(page) = way.page {
        deadline::prepare(page.stop_limit(), way.settings.spec.stop_timeout)?;
    }
    let before = way.inheritance.as_ref().map(|from| Before {
        caught: from.number("caught").unwrap_or_default(),
        counted: from.all("signal").filter_map(parse).collect(),
    });
    pending::catch(way.signals, before.as_ref())
}

/// Reads a signal that the program before an upgrade counted.
fn parse(counted: &OsStr) -> Option<Counted> {
    counted.to_str()?.parse().ok()
}
