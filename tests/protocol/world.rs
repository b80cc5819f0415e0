//! The state of the model: files, verbs, daemons, and the steps between two states.
//!
//! A step is one call whose effect other processes can observe, with the local work around it.

use crate::daemon::{Daemon, Life};
use crate::file::{File, Id, id};
use crate::step::Step;
use crate::verb::{Call, Caller, Verb};

/// The number of files at one time: one at the path, the others removed and still open.
pub const FILES: usize = 4;
/// The number of verbs.
pub const VERBS: usize = 3;
/// The number of daemons: each verb may make one, and one may run from the beginning.
pub const DAEMONS: usize = VERBS + 1;

/// The parts of the protocol that a search can leave out, to show that they are needed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rules {
    /// The daemon takes a second lock, which no `close` releases, before the record lock.
    pub has_second: bool,
    /// Verbs find a daemon that lost its record lock by the mapping that keeps the second one.
    pub maps_name: bool,
    /// The daemon writes its state page before it takes the record lock.
    pub page_first: bool,
    /// A verb that asks reads the number of the last answer before it asks.
    pub counts_first: bool,
    /// It asks a daemon only if the record lock names it, which then has written its page. The real
    /// verbs do not look at that, and end by their time-out where the model waits for ever.
    pub asks_named: bool,
    /// It follows the page to another lock file, and asks there again. The real verbs end by their
    /// time-out instead.
    pub asks_again: bool,
    /// `upgrade` holds the verb lock.
    pub upgrade_queues: bool,
    /// At an exec each descriptor of the lock file stays open, so the record lock does as well.
    pub keeps_record: bool,
    /// Before an exec the daemon takes a third lock, by a descriptor that stays open.
    pub carries: bool,
    /// After an upgrade the daemon may open the file, and takes the second lock again.
    pub reopens: bool,
    /// After an exec the keeper looks at the path, even if it leads to another file.
    pub follows_path: bool,
}

/// The number of steps that the adversary may still make.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Budget {
    /// `rm` of the lock file.
    pub removals: u8,
    /// `mv` of a removed file back to the path.
    pub restores: u8,
    /// User code of a daemon opens the lock file and closes it.
    pub closes: u8,
    /// SIGKILL of a verb or a daemon.
    pub kills: u8,
    /// SIGKILL of a verb.
    pub verb_kills: u8,
    /// An exec that ends the record lock.
    pub losses: u8,
    /// Hooks and calls may fail, each time.
    pub failures: bool,
    /// A process asks all the time who holds the lock.
    pub probes: bool,
    /// A hook never returns.
    pub hangs: u8,
}

/// A state.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct World {
    pub(crate) path: Id,
    pub(crate) files: [File; FILES],
    pub(crate) callers: [Caller; VERBS],
    pub(crate) daemons: [Daemon; DAEMONS],
    /// The steps that are left to the adversary.
    pub left: Budget,
    /// A keeper ended its daemon although no other daemon was ready.
    pub has_lost_all: bool,
}

impl World {
    /// Returns the state in which the verbs begin, and a daemon is ready if `runs`.
    #[must_use]
    pub fn new(verbs: [Verb; VERBS], runs: bool, left: Budget, rules: Rules) -> Self {
        let mut world = Self {
            path: None,
            files: [File::EMPTY; FILES],
            callers: verbs.map(Caller::new),
            daemons: [Daemon::GONE; DAEMONS],
            left,
            has_lost_all: false,
        };
        if runs {
            let file = world.open();
            world.take_second(VERBS, file, rules);
            world.take_record(VERBS, file);
            world.daemons[VERBS].file = file;
            world.daemons[VERBS].next = Life::Starting;
            world.live(VERBS, rules);
        }
        world
    }

    /// Returns the daemons that are ready.
    pub fn ready(&self) -> impl Iterator<Item = &Daemon> {
        self.daemons.iter().filter(|daemon| daemon.is_ready())
    }

    /// Reports whether no lock shows a daemon that is in an upgrade.
    #[must_use]
    pub fn is_free_in_upgrade(&self) -> bool {
        self.daemons.iter().any(|daemon| {
            let file = daemon.file.map(|file| self.files[usize::from(file)]);
            let is_free = |file: File| file.holder().is_none();
            daemon.is_in_upgrade() && file.is_some_and(is_free)
        })
    }

    /// Reports whether each verb has returned, but for a `run` whose daemon hangs.
    #[must_use]
    pub fn verbs_are_done(&self) -> bool {
        (0..VERBS).all(|verb| self.callers[verb].next == Call::Done || self.is_stuck_run(verb))
    }

    /// Reports whether each ready daemon holds its locks on the file at the path, so that verbs
    /// find it. A daemon that hangs does not restore them, and another one waits for its verdict.
    #[must_use]
    pub fn ready_are_found(&self, rules: Rules) -> bool {
        let is_found = |number: usize| {
            self.path.is_some_and(|path| {
                let file = self.files[usize::from(path)];
                let excludes = [file.second, file.carried].contains(&id(number));
                file.record == id(number) && (!rules.has_second || excludes)
            })
        };
        let mut ready = (0..DAEMONS).filter(|number| self.daemons[*number].is_ready());
        self.daemons.iter().any(Daemon::hangs) || ready.all(is_found)
    }

    /// Returns every possible step, its name, and the state that it leads to.
    pub fn steps(&self, rules: Rules) -> impl Iterator<Item = (Step, &'static str, Self)> {
        let before = *self;
        Step::all().filter_map(move |step| {
            let mut world = before;
            let action = world.make(step, rules)?;
            world.forget_files();
            (world != before).then_some((step, action, world))
        })
    }
}
