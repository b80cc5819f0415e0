//! The settings that a program hands to the next one in its process, and those that only a restart can
//! change.
//!
//! The options and variables of the start stay in force. The environment may have been cleaned, and the
//! process may have another user than at the start. So both are passed on in their final form.

use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use nix::unistd::{Gid, Uid};

use super::keys::{KEYS, VerbKind};
use super::places::{self, Directory, Owner, Places};
use super::{Given, LogTarget, Settings, Source, confinement, listeners};
use crate::confine::privileges::Identity;
use crate::error::Error;
use crate::spec::Spec;
use crate::upgrade::{Heritage, Inheritance};

/// Returns the keys that the process keeps for its life, with their values in the form of a
/// declaration.
fn fixed(spec: &Spec) -> [(&'static str, String); 9] {
    let text =
        |text: Option<&str>| text.map_or_else(|| "none".to_owned(), |text| format!("{text:?}"));
    [
        ("name", text(Some(spec.name))),
        ("user", text(spec.user)),
        ("group", text(spec.group)),
        ("chroot", text(spec.chroot)),
        ("pid_file", text(spec.pid_file)),
        (
            "capabilities",
            spec.capabilities
                .map_or_else(|| text(None), |names| names.join(",")),
        ),
        (
            "no_new_privs",
            spec.no_new_privs
                .map_or_else(|| text(None), |set| set.to_string()),
        ),
        ("rlimits", text(Some(spec.rlimits))),
        ("core", format!("{:?}", spec.core).to_lowercase()),
    ]
}

impl Settings {
    /// Hands the settings to the next program, in the daemon.
    pub(crate) fn hand_over(&self, to: &mut Heritage) {
        for (key, value) in fixed(&self.spec) {
            to.put("fixed", format!("{key} {value}"));
        }
        for given in &self.given {
            let source = given.source.word();
            to.put("given", format!("{source} {} {}", given.key, given.text));
        }
        to.put("pid-file", &self.pid_file);
        to.put("lock-file", &self.lock_file);
        for path in &self.other_locks {
            to.put("other-lock", path);
        }
        if self.log_target == LogTarget::File {
            to.put("log-file", &self.log_file);
        }
        // Only the verb `start` looks for the default place of a log that is declared elsewhere.
        if self.spec.log_file.is_none() {
            to.put("has-default-log", "");
        }
        for directory in &self.directories {
            to.put("directory", encode(directory));
        }
        #[cfg(feature = "config")]
        if let Some(config) = &self.config {
            config.hand_over(to);
        }
    }

    /// Returns the settings of the program that takes over, in a process that was a daemon before.
    ///
    /// # Errors
    /// `ErrorKind::NotConfigured` if the declaration needs a restart: the text names each key.
    /// `ErrorKind::Usage` if a key of the start is not one of this program.
    #[inline(never)]
    pub(crate) fn adopt(declared: &Spec, from: &Inheritance) -> Result<Box<Self>, Error> {
        let (spec, given) = given(declared, from)?;
        refuse_changes(&spec, from)?;
        let confinement = confinement(&spec)?;
        // The process has this user. Its new root may lack the list of accounts.
        let user = Identity::find(spec.user, spec.group).ok().flatten();
        let log_target = match from.text("mode") {
            Some("contained") if spec.log_file.is_none() => LogTarget::Stdout,
            Some("detached") => LogTarget::of(&spec, VerbKind::Starting),
            _ => LogTarget::of(&spec, VerbKind::Running),
        };
        let is_named = spec.user.is_some() || spec.group.is_some();
        let owner = Owner::of(is_named, user.as_ref());
        let path = |key| from.get(key).map(PathBuf::from).unwrap_or_default();
        let log_file = match spec.log_file {
            _ if log_target != LogTarget::File => PathBuf::new(),
            Some(log_file) => PathBuf::from(log_file),
            None if from.get("has-default-log").is_some() => path("log-file"),
            None => {
                let chroot = confinement.chroot.as_deref();
                let pid_file = spec.pid_file;
                places::find(spec.name, pid_file, None, true, owner, Places::Own, chroot)?.log_file
            }
        };
        #[cfg(feature = "config")]
        let config = if spec.config {
            let chroot = confinement.chroot.as_deref();
            Some(super::config::Layers::adopt(&spec, from, owner, chroot)?)
        } else {
            None
        };
        let pid_file = path("pid-file");
        Ok(Box::new(Self {
            name: spec.name,
            spec,
            listeners: listeners::find(&spec, &pid_file)?,
            pid_file,
            lock_file: path("lock-file"),
            other_locks: from.all("other-lock").map(PathBuf::from).collect(),
            log_file,
            log_target,
            user,
            confinement,
            #[cfg(feature = "config")]
            config,
            given,
            directories: from.all("directory").filter_map(decode).collect(),
        }))
    }
}

/// Returns the declaration with the options and variables of the start, and these.
fn given(declared: &Spec, from: &Inheritance) -> Result<(Spec, Vec<Given>), Error> {
    let (mut spec, mut given) = (*declared, Vec::new());
    for fact in from.all("given") {
        let mut words = fact.to_str().unwrap_or_default().splitn(3, ' ');
        let [source, key, text] = [(); 3].map(|()| words.next().unwrap_or_default());
        let found = KEYS
            .iter()
            .find(|known| known.name == key && known.is_of(&spec));
        let Some(known) = found else {
            return Err(Error::usage(format!(
                "the daemon was started with {key}={text}, which this program does not have; restart it"
            )));
        };
        // It was for the start alone.
        if key == "ready_fd" {
            continue;
        }
        let wrong = |why| Error::usage(format!("{key}={text} of the start: {why}; restart it"));
        (known.set)(&mut spec, text).map_err(wrong)?;
        given.push(Given {
            key: known.name,
            source: Source::of_word(source),
            text: text.to_owned(),
        });
    }
    Ok((spec, given))
}

/// Fails if the declaration differs in what a process keeps for its life.
fn refuse_changes(spec: &Spec, from: &Inheritance) -> Result<(), Error> {
    let mut changes = String::new();
    for (key, new) in fixed(spec) {
        let facts = from.all("fixed").filter_map(OsStr::to_str);
        let mut rows = facts.filter_map(|fact| fact.split_once(' '));
        let old = rows
            .find(|(name, _)| *name == key)
            .map_or("none", |(_, old)| old);
        if old != new {
            let separator = if changes.is_empty() { "" } else { ", " };
            // Writing to a String cannot fail.
            let _ = write!(changes, "{separator}`{key}` from {old} to {new}");
        }
    }
    if changes.is_empty() {
        return Ok(());
    }
    Err(Error::not_configured(format!(
        "the new program changes {changes}; run `restart`, because an upgrade keeps the process"
    )))
}

impl Source {
    fn word(self) -> &'static str {
        match self {
            Self::Variable => "variable",
            #[cfg(feature = "cli")]
            Self::Option => "option",
        }
    }

    fn of_word(word: &str) -> Self {
        match word {
            #[cfg(feature = "cli")]
            "option" => Self::Option,
            _ => Self::Variable,
        }
    }
}

