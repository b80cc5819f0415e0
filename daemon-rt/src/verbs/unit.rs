//! `unit`, `install` and `uninstall`: the files of init systems, made from the declaration.

use std::path::{Path, PathBuf};

use nix::unistd::Group;

use crate::confine::capabilities::Capabilities;
use crate::confine::privileges::Identity;
use crate::error::Error;
use crate::listen::address::Local;
use crate::listen::{Address, Listen};
use crate::os::console::{complain, print, report};
use crate::os::file_id::FileId;
#[cfg(feature = "config")]
use crate::settings::SET;
#[cfg(feature = "config")]
use crate::settings::config::is_secret;
use crate::settings::{KEYS, Key, LogTarget, Overrides, Settings, VerbKind};
use crate::spec::Spec;
use crate::unit::{self, Choice, Kind, Plan, Socket, Target};

/// An action on the files of a kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Action {
    /// Print the files.
    Print,
    /// Compare this file with the one that would be printed.
    Check(PathBuf),
    /// Write the files. With `enable` the service starts at boot.
    Install { enable: bool },
    /// Remove the files.
    Uninstall,
}

/// A kind of files, its variant, and the action.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub kind: Kind,
    pub choice: Choice,
    pub action: Action,
    /// The root of the system that the files are for.
    pub root: PathBuf,
    /// Whether to replace and remove files that this daemon did not generate.
    pub force: bool,
    /// The words between the program and the verb, if the verbs are nested in another command.
    pub before: Vec<String>,
    /// The daemon's command, for the kinds that describe it.
    pub command: fn() -> clap::Command,
}

/// Performs `request`.
///
/// Returns exit code 1 for a file that differs, and for a service that could not be disabled.
#[inline(never)]
pub(super) fn unit(
    settings: &Settings,
    overrides: &Overrides,
    request: Request,
) -> Result<u8, Error> {
    let kind = request.kind;
    let plan = plan(settings, overrides, &request)?;
    let target = Target {
        root: &request.root,
        force: request.force,
    };
    let mut code = 0;
    let (done, paths) = match request.action {
        Action::Print => {
            print(unit::print(kind, &plan)?)?;
            return Ok(0);
        }
        Action::Check(path) => return check(settings.name, kind, &plan, &path),
        Action::Install { enable } => ("installed", unit::install(kind, &plan, target, enable)?),
        Action::Uninstall => {
            let removed = unit::uninstall(kind, &plan, target)?;
            if let Some(error) = removed.still_enabled {
                complain(settings.name, format_args!("not disabled: {error}"));
                code = 1;
            }
            ("removed", removed.paths)
        }
    };
    if paths.is_empty() {
        report(settings.name, format_args!("no file was {done}"));
    }
    for path in paths {
        report(settings.name, format_args!("{done} {}", path.display()));
    }
    Ok(code)
}

fn check(name: &str, kind: Kind, plan: &Plan, path: &Path) -> Result<u8, Error> {
    let found = std::fs::read_to_string(path).map_err(|e| Error::at("read", path, e))?;
    let files = unit::render(kind, plan)?;
    // A service directory has several files: compare the one with this name.
    let wanted = match files.as_slice() {
        [file] => Some(file),
        files => files
            .iter()
            .find(|file| Path::new(&file.path).file_name() == path.file_name()),
    };
    let Some(wanted) = wanted else {
        let (path, kind) = (path.display(), kind.name());
        let text = format!("{path} is not the name of a file of {kind}; see `unit {kind}`");
        return Err(Error::usage(text));
    };
    let differences = unit::differences(&found, &wanted.text);
    if differences.is_empty() {
        let path = path.display();
        report(name, format_args!("{path} matches the declaration"));
        return Ok(0);
    }
    let path = path.display();
    let text = format!("{path} differs from the declaration (-: file, +: declaration)");
    complain(name, text);
    for difference in differences {
        print(format_args!("{difference}\n"))?;
    }
    Ok(1)
}

/// Returns the data of the files: the settings and the options of this command line.
fn plan(settings: &Settings, overrides: &Overrides, request: &Request) -> Result<Plan, Error> {
    let (kind, choice) = (request.kind, request.choice.clone());
    let executable = executable()?;
    let text = |path: &Path| {
        let text = path.to_str().map(str::to_owned);
        text.ok_or_else(|| {
            Error::usage(format!(
                "{}: the path is not UTF-8; choose another one",
                path.display()
            ))
        })
    };
    let given = KEYS.iter().flat_map(|key| {
        let texts = overrides.all(key.name);
        texts.map(move |text| (key, text))
    });
    let mut options: Vec<_> = given
        .map(|(key, value)| (takers(key), format!("--{}={value}", key.option)))
        .collect();
    #[cfg(feature = "config")]
    for text in overrides.set() {
        if is_secret(text)? {
            let key = text.split_once('=').map_or(text, |(key, _)| key);
            return Err(Error::usage(format!(
                "--set {key}: every user can read a unit; write the key into the file of the settings"
            )));
        }
        options.push((unit::Verbs::Starting, format!("--{SET}={text}")));
    }
    let words: Vec<_> = options.iter().map(|(_, option)| option.clone()).collect();
    // A supervised daemon needs an explicit syslog target, unless this command line has one.
    let place = overrides.all("log_file").next();
    if let (LogTarget::Syslog(target), None) = (&settings.log_target, place) {
        let place = format!("--log-file={target}");
        options.push((unit::Verbs::Starting, place));
    }
    let confinement = &settings.confinement;
    Ok(Plan {
        name: settings.name.to_owned(),
        description: description(&settings.spec),
        executable: text(&executable)?,
        before: request.before.clone(),
        pid_file: text(&settings.pid_file)?,
        log_file: text(&settings.log_file)?,
        config_file: config_file(settings).map(text).transpose()?,
        user: settings.spec.user.map(str::to_owned),
        group: settings.spec.group.map(str::to_owned),
        own_group: settings.user.as_ref().map(own_group),
        working_dir: settings.spec.working_dir.to_owned(),
        chroot: confinement.chroot.as_deref().map(text).transpose()?,
        capabilities: confinement.capabilities.map(Capabilities::names),
        limits: confinement.unit_limits(),
        no_new_privs: confinement.no_new_privs,
        sockets: sockets(settings, kind)?,
        umask: settings.spec.umask,
        start_timeout: settings.spec.start_timeout,
        stop_timeout: settings.spec.stop_timeout,
        made_by: ["unit".to_owned(), kind.name().to_owned()]
            .into_iter()
            .chain(variant(&choice))
            .chain(words)
            .collect(),
        options,
        choice,
        command: request.command,
    })
}

