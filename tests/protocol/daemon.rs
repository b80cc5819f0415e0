//! The daemon and its keeper.

use crate::file::{Id, Phase, id, index};
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
    /// The keeper found the path empty, or with another file.
    Renew,
    RenewSecond,
    RenewRecord,
    MovePage,
    Stopping,
    /// The record lock is released, the second lock is not.
    Ending,
}

/// The process of a daemon.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Daemon {
    pub(crate) next: Life,
    pub(crate) file: Id,
    /// The file in place of a removed one, until both of its locks are taken.
    pub(crate) new: Id,
    has_term: bool,
    hangs: bool,
}

impl Daemon {
    pub(crate) const GONE: Self = Self {
        next: Life::Gone,
        file: None,
        new: None,
        has_term: false,
        hangs: false,
    };

    /// Begins, in the process of `run` with its open file.
    pub(crate) fn begin(&mut self, file: Id) {
        self.file = file;
        self.next = file.map_or(Life::Open, |_| Life::TakeSecond);
    }

    /// Reports whether the caller got the verdict `Ready`, and no stop has begun.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        use Life::{MovePage, Ready, Renew, RenewRecord, RenewSecond};
        let ready = [Ready, Renew, RenewSecond, RenewRecord, MovePage];
        ready.contains(&self.next)
    }

    /// Reports whether a hook never returns.
    #[must_use]
    pub fn hangs(&self) -> bool {
        self.hangs
    }

    /// Reports whether the caller gets an answer: ready, or failed.
    pub(crate) fn has_verdict(self) -> bool {
        self.is_ready() || matches!(self.next, Life::Stopping | Life::Ending | Life::Gone)
    }

    pub(crate) fn get_term(&mut self) {
        self.has_term = !matches!(self.next, Life::Ending | Life::Gone);
    }

    pub(crate) fn hang(&mut self) -> Option<&'static str> {
        let has_hook = matches!(self.next, Life::Starting | Life::Ready | Life::Stopping);
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
            ..
        } = self.daemons[daemon];
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
                self.publish(daemon, Phase::Starting);
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
                self.publish(daemon, Phase::Starting);
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
            Life::Ready if has_term => {
                self.publish(daemon, Phase::Stopping);
                (Life::Stopping, "handles SIGTERM")
            }
            Life::Stopping => {
                self.end(daemon);
                return Some("ends");
            }
            Life::Ending => {
                (0..FILES).for_each(|file| _ = self.drop_second(daemon, id(file)));
                (Life::Gone, "has ended")
            }
            Life::Ready | Life::Gone => return None,
            _ => return Some(self.renew(daemon, rules)),
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
        if self.path != file {
            // A look at the file of a daemon that is not ready changes nothing.
            let there = self.path.map(|path| self.files[usize::from(path)]);
            let is_news = there.is_none_or(|there| {
                there.record.or(there.second).is_none() || there.phase == Phase::Running
            });
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
        if rival.phase != Phase::Running || rival.record.is_none() {
            return "finds the lock of a daemon that is not ready";
        }
        self.end(daemon);
        let is_last = self.ready().next().is_none();
        self.has_lost_all |= is_last;
        "finds the lock of a daemon that is ready, and ends"
    }

    /// Writes the phase to the state page of the daemon's file.
    fn publish(&mut self, daemon: usize, phase: Phase) {
        let file = &mut self.files[index(self.daemons[daemon].file)];
        file.phase = phase;
    }

    /// Closes a file, which releases both locks.
    fn close(&mut self, daemon: usize, file: Id) {
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
        let has_second = self.files.iter().any(|file| file.second == id(daemon));
        let next = if has_second { Life::Ending } else { Life::Gone };
        self.daemons[daemon] = Daemon {
            next,
            ..Daemon::GONE
        };
    }
}
