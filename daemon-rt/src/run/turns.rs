//! The turns: each handles the events that have arrived, then calls `run`.

use std::time::{Duration, Instant};

use super::fault::Fault;
use super::instance::Instance;
use super::runtime::note_stop;
use crate::context::first_run;
use crate::context::wait;
use crate::daemon::{Event, Hooks};
use crate::manager;
use crate::os::console::TARGET;
use crate::os::signal_queue;
use crate::pending;
use crate::pending::Batch;
use crate::signal::SignalInfo;

impl<D: Hooks> Instance<D> {
    /// Turns until a stop.
    pub(super) fn turns(&mut self) -> Result<(), Fault> {
        let mut last_run = None;
        let mut is_first = true;
        loop {
            self.deliver()?;
            if !self.runtime.context.is_running() {
                if !self.runtime.is_upgrade_due() {
                    note_stop();
                }
                return Ok(());
            }
            self.runtime.keep()?;
            manager::turn();
            let interval = self.runtime.detached.settings.spec.interval;
            let next_run = last_run.map(|begun: Instant| begun + interval);
            let left = next_run.map_or(Duration::ZERO, |at| {
                at.saturating_duration_since(Instant::now())
            });
            if !self.runs {
                wait::wait(&[], None);
            } else if !left.is_zero() {
                wait::wait(&[], Some(left));
            } else {
                last_run = Some(Instant::now());
                if std::mem::take(&mut is_first) {
                    first_run::begin(
                        self.runtime.detached.settings.spec.hang_after,
                        "do one turn of the work in `run`, and wait by `Context::sleep`",
                    );
                }
                self.runs = self.call_or_end("run", Event::Run)?;
                first_run::end();
            }
        }
    }

    /// Dispatches the events that have arrived: a stop first, then a reload, the signals by number,
    /// ended children, timers.
    fn deliver(&mut self) -> Result<(), Fault> {
        let mut batch = Batch::begin();
        // One per turn, as for the other signals.
        let mut may_reload = true;
        while self.runtime.context.is_running() {
            if may_reload && let Some(info) = pending::take_reload() {
                may_reload = false;
                if self.runtime.asks_for_reload(&info) {
                    self.reload(&info)?;
                }
            } else if let Some(info) = batch.next(self.runtime.detached.signals) {
                self.signal(info)?;
            } else {
                break;
            }
        }
        let lost = signal_queue::take_lost();
        if lost != 0 {
            log::error!(target: TARGET, "lost {lost} realtime signals: the queue was full");
        }
        self.reap()?;
        // After SIGCHLD was taken, so that the end of the child is not missed.
        self.runtime.turn_upgrade();
        self.tick()?;
        let next = self.runtime.look_at(self.timers.next());
        wait::change(|now| now.next_timer = next);
        Ok(())
    }

    /// Calls the timers that are due now. A timer that takes longer than its period is due again
    /// afterwards. It waits for the next turn, so that `run` and the signals are handled in
    /// between.
    fn tick(&mut self) -> Result<(), Fault> {
        let now = Instant::now();
        while self.runtime.context.is_running() {
            let Some(name) = self.timers.take_due(now) else {
                break;
            };
            // If its method waits, only the next tick may end that wait.
            let next = self.runtime.look_at(self.timers.next());
            wait::change(|now| now.next_timer = next);
            self.call_or_end(name, Event::Timer(name))?;
        }
        Ok(())
    }

    fn signal(&mut self, info: SignalInfo) -> Result<(), Fault> {
        let event = Event::Signal(info.signal, info);
        if !self.call_or_end("on_signal", event)? {
            log::info!(target: TARGET, "ignored {info}: it has no handler");
        }
        Ok(())
    }

    fn reap(&mut self) -> Result<(), Fault> {
        if !pending::take_child() {
            return Ok(());
        }
        while let Some(exit) = self.runtime.context.children.reap() {
            if !self.call_or_end("on_child", Event::Child(exit))? {
                log::info!(target: TARGET, "reaped child {}: {}", exit.pid, exit.status);
            }
        }
        self.runtime.note_children();
        Ok(())
    }
}
