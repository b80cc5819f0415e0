//! A daemon of timers alone: it beats every second, and knows how late the machine let it.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use daemon_rt::{Context, daemon};
use log::{debug, info};

struct Heartbeat {
    beats: u64,
    last: Instant,
    worst: Duration,
}

#[daemon(name = "heartbeat")]
impl Heartbeat {
    fn new() -> Self {
        Self {
            beats: 0,
            last: Instant::now(),
            worst: Duration::ZERO,
        }
    }

    /// The line of `status` is for whoever asks now, the log is for later.
    #[every("1s")]
    fn beat(&mut self, context: &mut Context) {
        let late = self.last.elapsed().saturating_sub(Duration::from_secs(1));
        self.last = Instant::now();
        self.worst = self.worst.max(late);
        self.beats += 1;
        debug!("beat {}", self.beats);
        context.status(&format!(
            "beating, at worst {} ms late",
            self.worst.as_millis()
        ));
    }

    #[every("1m")]
    fn report(&mut self) {
        info!("a minute, at worst {} ms late", self.worst.as_millis());
        self.worst = Duration::ZERO;
    }
}

fn main() -> ExitCode {
    daemon_rt::main::<Heartbeat>()
}
