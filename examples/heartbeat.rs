//! A daemon with timers and without `run`: it beats every second and measures the delay.

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

    /// Reports the delay to `status`, and each beat to the log.
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
