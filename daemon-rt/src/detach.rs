//! The way from the caller to the daemon: one method a step.
//!
//! Three processes run through it. The caller forks and stays in [`Detach::fork`] until it knows
//! how the start ended. The first child makes a session, forks again and is gone. The daemon does
//! the rest. A step that is not the process's own business does nothing there.

use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::mem;
use std::os::fd::AsRawFd;
use std::time::Duration;

use nix::sys::stat::{Mode as FileMode, umask};
use nix::unistd::{ForkResult, chdir};

use crate::chroot::Outside;
use crate::error::Error;
use crate::lock::{Holder, LockFile};
use crate::logger;
use crate::pid_file::PidFile;
use crate::process;
use crate::ready::{self, Message, Reporter};
use crate::settings::Settings;
use crate::signal::{Signal, deadline, pending};
use crate::starter::Starter;
use crate::state::{Page, Phase, Snapshot};
use crate::title::Regions;
use crate::trust::{Place, Rule};
use crate::{environment, init, sys, title, trust};

/// The way from the caller to the daemon, as far as it has been gone.
///
/// [`Daemon::detach`](crate::Daemon::detach) calls every step once, in the order in which they
/// stand here; a start in which one is missing or out of place fails and says which. After a
/// failure the steps that follow do nothing. With the verb `run` the process itself becomes the
/// daemon, and the steps that part it from its caller do nothing either.
#[derive(Debug)]
#[must_use]
pub struct Detach(Box<Way>);

/// The way itself. On the heap: each step hands it on, and a page of the stack that is written to
/// after a fork is copied.
#[derive(Debug)]
struct Way {
    settings: Box<Settings>,
    signals: &'static [Signal],
    mode: Mode,
    role: Role,
    /// The step that comes next, as its place in [`STEPS`].
    next: usize,
    lock: Option<LockFile>,
    /// Why the daemon goes without a lock, in a container.
    lockless: Option<String>,
    /// Where the lock is, on the other side of the fork.
    place: Option<Place>,
    reporter: Option<Reporter>,
    page: Option<Page>,
    pid_file: Option<PidFile>,
    outside: Option<Outside>,
    outcome: Option<Result<i32, Error>>,
}

/// Whether the daemon leaves its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// `start`.
    Detached,
    /// `run`.
    Foreground,
    /// `run` as PID 1: the daemon of a container, below the init.
    Contained,
}

/// Which process this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Caller,
    FirstChild,
    Daemon,
}

/// What a finished way leads to.
#[derive(Debug)]
pub(crate) enum End {
    /// In the caller: the daemon's process id, or why there is none.
    Caller(Result<i32, Error>),
    /// In the daemon.
    Daemon(Box<Detached>),
}

/// The daemon process, ready for the user's code.
#[derive(Debug)]
pub(crate) struct Detached {
    pub settings: Box<Settings>,
    pub signals: &'static [Signal],
    pub mode: Mode,
    pub lock: LockFile,
    pub page: Page,
    pub pid_file: Option<PidFile>,
    /// None in the foreground: the caller is the terminal or the supervisor itself.
    pub reporter: Option<Reporter>,
    /// What a daemon with a root of its own still has of the other one.
    pub outside: Option<Outside>,
}

/// The steps, in the only order that is right.
const STEPS: [&str; 15] = [
    "check",
    "fork",
    "setsid",
    "fork_again",
    "close_descriptors",
    "take_lock",
    "reset_signals",
    "set_umask",
    "change_dir",
    "clean_environment",
    "write_pid_file",
    "drop_privileges",
    "open_log",
    "set_title",
    "catch_signals",
];

impl Detach {
    /// The beginning of the way. `lock` is the verbs' lock, if the verb holds it already.
    pub(crate) fn new(
        settings: Box<Settings>,
        signals: &'static [Signal],
        mode: Mode,
        lock: Option<LockFile>,
    ) -> Self {
        Self(Box::new(Way {
            settings,
            signals,
            mode,
            role: Role::Caller,
            next: 0,
            lock,
            lockless: None,
            place: None,
            reporter: None,
            page: None,
            pid_file: None,
            outside: None,
            outcome: None,
        }))
    }

