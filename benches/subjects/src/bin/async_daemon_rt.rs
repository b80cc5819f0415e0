//! The subject of this runtime with async hooks, on the current thread or on tokio's threads.

use std::process::ExitCode;

mod bench {
    use std::sync::{Mutex, PoisonError};
    use std::time::Duration;

    use bench_subjects::{Handler, hook};
    use daemon_rt::{Handle, Signal, daemon};

    /// Handles signals, sleeps, and starts a blocking task that never ends if the bench says so.
    #[derive(Debug, Default)]
    pub struct Bench(Mutex<Handler>);

    #[cfg_attr(
        feature = "async-threads",
        daemon(name = "bench", signals = [SIGUSR1, SIGUSR2, SIGRTMIN], runtime = tokio)
    )]
    #[cfg_attr(
        not(feature = "async-threads"),
        daemon(name = "bench", signals = [SIGUSR1, SIGUSR2, SIGRTMIN], runtime = tokio_current)
    )]
    impl Bench {
        async fn on_start(&self) {
            if std::env::var_os("BENCH_STUCK").is_some() {
                tokio::task::spawn_blocking(|| std::thread::sleep(Duration::MAX));
            }
            hook();
        }

        async fn run(&self, handle: Handle) {
            tokio::select! {
                () = tokio::time::sleep(Duration::from_secs(30)) => {}
                () = handle.stopping() => {}
            }
        }

        async fn on_signal(&self, signal: Signal) {
            let mut handler = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            handler.handle(signal.number());
        }
    }
}

fn main() -> ExitCode {
    daemon_rt::main::<bench::Bench>()
}
