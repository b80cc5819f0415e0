//! The verbs: `start`, `run`, `stop` and `restart`, and how each verb queues.

use crate::daemon::Life;
use crate::file::{File, Id, Phase, id, index};
use crate::world::{Rules, World};

/// A verb.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Verb {
    /// Forks the daemon and waits for the verdict.
    Start,
    /// Becomes the daemon.
    Run,
    /// Signals the daemon and waits for its end.
    Stop,
    /// A stop and a start under one verb lock.
    Restart,
    /// Sends SIGHUP and waits for the answer in the page.
    Reload,
    /// Asks in the page for an upgrade, and waits for the answer.
    Upgrade,
}

impl Verb {
    /// Reports whether the verb makes a daemon.
    #[must_use]
    pub fn makes_daemon(self) -> bool {
        matches!(self, Self::Start | Self::Run | Self::Restart)
    }
}

/// The next call of a verb.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Call {
    Open,
    Queue,
    Compare,
    Ask,
    Verdict,
    Find,
    Signal,
    Wait,
    Free,
    Requeue,
    /// Reads the number of the last reload or upgrade.
    Count,
    Request,
    Answer,
    Done,
}

/// The process of a verb.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Caller {
    pub verb: Verb,
    pub next: Call,
    /// It is a start, or a restart in its second half.
    starts: bool,
    pub file: Id,
    /// The daemon that it stops or asks.
    pub target: Id,
    /// The number of the reload or upgrade that it waits for.
    pub awaited: u8,
}

