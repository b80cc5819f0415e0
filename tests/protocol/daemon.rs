//! The daemon and its keeper.

use crate::file::{File, Id, Page, Phase, id, index};
use crate::world::{FILES, Rules, VERBS, World};

/// The next call of a daemon.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Life {
    Gone,
    Open,
    TakeSecond,
    WritePage,
    TakeRecord,
    Compare,
    Starting,
    Ready,
    Reloading,
    /// The value ends, for another program.
    Departing,
    Carry,
    Exec,
    AdoptSecond,
    AdoptRecord,
    /// The value of the program begins.
    TakingOver,
    /// The new program has failed, and executes the old one.
    Flee,
    /// The program has failed, and there is no other one. Its locks are still held.
    Failing,
    /// The keeper found the path empty, or with another file.
    Renew,
    RenewSecond,
    RenewRecord,
    MovePage,
    Stopping,
    /// The record lock is released, the others are not.
    Ending,
}

/// The program that a process executes in an upgrade.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Program {
    /// The one that is not in an upgrade.
    Own,
    /// The new one, which can go back.
    Next,
    /// The old one again.
    Back,
}

/// The process of a daemon.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Daemon {
    pub(crate) next: Life,
    pub(crate) file: Id,
    /// The file in place of a removed one, until both of its locks are taken.
    pub(crate) new: Id,
    pub(crate) has_term: bool,
    pub(crate) has_hup: bool,
    hangs: bool,
    /// The new program answers whether it can take over. The hooks go on meanwhile.
    pub(crate) checks: bool,
    pub(crate) program: Program,
    /// The keeper compares the file with its path.
    pub(crate) follows_path: bool,
}

impl Daemon {
    pub(crate) const GONE: Self = Self {
        next: Life::Gone,
        file: None,
        new: None,
        has_term: false,
        has_hup: false,
        hangs: false,
        checks: false,
        program: Program::Own,
        follows_path: true,
    };

    /// Begins, in the process of `run` with its open file.
    pub(crate) fn begin(&mut self, file: Id) {
        self.file = file;
        self.next = file.map_or(Life::Open, |_| Life::TakeSecond);
    }

    /// Reports whether the caller got the verdict `Ready`, and no stop has begun.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        use Life::{MovePage, Ready, Reloading, Renew, RenewRecord, RenewSecond};
        let ready = [Ready, Reloading, Renew, RenewSecond, RenewRecord, MovePage];
        ready.contains(&self.next)
    }

    /// Reports whether the process is in an upgrade, and holds its locks for the next program.
    #[must_use]
    pub fn is_in_upgrade(&self) -> bool {
        use Life::{AdoptRecord, AdoptSecond, Carry, Departing, Exec, Flee, TakingOver};
        let old = [Departing, Carry, Exec];
        let new = [AdoptSecond, AdoptRecord, TakingOver, Flee];
        old.contains(&self.next) || new.contains(&self.next)
    }

    /// Reports whether a mapping of the file shows the process.
    pub(crate) fn is_mapped(&self) -> bool {
        use Life::{AdoptRecord, AdoptSecond, Ending};
        !matches!(self.next, Ending | AdoptRecord | AdoptSecond)
    }

    /// Reports whether user code runs, which may close descriptors.
    pub(crate) fn runs_user_code(&self) -> bool {
        let runs = [Life::Departing, Life::Carry, Life::Exec, Life::TakingOver];
        self.is_ready() || runs.contains(&self.next)
    }

    /// Reports whether a hook never returns.
    #[must_use]
    pub fn hangs(&self) -> bool {
        self.hangs
    }

    /// Reports whether the caller gets an answer: ready, or failed.
    pub(crate) fn has_verdict(self) -> bool {
        use Life::{Compare, Open, Starting, TakeRecord, TakeSecond, WritePage};
        let before = [Open, TakeSecond, WritePage, TakeRecord, Compare, Starting];
        !before.contains(&self.next)
    }

    pub(crate) fn get_term(&mut self) {
        self.has_term = !matches!(self.next, Life::Ending | Life::Gone);
    }

    pub(crate) fn get_hup(&mut self) {
        self.has_hup = !matches!(self.next, Life::Ending | Life::Gone);
    }

    pub(crate) fn hang(&mut self) -> Option<&'static str> {
        use Life::{Departing, Ready, Reloading, Starting, Stopping, TakingOver};
        let hooks = [Starting, Ready, Reloading, Departing, TakingOver, Stopping];
        let has_hook = hooks.contains(&self.next);
        (has_hook && !self.hangs).then(|| self.hangs = true)?;
        Some("hangs in a hook")
    }
}