/// Returns the sockets at which the daemon listens. One that a parent process leaves open is none
/// of a unit.
fn sockets(settings: &Settings, kind: Kind) -> Result<Vec<Socket>, Error> {
    let mut sockets = Vec::new();
    for Listen { name, address, .. } in &settings.listeners {
        let is_stream = matches!(address, Address::Tcp(_) | Address::Unix(_));
        let (plain, ip, mode) = match address {
            Address::Tcp(ip) | Address::Udp(ip) => (ip.address.to_string(), Some(ip), None),
            Address::Unix(local) | Address::Unixgram(local) => match local {
                Local::Path { path, mode } => (path.display().to_string(), None, Some(*mode)),
                Local::Abstract(name) => (format!("@{name}"), None, None),
            },
            Address::Inherited(_) if kind == Kind::SystemdSocket => {
                return Err(Error::usage(format!(
                    "systemd cannot open the listener `{name}` at {address}; pass another address"
                )));
            }
            Address::Inherited(_) => continue,
        };
        sockets.push(Socket {
            name: (*name).to_owned(),
            is_stream,
            address: plain,
            is_v6_only: ip.filter(|ip| ip.address.is_ipv6()).map(|ip| ip.is_v6_only),
            has_low_port: ip.is_some_and(|ip| (1..1024).contains(&ip.address.port())),
            mode,
        });
    }
    Ok(sockets)
}

/// Returns the file of the daemon's own settings.
#[cfg(feature = "config")]
fn config_file(settings: &Settings) -> Option<&Path> {
    settings.config.as_ref().map(|layers| layers.file.as_path())
}

#[cfg(not(feature = "config"))]
fn config_file(_: &Settings) -> Option<&Path> {
    None
}

/// Returns the description of the daemon: one line, without the full stop of a sentence.
fn description(spec: &Spec) -> String {
    let line = spec.about.and_then(|about| about.lines().next());
    line.map_or_else(
        || format!("{} daemon", spec.name),
        |line| line.strip_suffix('.').unwrap_or(line).to_owned(),
    )
}

/// Returns the primary group of a local account, whose name may differ from the user's.
fn own_group(user: &Identity) -> String {
    let found = Group::from_gid(user.gid).ok().flatten();
    found.map_or_else(|| user.gid.to_string(), |group| group.name)
}

/// Returns the absolute form of the path by which this program was called, if it leads to this
/// program. Otherwise returns the path of the program's file.
///
/// Follows no link: the next upgrade may replace the link's target. `$PWD` also keeps the links in
/// the path of the working directory.
fn executable() -> Result<PathBuf, Error> {
    let own = std::env::current_exe().map_err(|e| Error::step("find the program's path", e))?;
    let file = |path: &Path| std::fs::metadata(path).ok().as_ref().map(FileId::from);
    let id = file(&own);
    // Below `/proc` and `/dev` a path leads elsewhere in another process.
    let lasts = |path: &Path| !path.starts_with("/proc") && !path.starts_with("/dev");
    let is_own = |path: &PathBuf| lasts(path) && id.is_some() && file(path) == id;
    let absolute = |path: PathBuf| {
        let logical = std::env::var_os("PWD").map(|here| PathBuf::from(here).join(&path));
        let mut paths = logical.into_iter().chain([path]);
        paths.find_map(|path| std::path::absolute(path).ok().filter(is_own))
    };
    let called = std::env::args_os().next().map(PathBuf::from);
    let path = called.and_then(|word| {
        if word.components().count() > 1 {
            return absolute(word);
        }
        let directories = std::env::var_os("PATH")?;
        let mut paths = std::env::split_paths(&directories).map(|path| path.join(&word));
        paths.find_map(absolute)
    });
    Ok(path.unwrap_or(own))
}

/// Returns the verbs of generated files that take the option of `key`.
fn takers(key: &Key) -> unit::Verbs {
    if key.is_for(VerbKind::Identifying) {
        unit::Verbs::All
    } else if key.is_for(VerbKind::Waiting) {
        unit::Verbs::StartingOrStopping
    } else {
        unit::Verbs::Starting
    }
}

/// Returns the options that select `choice`.
fn variant(choice: &Choice) -> Vec<String> {
    let flags = [
        ("--forking", choice.forking),
        ("--notify-reload", choice.notify_reload),
    ];
    let flags = flags
        .into_iter()
        .filter(|(_, asked)| *asked)
        .map(|(flag, _)| flag.to_owned());
    let watchdog = choice
        .watchdog
        .map(|time| format!("--watchdog={}ms", time.as_millis()));
    let directory = choice
        .user_manager
        .as_ref()
        .map(|directory| format!("--user-units={directory}"));
    flags.chain(watchdog).chain(directory).collect()
}