    /// Caller: refuses to fork a process with threads (`fork(2)` copies one of them), makes the
    /// folders of the default places, waits for other verbs, and asks the lock whether the daemon
    /// runs. Nothing was started yet when this fails.
    pub fn check(self) -> Self {
        self.step("check", |way| {
            let drops = way.settings.must_drop_privileges()?;
            let confinement = &way.settings.confinement;
            if drops || way.mode == Mode::Detached || confinement.is_a_threads() {
                refuse_threads()?;
            }
            confinement.check()?;
            let mut lock = if way.mode == Mode::Contained {
                let (lock, lockless) = init::open_lock(&way.settings)?;
                way.lockless = lockless;
                lock
            } else {
                for folder in &way.settings.folders {
                    trust::make_folder(&folder.path, folder.mode, folder.owner)?;
                }
                match way.lock.take() {
                    Some(lock) => lock,
                    None => LockFile::create(&way.settings.lock_file)?,
                }
            };
            lock.hold_for_verb(way.settings.name, way.settings.verb_timeout())?;
            wait_for_stopping(&lock, way.settings.stop_timeout)?;
            match lock.holder()? {
                Holder::Nobody => {}
                Holder::Process(pid) => return Err(Error::AlreadyRunning(Some(pid))),
                Holder::Elsewhere => return Err(Error::AlreadyRunning(None)),
            }
            way.lock = Some(lock);
            Ok(())
        })
    }

    /// Caller: `fork(2)`, with signals blocked so that none is lost or kills a half-made daemon,
    /// and a pipe over which the daemon says that it is ready, or why not. The caller stays here
    /// until then.
    pub fn fork(self) -> Self {
        self.step("fork", |way| {
            if way.mode != Mode::Detached {
                way.role = Role::Daemon;
                return Ok(());
            }
            // What is still in the buffer would be written by both processes.
            let _ = std::io::stdout().flush();
            let (listener, reporter) = ready::pipe()?;
            let starter = Starter::prepare(listener)?;
            match sys::fork().map_err(|errno| Error::step("fork", errno))? {
                ForkResult::Parent { child } => {
                    drop(reporter);
                    let verdict = starter.wait(child, &way.settings);
                    way.outcome = Some(verdict);
                }
                ForkResult::Child => {
                    // The caller's copies are never dropped: a drop would close a descriptor that
                    // `close_descriptors` closed and something else has got since.
                    mem::forget(starter);
                    way.place = way.lock.take().and_then(LockFile::leave);
                    way.reporter = Some(reporter);
                    way.role = Role::FirstChild;
                }
            }
            Ok(())
        })
    }

    /// First child: `setsid(2)`, away from the caller's session and terminal.
    pub fn setsid(self) -> Self {
        self.step("setsid", |way| match way.role {
            Role::FirstChild => nix::unistd::setsid()
                .map(drop)
                .map_err(|e| Error::step("make a session", e)),
            Role::Caller | Role::Daemon => Ok(()),
        })
    }

    /// First child: forks again and is gone. The daemon leads no session, so that it can never
    /// get a terminal by opening one (`daemon(7)`, step 7).
    pub fn fork_again(self) -> Self {
        self.step("fork_again", |way| {
            if way.role != Role::FirstChild {
                return Ok(());
            }
            match sys::fork().map_err(|errno| Error::step("fork again", errno))? {
                ForkResult::Parent { child } => {
                    way.report(&Message::Pid(child.as_raw()));
                    signal_hook::low_level::exit(0);
                }
                ForkResult::Child => {
                    way.role = Role::Daemon;
                    Ok(())
                }
            }
        })
    }

    /// Daemon: closes whatever the caller had open but stdin, stdout and stderr, which follow when
    /// the daemon is ready.
    pub fn close_descriptors(self) -> Self {
        self.step("close_descriptors", |way| match &way.reporter {
            Some(reporter) => {
                let reporter = reporter.descriptor().as_raw_fd();
                // The folder of the lock, to which the caller has walked.
                let folder = way.place.as_ref().map(|place| place.folder().as_raw_fd());
                sys::close_all_but([reporter, folder.unwrap_or(reporter)])
                    .map_err(|source| Error::step("close the inherited descriptors", source))
            }
            None => Ok(()),
        })
    }

    /// Daemon: takes the record lock, and maps the state page.
    pub fn take_lock(self) -> Self {
        self.step("take_lock", |way| {
            let lock = match way.lock.take() {
                // The foreground daemon is the verb: the file must be opened once only.
                Some(lock) => lock,
                None => match way.place.take() {
                    Some(place) => LockFile::create_at(place)?,
                    None => LockFile::create(&way.settings.lock_file)?,
                },
            };
            while !lock.take()? {
                match lock.holder()? {
                    Holder::Process(pid) => return Err(Error::AlreadyRunning(Some(pid))),
                    Holder::Elsewhere => return Err(Error::AlreadyRunning(None)),
                    // It ended between the two questions.
                    Holder::Nobody => {}
                }
            }
            if !lock.is_current() {
                let path = lock.path().display();
                return Err(Error::Other(format!(
                    "{path} was removed while the daemon started"
                )));
            }
            let page = Page::map(lock.file())
                .map_err(|source| Error::at("write the state page", lock.path(), source))?;
            page.set_phase(Phase::Starting);
            let Settings {
                hang_after,
                stop_timeout,
                ..
            } = *way.settings;
            page.set_limits(hang_after, stop_timeout, way.mode != Mode::Detached);
            way.page = Some(page);
            way.lock = Some(lock);
            Ok(())
        })
    }