impl World {
    /// Makes the next call of a daemon.
    pub(crate) fn live(&mut self, daemon: usize, rules: Rules) -> Option<&'static str> {
        let Daemon {
            next,
            file,
            has_term,
            hangs,
            program,
            ..
        } = self.daemons[daemon];
        if hangs && next == Life::TakingOver && program == Program::Next {
            self.daemons[daemon].hangs = false;
            self.daemons[daemon].next = Life::Flee;
            return Some("is not ready in time");
        }
        if hangs {
            has_term.then(|| self.end(daemon))?;
            return Some("is ended by its own timer");
        }
        let (next, action) = match next {
            Life::Open => {
                self.daemons[daemon].file = self.open();
                (Life::TakeSecond, "opens the lock file")
            }
            Life::TakeSecond if self.take_second(daemon, file, rules) => {
                let next = if rules.page_first {
                    Life::WritePage
                } else {
                    Life::TakeRecord
                };
                (next, "takes the second lock")
            }
            Life::WritePage => {
                *self.page(daemon) = Page::new(Phase::Starting);
                (Life::TakeRecord, "writes its state page")
            }
            Life::TakeRecord if self.take_record(daemon, file) => {
                (Life::Compare, "takes the record lock")
            }
            Life::TakeSecond | Life::TakeRecord => {
                self.end(daemon);
                return Some("finds the lock of another daemon, and ends");
            }
            Life::Compare if self.path == file => {
                if !rules.page_first {
                    *self.page(daemon) = Page::new(Phase::Starting);
                }
                (Life::Starting, "finds its file at the path")
            }
            Life::Compare => {
                self.end(daemon);
                return Some("finds its file removed, and ends");
            }
            Life::Starting => {
                self.publish(daemon, Phase::Running);
                self.release_queue(daemon);
                (Life::Ready, "is ready")
            }
            Life::Ready | Life::Reloading => return self.turn(daemon),
            Life::Stopping => {
                self.end(daemon);
                return Some("ends");
            }
            Life::Ending => {
                (0..FILES).for_each(|file| self.close(daemon, id(file)));
                (Life::Gone, "has ended")
            }
            Life::Gone => return None,
            Life::Renew | Life::RenewSecond | Life::RenewRecord | Life::MovePage => {
                return Some(self.renew(daemon, rules));
            }
            _ => return Some(self.upgrade(daemon, rules)),
        };
        self.daemons[daemon].next = next;
        Some(action)
    }

    /// Makes the keeper compare the path with its file.
    pub(crate) fn look(&mut self, daemon: usize) -> Option<&'static str> {
        let Daemon { file, .. } = self.daemons[daemon];
        if self.daemons[daemon].next != Life::Ready || self.daemons[daemon].hangs {
            return None;
        }
        if self.path != file && self.daemons[daemon].follows_path {
            // A look at the file of a daemon that is not ready changes nothing.
            let there = self.path.map(|path| self.files[usize::from(path)]);
            let is_news =
                there.is_none_or(|there| there.holder().is_none() || there.page.phase.is_ready());
            is_news.then(|| self.daemons[daemon].next = Life::Renew)?;
            return Some("misses its file");
        }
        let is_lost = self.files[index(file)].record.is_none();
        is_lost.then(|| self.take_record(daemon, file))?;
        Some("takes the record lock again")
    }

    /// Makes the keeper go on with another file.
    fn renew(&mut self, daemon: usize, rules: Rules) -> &'static str {
        let Daemon {
            next, file, new, ..
        } = self.daemons[daemon];
        let (next, action) = match next {
            Life::Renew => {
                let new = self.open();
                if new == file {
                    // To close the descriptor again releases the record lock.
                    self.drop_record(daemon, file);
                    (Life::Ready, "finds its own file back")
                } else {
                    self.daemons[daemon].new = new;
                    (Life::RenewSecond, "opens the file at the path")
                }
            }
            Life::RenewSecond if self.take_second(daemon, new, rules) => {
                (Life::RenewRecord, "takes the second lock of the new file")
            }
            Life::RenewRecord if self.take_record(daemon, new) => {
                // The phase follows with the page.
                let phase = self.files[index(new)].page.phase;
                let page = *self.page(daemon);
                self.files[index(new)].page = Page { phase, ..page };
                self.close(daemon, file);
                self.daemons[daemon].file = new;
                self.daemons[daemon].new = None;
                (Life::MovePage, "takes the record lock of the new file")
            }
            Life::MovePage => {
                self.publish(daemon, Phase::Running);
                (Life::Ready, "moves its state page")
            }
            _ => return self.give_way(daemon),
        };
        self.daemons[daemon].next = next;
        action
    }

    /// Ends the daemon if the one that holds the new file is ready.
    fn give_way(&mut self, daemon: usize) -> &'static str {
        let new = self.daemons[daemon].new.take();
        let rival = self.files[index(new)];
        self.close(daemon, new);
        self.daemons[daemon].next = Life::Ready;
        // The holder of the record lock has written the page.
        if !rival.page.phase.is_ready() || rival.record.is_none() {
            return "finds the lock of a daemon that is not ready";
        }
        self.end(daemon);
        let is_last = self.ready().next().is_none();
        self.has_lost_all |= is_last;
        "finds the lock of a daemon that is ready, and ends"
    }

    /// Writes the phase to the state page of the daemon's file.
    pub(crate) fn publish(&mut self, daemon: usize, phase: Phase) {
        self.page(daemon).phase = phase;
    }

    /// Returns the state page of the daemon's file.
    pub(crate) fn page(&mut self, daemon: usize) -> &mut Page {
        &mut self.files[index(self.daemons[daemon].file)].page
    }

    /// Closes a file, which releases its locks.
    fn close(&mut self, daemon: usize, file: Id) {
        self.drop_carried(daemon, file);
        self.drop_record(daemon, file);
        self.drop_second(daemon, file);
    }

    /// Releases the verb lock, in a daemon that was made by `run`.
    fn release_queue(&mut self, daemon: usize) {
        if daemon < VERBS && self.is_daemon(daemon) {
            self.drop_queue(daemon);
        }
    }

    /// Ends the process of a daemon. The kernel releases its record lock first.
    pub(crate) fn end(&mut self, daemon: usize) {
        self.release_queue(daemon);
        (0..FILES).for_each(|file| _ = self.drop_record(daemon, id(file)));
        let has_other = |file: &File| [file.second, file.carried].contains(&id(daemon));
        let next = if self.files.iter().any(has_other) {
            Life::Ending
        } else {
            Life::Gone
        };
        self.daemons[daemon] = Daemon {
            next,
            ..Daemon::GONE
        };
    }
}
