//! The program of the daemon, as it was started.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::inheritance::{Heritage, Inheritance};
use crate::os::file_id::FileId;

/// The program as its caller named it. A link on the path is not resolved, so that an upgrade
/// follows it to where it leads by then.
#[derive(Debug, Default)]
pub(crate) struct Invocation {
    /// Absolute.
    pub(crate) path: PathBuf,
    /// The first argument, by which the program was called.
    pub(crate) name: OsString,
    /// The words before the verb, of a program that nests its verbs in others, and the verb.
    pub(crate) words: Vec<OsString>,
}

/// The verbs that lead to a daemon.
const VERBS: [&str; 5] = ["start", "run", "restart", "try-restart", "condrestart"];

impl Invocation {
    /// Finds the program of this process. Runs before the working directory, the environment and the
    /// arguments change.
    pub(crate) fn find() -> Self {
        let mut arguments = std::env::args_os();
        let name = arguments.next().unwrap_or_default();
        let mut words: Vec<_> = arguments.collect();
        let verb = words
            .iter()
            .position(|word| VERBS.iter().any(|verb| word == verb));
        words.truncate(verb.map_or(0, |verb| verb + 1));
        Self {
            path: path_of(&name),
            name,
            words,
        }
    }

    /// Hands it to the next program.
    pub(crate) fn hand_over(&self, to: &mut Heritage) {
        to.put("program-path", &self.path);
        to.put("program-name", &self.name);
        for word in &self.words {
            to.put("program-word", word);
        }
    }

    /// Takes over how the daemon was started.
    pub(crate) fn adopt(from: &Inheritance) -> Self {
        Self {
            path: from
                .get("program-path")
                .map(PathBuf::from)
                .unwrap_or_default(),
            name: from.get("program-name").unwrap_or_default().to_owned(),
            words: from.all("program-word").map(OsStr::to_owned).collect(),
        }
    }

    /// Returns the arguments of the program, from the zeroth on.
    pub(crate) fn arguments(&self) -> Vec<OsString> {
        [&self.name]
            .into_iter()
            .chain(&self.words)
            .cloned()
            .collect()
    }

    /// Returns the words, with another verb in place of that of the start.
    pub(crate) fn words_with(&self, verb: &str) -> Vec<OsString> {
        let before = self
            .words
            .split_last()
            .map_or(&[][..], |(_, before)| before);
        let verb = OsString::from(verb);
        before.iter().cloned().chain([verb]).collect()
    }
}

/// Returns the path of a program that was called by `name`, as `execvp(3)` finds it. The caller may pass
/// any name. If it does not lead to this program, its path is the one that the kernel has.
fn path_of(name: &OsStr) -> PathBuf {
    let own = FileId::at("/proc/self/exe".as_ref());
    let is_own = |path: &PathBuf| own.is_none() || FileId::at(path) == own;
    let path = Path::new(name);
    let found = if name.as_bytes().contains(&b'/') {
        std::path::absolute(path).ok().filter(is_own)
    } else {
        let directories = std::env::var_os("PATH").unwrap_or_default();
        let mut candidates =
            std::env::split_paths(&directories).map(|directory| directory.join(path));
        candidates.find(|path| own.is_some() && is_own(path))
    };
    let found = found.and_then(|path| std::path::absolute(path).ok());
    found
        .or_else(|| std::env::current_exe().ok())
        .unwrap_or_default()
}