    /// Daemon: gives the signals that the caller ignored their default dispositions back. SIGPIPE
    /// stays ignored, as in every Rust program.
    pub fn reset_signals(self) -> Self {
        self.step("reset_signals", |_| {
            use nix::libc;
            let ignored = Regions::find()?.ignored;
            let is_ignored = |number: &i32| ignored >> (number - 1) & 1 != 0;
            // The kernel shows no others; between 31 and SIGRTMIN lie the C library's own.
            let standard = (1..32).filter(is_ignored);
            for number in standard.chain(libc::SIGRTMIN()..=libc::SIGRTMAX()) {
                if number != libc::SIGPIPE {
                    sys::unignore(number)
                        .map_err(|source| Error::step("reset the signals", source))?;
                }
            }
            Ok(())
        })
    }

    /// Daemon: `umask(2)`.
    pub fn set_umask(self) -> Self {
        self.step("set_umask", |way| {
            umask(FileMode::from_bits_truncate(way.settings.umask));
            Ok(())
        })
    }

    /// Daemon: leaves the caller's working directory, which could otherwise not be unmounted. With a
    /// `chroot` the way there leads through [`Detach::drop_privileges`].
    pub fn change_dir(self) -> Self {
        self.step("change_dir", |way| {
            if way.mode != Mode::Detached || way.settings.confinement.chroot.is_some() {
                return Ok(());
            }
            let path = &way.settings.working_dir;
            chdir(path).map_err(|errno| Error::at("change to", path, errno))
        })
    }

    /// Daemon: drops the variables that change how programs run or belong to the caller's
    /// session, and says `HOME`, `USER` and `LOGNAME` of the user it becomes.
    pub fn clean_environment(self) -> Self {
        self.step("clean_environment", |way| {
            if way.mode != Mode::Detached {
                return Ok(());
            }
            let account = way
                .settings
                .user
                .as_ref()
                .and_then(|user| user.account.as_ref());
            let more = account.map(|(name, home)| {
                let name = OsStr::new(name);
                [
                    ("HOME", home.as_os_str()),
                    ("USER", name),
                    ("LOGNAME", name),
                ]
            });
            environment::clean(
                way.settings.env,
                more.as_ref().map_or(&[], |more| more.as_slice()),
            )
        })
    }

    /// Daemon: writes the pid file, before the privileges are dropped: root's verbs believe none
    /// that an ordinary user could have written.
    pub fn write_pid_file(self) -> Self {
        self.step("write_pid_file", |way| {
            // A container has nobody who would read it, and its file system is often read-only.
            if way.mode != Mode::Contained || way.settings.pid_file_is_given {
                let path = &way.settings.pid_file;
                let place = match &way.lock {
                    Some(lock) => lock.beside(path),
                    None => Place::of(path, Rule::PidFile),
                };
                way.pid_file = Some(PidFile::write(place?, std::process::id())?);
            }
            Ok(())
        })
    }

    /// Daemon: sets its limits, changes to its root, becomes the declared user, keeps of root's
    /// capabilities the declared ones, and proves that root cannot be had back; then `no_new_privs`,
    /// and whether a crash dumps core.
    pub fn drop_privileges(self) -> Self {
        self.step("drop_privileges", |way| {
            let Settings {
                user,
                confinement,
                working_dir,
                log_file,
                ..
            } = &*way.settings;
            if confinement.chroot.is_some() {
                // By a folder that is open the daemon could leave its root.
                if let Some(pid_file) = &mut way.pid_file {
                    pid_file.close_folder();
                }
                if let Some(lock) = &mut way.lock {
                    lock.close_folder();
                }
            }
            let user = user.as_ref().filter(|user| !user.is_current());
            let log = Some(log_file.as_path()).filter(|_| way.logs_to_file());
            way.outside = confinement.enter(user, working_dir, log)?;
            Ok(())
        })
    }

    /// Daemon: opens the log, as the user that it is now: what could not be opened again after a
    /// rotation is not opened the first time either.
    pub fn open_log(self) -> Self {
        self.step("open_log", |way| {
            let settings = &way.settings;
            let builder = logger::builder()
                .level(&settings.log_level)
                .format(settings.log_format)
                .buffer(&settings.log_buffer)
                .rotate(&settings.log_rotate)
                .keep(&settings.log_keep)
                .limit(&settings.log_limit)
                .repeats(&settings.log_repeats);
            let stream = (!settings.log_file_is_given).then_some(way.mode);
            let (place, builder) = match &settings.syslog {
                _ if stream == Some(Mode::Foreground) => (OsString::new(), builder.stderr()),
                _ if stream == Some(Mode::Contained) => ("stdout".into(), builder.stdout()),
                // For the verbs it has the path that leads there from outside.
                None => (
                    settings.log_file.clone().into(),
                    builder.file(settings.confinement.inside(&settings.log_file)?),
                ),
                Some(socket) => {
                    let builder = builder.syslog_at(settings.name, socket);
                    (
                        OsString::from(format!("syslog:{}", socket.display())),
                        builder,
                    )
                }
            };
            if let Some(page) = way.page {
                page.set_log_file(place.as_encoded_bytes());
            }
            builder.install()?;
            if let Some(why) = &way.lockless {
                log::warn!(
                    target: "daemon",
                    "no lock, so no verb reaches this daemon, only signals to PID 1: {why}"
                );
            }
            Ok(())
        })
    }

