//! A turn of a daemon that is ready: a stop goes first, then a reload, then an upgrade.

use crate::daemon::Life;
use crate::file::Phase;
use crate::world::World;

impl World {
    /// Makes the next call of a daemon that is ready. `None` if nothing asks it for anything.
    pub(crate) fn turn(&mut self, daemon: usize) -> Option<&'static str> {
        let own = self.daemons[daemon];
        let (next, action) = match own.next {
            Life::Ready if own.has_term => {
                self.answer_upgrade(daemon);
                self.publish(daemon, Phase::Stopping);
                (Life::Stopping, "handles SIGTERM")
            }
            Life::Ready if own.has_hup => {
                self.daemons[daemon].has_hup = false;
                self.page(daemon).reloads.begun += 1;
                self.publish(daemon, Phase::Reloading);
                (Life::Reloading, "begins a reload")
            }
            Life::Reloading => {
                let reloads = &mut self.page(daemon).reloads;
                reloads.done = reloads.begun;
                self.publish(daemon, Phase::Running);
                (Life::Ready, "ends the reload")
            }
            Life::Ready if self.page(daemon).is_wanted => {
                self.page(daemon).is_wanted = false;
                self.page(daemon).upgrades.begun += 1;
                self.daemons[daemon].checks = true;
                (Life::Ready, "takes the request, and asks the new program")
            }
            Life::Ready if own.checks => {
                self.daemons[daemon].checks = false;
                self.publish(daemon, Phase::Upgrading);
                (Life::Departing, "ends its value for the new program")
            }
            _ => return None,
        };
        self.daemons[daemon].next = next;
        Some(action)
    }
}