/// Returns the text of a directory: mode, user, group, path.
fn encode(directory: &Directory) -> OsString {
    let number = |id: Option<u32>| id.map_or_else(|| "-".to_owned(), |id| id.to_string());
    let user = number(directory.owner.map(|(user, _)| user.as_raw()));
    let group = number(directory.owner.map(|(_, group)| group.as_raw()));
    let mut text = OsString::from(format!("{:o} {user} {group} ", directory.mode));
    text.push(&directory.path);
    text
}

fn decode(text: &OsStr) -> Option<Directory> {
    let mut words = text.as_bytes().splitn(4, |byte| *byte == b' ');
    let [mode, user, group, path] = [(); 4].map(|()| words.next());
    let text = |word: Option<&[u8]>| Some(str::from_utf8(word?).ok()?.to_owned());
    let number = |word| text(word)?.parse().ok();
    Some(Directory {
        path: PathBuf::from(OsString::from_vec(path?.to_owned())),
        mode: u32::from_str_radix(&text(mode)?, 8).ok()?,
        owner: number(user)
            .zip(number(group))
            .map(|(user, group)| (Uid::from_raw(user), Gid::from_raw(group))),
    })
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use nix::unistd::{Gid, Uid};

    use super::{decode, encode, refuse_changes};
    use crate::settings::places::Directory;
    use crate::spec::Spec;
    use crate::upgrade::{Heritage, Inheritance};

    #[test]
    fn directory_is_read_as_it_was_written() {
        for owner in [None, Some((Uid::from_raw(5), Gid::from_raw(6)))] {
            let directory = Directory {
                path: PathBuf::from("/a b/c"),
                mode: 0o750,
                owner,
            };
            let found = decode(&encode(&directory));
            let found = found.map(|found| (found.path, found.mode, found.owner));
            assert_eq!(found, Some((directory.path, 0o750, owner)));
        }
    }

    #[test]
    fn every_key_that_needs_a_restart_is_named() {
        let mut heritage = Heritage::new();
        for (key, value) in super::fixed(&Spec::new("web").user("www")) {
            heritage.put("fixed", format!("{key} {value}"));
        }
        let from = Inheritance::parse(heritage.text());
        assert!(refuse_changes(&Spec::new("web").user("www"), &from).is_ok());
        let new = Spec::new("web").chroot("/srv").no_new_privs(true);
        let text = refuse_changes(&new, &from).map_err(|error| error.to_string());
        let wanted = "the new program changes `user` from \"www\" to none, `chroot` from none to \
                      \"/srv\", `no_new_privs` from none to true; run `restart`, because an upgrade \
                      keeps the process";
        assert_eq!(text, Err(wanted.to_owned()));
    }
}
