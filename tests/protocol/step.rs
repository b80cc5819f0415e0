//! The steps of the model, and those of the adversary.

use std::fmt;

use crate::daemon::Life;
use crate::file::id;
use crate::verb::Call;
use crate::world::{DAEMONS, FILES, Rules, VERBS, World};

/// A step of one process, or of the adversary.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// The next call of a verb.
    Verb(usize),
    /// The next call of a daemon.
    Daemon(usize),
    /// The keeper of a daemon looks at the path.
    Look(usize),
    /// The lock file is removed. This and the following steps are the adversary's.
    Remove,
    /// A removed file that a process still has open is moved back to the path.
    Restore(usize),
    /// User code of a daemon closes a descriptor of the lock file.
    Close(usize),
    /// SIGKILL of a verb.
    KillVerb(usize),
    /// SIGKILL of a daemon.
    KillDaemon(usize),
    /// A hook or a call of a daemon fails: `on_start`, or a step of an upgrade.
    Fail(usize),
    /// The kernel ends the record lock of a daemon when it executes another program.
    Lose(usize),
    /// A hook of a daemon never returns.
    Hang(usize),
}

impl Step {
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        let of_verb = |id| [Self::Verb(id), Self::KillVerb(id)];
        let of_daemon = |id| {
            let due = [Self::Daemon(id), Self::Look(id)];
            let others = [
                Self::Close,
                Self::KillDaemon,
                Self::Fail,
                Self::Lose,
                Self::Hang,
            ];
            due.into_iter().chain(others.map(|step| step(id)))
        };
        let verbs = (0..VERBS).flat_map(of_verb);
        let daemons = (0..DAEMONS).flat_map(of_daemon);
        let files = [Self::Remove]
            .into_iter()
            .chain((0..FILES).map(Self::Restore));
        verbs.chain(daemons).chain(files)
    }

    /// Reports whether a process makes the step at some time, if it stays possible.
    #[must_use]
    pub fn is_due(self) -> bool {
        matches!(self, Self::Verb(_) | Self::Daemon(_) | Self::Look(_))
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Verb(id) | Self::KillVerb(id) => write!(f, "verb {id}"),
            Self::Remove | Self::Restore(_) => f.write_str("the adversary"),
            Self::Daemon(id)
            | Self::Look(id)
            | Self::Close(id)
            | Self::KillDaemon(id)
            | Self::Fail(id)
            | Self::Lose(id)
            | Self::Hang(id) => write!(f, "daemon {id}"),
        }
    }
}

/// Spends one of `count`, or returns `None`.
fn spend(count: &mut u8) -> Option<()> {
    *count = count.checked_sub(1)?;
    Some(())
}

impl World {
    /// Makes a step and names it, or returns `None` if it is not possible now.
    pub(crate) fn make(&mut self, step: Step, rules: Rules) -> Option<&'static str> {
        match step {
            Step::Verb(verb) => self.call(verb, rules),
            Step::Daemon(daemon) => self.live(daemon, rules),
            Step::Look(daemon) => self.look(daemon),
            Step::Remove => {
                spend(&mut self.left.removals)?;
                self.path.take().map(|_| "removes the lock file")
            }
            Step::Restore(file) => {
                spend(&mut self.left.restores)?;
                let is_away = self.path != id(file) && self.is_open(file);
                is_away.then(|| self.path = id(file))?;
                Some("moves a removed lock file back")
            }
            Step::Close(daemon) => {
                spend(&mut self.left.closes)?;
                self.path
                    .filter(|_| self.daemons[daemon].runs_user_code())?;
                let had_lock = self.drop_record(daemon, self.path);
                had_lock.then_some("closes a descriptor of the lock file")
            }
            Step::KillVerb(verb) => {
                let left = &mut self.left;
                spend(&mut left.verb_kills).or_else(|| spend(&mut left.kills))?;
                // `run` is killed as its daemon.
                let is_alive = self.callers[verb].next != Call::Done && !self.is_daemon(verb);
                is_alive.then(|| self.finish(verb))?;
                Some("is killed")
            }
            Step::KillDaemon(daemon) => {
                spend(&mut self.left.kills)?;
                let is_alive = !matches!(self.daemons[daemon].next, Life::Ending | Life::Gone);
                is_alive.then(|| self.end(daemon))?;
                Some("is killed")
            }
            Step::Fail(daemon) => {
                self.left.failures.then_some(())?;
                self.fail(daemon, rules)
            }
            Step::Lose(daemon) => {
                spend(&mut self.left.losses)?;
                self.lose(daemon, rules)
            }
            Step::Hang(daemon) => {
                spend(&mut self.left.hangs)?;
                self.daemons[daemon].hang()
            }
        }
    }
}
