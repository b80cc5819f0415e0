//! The daemon in an upgrade. The value ends, the process executes the new program, and that one takes
//! over the locks. If it fails, the old program comes back.

use crate::daemon::{Life, Program};
use crate::file::{Phase, id, index};
use crate::world::{Rules, World};

impl World {
    /// Makes the next call of a daemon in an upgrade.
    pub(crate) fn upgrade(&mut self, daemon: usize, rules: Rules) -> &'static str {
        let own = self.daemons[daemon];
        let file = own.file;
        let (next, action) = match own.next {
            Life::Departing | Life::Exec if own.has_term => {
                self.settle(daemon, rules);
                self.answer_upgrade(daemon);
                self.publish(daemon, Phase::Stopping);
                (Life::Stopping, "handles SIGTERM instead of the upgrade")
            }
            Life::Departing if !self.take_record(daemon, file) => {
                self.daemons[daemon].program = Program::Back;
                (Life::TakingOver, "has lost its lock, and does not upgrade")
            }
            Life::Departing => (Life::Carry, "holds the record lock"),
            Life::Carry => {
                if rules.carries {
                    self.carry(daemon, file);
                }
                (Life::Exec, "takes the lock that it carries")
            }
            Life::Exec | Life::Flee => {
                self.execute(daemon, rules);
                return if own.next == Life::Exec {
                    "executes the new program"
                } else {
                    "executes the old program again"
                };
            }
            Life::AdoptRecord if self.take_record(daemon, file) => {
                let next = if rules.carries {
                    Life::TakingOver
                } else {
                    Life::AdoptSecond
                };
                (next, "takes over the record lock")
            }
            Life::AdoptSecond if self.take_second(daemon, file, rules) => {
                (Life::TakingOver, "takes over the second lock")
            }
            Life::AdoptSecond | Life::AdoptRecord => (
                self.after_failure(daemon),
                "finds the lock of another daemon",
            ),
            Life::TakingOver => {
                self.settle(daemon, rules);
                self.publish(daemon, Phase::Running);
                self.answer_upgrade(daemon);
                self.daemons[daemon].program = Program::Own;
                (Life::Ready, "is ready again")
            }
            _ => {
                self.end(daemon);
                return "ends";
            }
        };
        self.daemons[daemon].next = next;
        action
    }

    /// Takes the second lock again, and releases the one that is only needed between two programs.
    fn settle(&mut self, daemon: usize, rules: Rules) {
        let file = self.daemons[daemon].file;
        if rules.reopens {
            self.take_second(daemon, file, rules);
        }
        if self.files[index(file)].second == id(daemon) {
            self.drop_carried(daemon, file);
        }
    }

    /// Executes the other program. Its first calls take over the locks.
    fn execute(&mut self, daemon: usize, rules: Rules) {
        let own = self.daemons[daemon];
        // The kernel ends the mappings, then closes the descriptors that are close-on-exec.
        self.drop_second(daemon, own.file);
        if !rules.keeps_record {
            self.drop_record(daemon, own.file);
        }
        let own = &mut self.daemons[daemon];
        own.program = match own.next {
            Life::Exec => Program::Next,
            _ => Program::Back,
        };
        own.follows_path = rules.follows_path || self.path == own.file;
        own.next = Life::AdoptRecord;
    }

    /// As an exec, after which the record lock is gone. A kernel before 5.11 ends it if the process
    /// has threads; any kernel does if user code has the file open with close-on-exec.
    pub(crate) fn lose(&mut self, daemon: usize, rules: Rules) -> Option<&'static str> {
        let own = self.daemons[daemon];
        let is_exec = own.next == Life::Flee || (own.next == Life::Exec && !own.has_term);
        is_exec.then(|| self.execute(daemon, rules))?;
        let had_lock = self.drop_record(daemon, own.file);
        had_lock.then_some("loses the record lock as it executes the other program")
    }

    /// A hook or a call fails, on which other processes have no influence.
    pub(crate) fn fail(&mut self, daemon: usize, rules: Rules) -> Option<&'static str> {
        let own = self.daemons[daemon];
        Some(match own.next {
            Life::Starting => {
                self.end(daemon);
                "fails in on_start"
            }
            Life::Reloading => {
                self.end(daemon);
                "fails in on_start of the reload, and ends"
            }
            Life::Ready if own.checks => {
                self.answer_upgrade(daemon);
                "is refused by the new program"
            }
            Life::Exec => {
                self.settle(daemon, rules);
                self.daemons[daemon].program = Program::Back;
                self.daemons[daemon].next = Life::TakingOver;
                "cannot execute the new program, and begins again"
            }
            Life::TakingOver => {
                self.daemons[daemon].next = self.after_failure(daemon);
                "fails in on_start"
            }
            _ => return None,
        })
    }

    /// The next call after the program that takes over has failed.
    pub(crate) fn after_failure(&self, daemon: usize) -> Life {
        match self.daemons[daemon].program {
            Program::Next => Life::Flee,
            Program::Own | Program::Back => Life::Failing,
        }
    }

    /// Tells the verbs that each upgrade which has begun is over.
    pub(crate) fn answer_upgrade(&mut self, daemon: usize) {
        let upgrades = &mut self.page(daemon).upgrades;
        upgrades.done = upgrades.begun;
        self.daemons[daemon].checks = false;
    }
}