    /// Daemon: its title, for `ps` and `pgrep`.
    pub fn set_title(self) -> Self {
        self.step("set_title", |way| title::set(&way.settings.title))
    }

    /// Daemon: catches the signals and unblocks all; what arrived since the fork is delivered now.
    pub fn catch_signals(self) -> Self {
        self.step("catch_signals", |way| {
            if let Some(page) = way.page {
                deadline::prepare(page, way.settings.stop_timeout)?;
            }
            pending::catch(way.signals)
        })
    }

    /// Where the way has led.
    pub(crate) fn finish(self) -> End {
        let mut way = *self.0;
        if way.next != STEPS.len() && way.outcome.is_none() {
            let missing = STEPS.get(way.next).copied().unwrap_or_default();
            way.fail(Error::Other(format!(
                "`detach` must call `{missing}` next, and did not"
            )));
        }
        match way.outcome {
            Some(outcome) => End::Caller(outcome),
            None => match (way.lock, way.page) {
                (Some(lock), Some(page)) => End::Daemon(Box::new(Detached {
                    settings: way.settings,
                    signals: way.signals,
                    mode: way.mode,
                    lock,
                    page,
                    pid_file: way.pid_file,
                    reporter: way.reporter,
                    outside: way.outside,
                })),
                _ => End::Caller(Err(Error::Other("the start took no lock".to_owned()))),
            },
        }
    }

    fn step(mut self, name: &'static str, run: Step) -> Self {
        self.0.go(name, run);
        self
    }
}

/// What a step does.
type Step = fn(&mut Way) -> Result<(), Error>;

impl Way {
    /// Goes one step, if the way leads so far and this process goes it.
    fn go(&mut self, name: &'static str, run: Step) {
        if self.outcome.is_some() {
            return;
        }
        let wanted = STEPS.get(self.next).copied();
        let result = match wanted {
            Some(wanted) if wanted == name => run(self),
            Some(wanted) => Err(Error::Other(format!(
                "`detach` must call `{wanted}` before `{name}`"
            ))),
            None => Err(Error::Other(format!("`detach` calls `{name}` twice"))),
        };
        self.next += 1;
        if let Err(error) = result {
            self.fail(error);
        }
    }

    fn logs_to_file(&self) -> bool {
        let named = self.mode == Mode::Detached || self.settings.log_file_is_given;
        named && self.settings.syslog.is_none()
    }

    /// Ends the way with an error: in the caller by keeping it, behind the fork by telling it.
    fn fail(&mut self, error: Error) {
        if let Some(pid_file) = self.pid_file.take() {
            let _ = pid_file.remove();
        }
        if self.reporter.is_some() {
            self.report(&Message::of(&error));
            signal_hook::low_level::exit(1);
        }
        self.outcome = Some(Err(error));
    }

    fn report(&mut self, message: &Message) {
        if let Some(reporter) = &mut self.reporter {
            reporter.send(message);
        }
    }
}

/// A fork copies the calling thread alone, with every lock that the others hold.
pub(crate) fn refuse_threads() -> Result<(), Error> {
    let names = process::other_threads().map_err(|e| Error::step("count the threads", e))?;
    if names.is_empty() {
        return Ok(());
    }
    Err(Error::Other(format!(
        "this process has {} other threads ({}), which a fork would not copy; start them in `new` or `on_start`",
        names.len(),
        names.join(", "),
    )))
}

/// Gives a daemon that is on its way out the time to go.
fn wait_for_stopping(lock: &LockFile, limit: Duration) -> Result<(), Error> {
    let snapshot = Snapshot::read(lock.file())
        .map_err(|e| Error::at("read the state page", lock.path(), e))?;
    let Some(page) = snapshot.filter(|page| page.phase() == Some(Phase::Stopping)) else {
        return Ok(());
    };
    let limit = limit.max(page.stop_timeout());
    if lock.wait_until_free(limit)? {
        return Ok(());
    }
    Err(Error::TimedOut(format!(
        "the daemon that is stopping was not gone after {limit:?}"
    )))
}
