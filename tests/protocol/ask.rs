//! The verbs `reload` and `upgrade`: they ask the daemon, and wait for the answer in its page.

use crate::daemon::Life;
use crate::file::{Answers, File, Id, index};
use crate::verb::{Call, Caller, Next, Verb};
use crate::world::{Rules, World};

impl World {
    /// Makes the next call of a verb that asks.
    pub(crate) fn ask(&mut self, verb: usize, file: File, rules: Rules) -> Next {
        let caller = self.callers[verb];
        let (first, second) = if rules.counts_first {
            (Call::Count, Call::Request)
        } else {
            (Call::Request, Call::Count)
        };
        let after = |call| if call == first { second } else { Call::Answer };
        let answers = answers(caller.verb, file);
        Some(match caller.next {
            Call::Find if rules.asks_named && file.record.is_none() => {
                match self.holder(file, rules)? {
                    None => (Call::Done, "finds no daemon"),
                    // A loop that runs takes the record lock again.
                    holder if self.daemons[index(holder)].hangs() => {
                        (Call::Done, "gives up after the time-out: a hook hangs")
                    }
                    _ => return None,
                }
            }
            Call::Find => match self.holder(file, rules)? {
                None => (Call::Done, "finds no daemon"),
                holder => {
                    self.callers[verb].target = holder;
                    (first, "asks for the holder")
                }
            },
            Call::Count => {
                self.callers[verb].awaited = answers.begun + 1;
                (after(Call::Count), "reads the number of the last one")
            }
            Call::Request if caller.verb == Verb::Reload => {
                self.daemons[index(caller.target)].get_hup();
                (after(Call::Request), "sends SIGHUP")
            }
            Call::Request => {
                self.files[index(caller.file)].page.is_wanted = true;
                (after(Call::Request), "writes its request")
            }
            _ if answers.done >= caller.awaited => (Call::Done, "gets the answer"),
            _ if rules.asks_again
                && caller.verb == Verb::Upgrade
                && self.is_forgotten(caller, answers) =>
            {
                (Call::Request, "finds its request gone, and asks again")
            }
            _ if rules.asks_again && self.has_moved(caller) => {
                self.callers[verb].file = self.path;
                (Call::Answer, "opens the file that replaced its own")
            }
            _ => (Call::Done, self.give_up(caller.file, caller.target)?),
        })
    }

    /// Ends the wait for an answer that cannot come. `None` while the daemon is at work.
    fn give_up(&mut self, file: Id, target: Id) -> Option<&'static str> {
        let target = &self.daemons[index(target)];
        if matches!(target.next, Life::Ending | Life::Gone) {
            return Some("sees the end of the daemon");
        }
        target.hangs().then_some(())?;
        self.files[index(file)].page.is_wanted = false;
        Some("gives up after the time-out: a hook hangs")
    }

    /// Reports whether the page no longer has the request. It may have moved with the lock file just
    /// before.
    fn is_forgotten(&self, caller: Caller, answers: Answers) -> bool {
        !self.files[index(caller.file)].page.is_wanted && answers.begun < caller.awaited
    }

    /// Reports whether the path leads to another file that the daemon holds.
    fn has_moved(&self, caller: Caller) -> bool {
        let is_its = |path: u8| self.files[usize::from(path)].record == caller.target;
        self.path != caller.file && self.path.is_some_and(is_its)
    }
}

/// Returns the numbers of the reloads or of the upgrades.
fn answers(verb: Verb, file: File) -> Answers {
    match verb {
        Verb::Reload => file.page.reloads,
        _ => file.page.upgrades,
    }
}
