//! Timers alone, with and without the context.

use std::time::Duration;

use daemon_rt::spec::Timer;
use daemon_rt::{Context, Daemon, Spec, daemon};

#[derive(Default)]
struct Heartbeat;

#[daemon(name = "heartbeat")]
impl Heartbeat {
    #[every("30s")]
    fn flush(&mut self) {}

    #[every("250ms")]
    fn r#yield(&mut self, _: &mut Context) -> Result<(), String> {
        Ok(())
    }
}

fn main() {
    let expected: &[Timer] = const {
        &[
            Timer::new("flush", Duration::from_secs(30)),
            Timer::new("yield", Duration::from_millis(250)),
        ]
    };
    assert_eq!(
        Heartbeat::SPEC,
        Spec::new(Heartbeat::SPEC.name()).timers(expected)
    );
}
