//! A daemon whose instructions are counted: it logs as many records and handles as many signals as
//! the bench says, then ends.

use std::process::ExitCode;

mod counted {
    use bench_subjects::hook;
    use daemon_rt::{Context, Signal, daemon};
    use nix::sys::signal::{Signal as Raised, raise};

    /// The variables name how many are left.
    #[derive(Debug)]
    pub struct Counted {
        records: u32,
        signals: u32,
    }

    #[daemon(name = "bench", signals = [SIGUSR1])]
    impl Counted {
        fn new() -> Self {
            let number = |name| std::env::var(name).map_or(0, |text| text.parse().unwrap_or(0));
            Self {
                records: number("BENCH_RECORDS"),
                signals: number("BENCH_SIGNALS"),
            }
        }

        fn on_start(&mut self) {
            hook();
        }

        /// One signal per turn, as in a daemon that is woken by each.
        fn run(&mut self, context: &mut Context) -> std::io::Result<()> {
            for number in 0..std::mem::take(&mut self.records) {
                log::info!("record {number} of a daemon whose instructions are counted");
            }
            if self.signals == 0 {
                if std::env::var_os("BENCH_STAY").is_some() {
                    context.sleep(std::time::Duration::from_secs(600));
                } else {
                    context.stop();
                }
                return Ok(());
            }
            raise(Raised::SIGUSR1)?;
            context.sleep(std::time::Duration::from_secs(1));
            Ok(())
        }

        fn on_signal(&mut self, _: Signal) {
            self.signals = self.signals.saturating_sub(1);
        }
    }
}

fn main() -> ExitCode {
    daemon_rt::main::<counted::Counted>()
}