/// The next call, and the name of this one. `None` while it waits.
pub(crate) type Next = Option<(Call, &'static str)>;

impl Caller {
    pub(crate) fn new(verb: Verb) -> Self {
        Self {
            verb,
            next: Call::Open,
            starts: matches!(verb, Verb::Start | Verb::Run),
            file: None,
            target: None,
            awaited: 0,
        }
    }

    /// Reports whether it asks the daemon for something, and waits for the answer.
    fn asks(self) -> bool {
        matches!(self.verb, Verb::Reload | Verb::Upgrade)
    }
}

impl World {
    /// Makes the next call of a verb.
    pub(crate) fn call(&mut self, verb: usize, rules: Rules) -> Option<&'static str> {
        let caller = self.callers[verb];
        let file = caller
            .file
            .map_or(File::EMPTY, |file| self.files[usize::from(file)]);
        let (next, action) = match caller.next {
            Call::Open | Call::Queue | Call::Compare => self.queue(verb, file, rules),
            Call::Ask | Call::Verdict => self.start(verb, file, rules),
            _ if caller.asks() => self.ask(verb, file, rules),
            _ => self.stop(verb, file, rules),
        }?;
        self.callers[verb].next = next;
        if next == Call::Done {
            self.finish(verb);
        }
        Some(action)
    }

    /// Opens the lock file and takes the verb lock.
    fn queue(&mut self, verb: usize, file: File, rules: Rules) -> Next {
        let caller = self.callers[verb];
        Some(match caller.next {
            Call::Open if caller.starts || self.path.is_some() => {
                self.callers[verb].file = self.open();
                (Call::Queue, "opens the lock file")
            }
            Call::Open if caller.verb == Verb::Restart => {
                self.callers[verb].starts = true;
                (Call::Open, "finds no lock file")
            }
            Call::Open => (Call::Done, "finds no lock file"),
            Call::Queue if caller.verb == Verb::Upgrade && !rules.upgrade_queues => {
                (Call::Find, "takes no verb lock")
            }
            Call::Queue if file.queue.is_none() || file.queue == id(verb) => {
                self.files[index(caller.file)].queue = id(verb);
                (Call::Compare, "takes the verb lock")
            }
            Call::Queue if !caller.starts && !caller.asks() && self.is_kept_by_daemon(file) => {
                (Call::Find, "ignores the verb lock of the daemon")
            }
            Call::Queue if self.is_stuck_run(index(file.queue)) => (
                Call::Done,
                "gives up after the time-out: `run` holds the verb lock",
            ),
            Call::Queue => return None,
            _ if self.path.is_none() || self.path == caller.file => {
                let next = if caller.starts { Call::Ask } else { Call::Find };
                (next, "compares its file with the path")
            }
            _ => {
                self.drop_queue(verb);
                self.callers[verb].file = self.open();
                (Call::Queue, "opens the file that replaced its own")
            }
        })
    }

    /// Returns the daemon that holds a file, or `None` while the verb does not know it. The record
    /// lock names it, or the mapping that keeps the second lock.
    pub(crate) fn holder(&self, file: File, rules: Rules) -> Option<Id> {
        let holder = file.holder();
        let is_mapped = |daemon: u8| self.daemons[usize::from(daemon)].is_mapped();
        let is_named = file.record.is_some() || (rules.maps_name && holder.is_none_or(is_mapped));
        (is_named || holder.is_none()).then_some(holder)
    }

    /// Makes a daemon, and waits for its verdict.
    fn start(&mut self, verb: usize, file: File, rules: Rules) -> Next {
        let daemon = &self.daemons[verb];
        match self.callers[verb].next {
            Call::Ask if self.holder(file, rules)?.is_some() => {
                let is_ending = file.page.phase == Phase::Stopping;
                (!is_ending).then_some((Call::Done, "finds a running daemon"))
            }
            Call::Ask => {
                let is_run = self.callers[verb].verb == Verb::Run;
                let inherited = self.callers[verb].file.filter(|_| is_run);
                self.daemons[verb].begin(inherited);
                Some((Call::Verdict, "finds the lock free and forks"))
            }
            _ if daemon.has_verdict() => Some((Call::Done, "gets the verdict")),
            _ if daemon.hangs() && !self.is_daemon(verb) => {
                self.end(verb);
                Some((Call::Done, "ends its daemon after the time-out"))
            }
            _ => None,
        }
    }

    /// Ends the daemon.
    fn stop(&mut self, verb: usize, file: File, rules: Rules) -> Next {
        let target = self.callers[verb].target;
        Some(match self.callers[verb].next {
            Call::Find => {
                let holder = self.holder(file, rules)?;
                self.callers[verb].target = holder;
                (
                    holder.map_or(Call::Free, |_| Call::Signal),
                    "asks for the holder",
                )
            }
            Call::Signal => {
                self.daemons[index(target)].get_term();
                (Call::Wait, "sends SIGTERM")
            }
            Call::Wait => match self.daemons[index(target)].next {
                Life::Gone => (Call::Free, "sees the end of the daemon"),
                Life::Ending => return None,
                _ => {
                    self.end(index(target));
                    (Call::Free, "kills the daemon after the time-out")
                }
            },
            Call::Free => match file.holder() {
                None => (Call::Requeue, "sees the lock free"),
                holder if target.is_none() || (file.record.is_none() && holder != target) => (
                    Call::Done,
                    "fails after the time-out: the lock is still held",
                ),
                holder if holder != target => (Call::Requeue, "sees another daemon"),
                _ => return None,
            },
            Call::Requeue => {
                if file.queue.is_none() {
                    self.files[index(self.callers[verb].file)].queue = id(verb);
                }
                if self.callers[verb].verb == Verb::Restart {
                    self.callers[verb].starts = true;
                    (Call::Queue, "begins its second half")
                } else {
                    (Call::Done, "removes the pid file")
                }
            }
            _ => return None,
        })
    }

    /// Ends the process of a verb, which releases the verb lock.
    pub(crate) fn finish(&mut self, verb: usize) {
        self.drop_queue(verb);
        let caller = &mut self.callers[verb];
        (caller.next, caller.file, caller.target) = (Call::Done, None, None);
        caller.awaited = 0;
    }

    /// Reports whether the verb is `run`, and is the daemon by now.
    pub(crate) fn is_daemon(&self, verb: usize) -> bool {
        let caller = &self.callers[verb];
        caller.verb == Verb::Run && caller.next == Call::Verdict
    }

    /// Reports whether the verb is a `run` whose `on_start` never returns.
    pub(crate) fn is_stuck_run(&self, verb: usize) -> bool {
        self.is_daemon(verb) && self.daemons[verb].hangs()
    }

    /// Reports whether one process holds both the verb lock and the record lock.
    fn is_kept_by_daemon(&self, file: File) -> bool {
        let holder = file.queue.map(usize::from);
        holder.is_some_and(|verb| self.is_daemon(verb) && file.record == file.queue)
    }
}
