//! The same as the others, with the runtime that is measured.

use std::process::ExitCode;

mod bench {
    use std::process::{Command, Stdio};

    use bench_subjects::{Handler, hook, now, report};
    use daemon_rt::{ChildExit, Context, Signal, daemon};

    /// Handles signals, and on SIGWINCH starts as many children as the bench says.
    #[derive(Debug, Default)]
    pub struct Bench {
        handler: Handler,
        ended: u64,
    }

    #[daemon(name = "bench", signals = [SIGUSR1, SIGUSR2, SIGWINCH, SIGRTMIN])]
    impl Bench {
        fn on_start(&mut self) {
            hook();
        }

        #[every("7d")]
        fn idle(&mut self) {}

        fn on_signal(&mut self, signal: Signal) {
            self.handler.handle(signal.number());
        }

        /// The children read from a pipe, and end together when it does.
        #[signal(SIGWINCH)]
        fn spawn(&mut self, context: &mut Context) -> std::io::Result<()> {
            let count = std::env::var("BENCH_CHILDREN").map_or(0, |n| n.parse().unwrap_or(0));
            let (read, write) = std::io::pipe()?;
            for _ in 0..count {
                let mut child = Command::new(bench_subjects::file("child"));
                context.spawn(child.stdin(Stdio::from(read.try_clone()?)))?;
            }
            report(now(), 0);
            // Until the daemon ends, if the bench says so.
            if std::env::var_os("BENCH_STAY").is_some() {
                std::mem::forget(write);
            }
            Ok(())
        }

        /// Reports at the round numbers: at each would be a bench of reports.
        fn on_child(&mut self, exit: ChildExit) {
            self.ended += u64::from(exit.status.success());
            if self.ended.is_multiple_of(1000) {
                report(now(), self.ended);
            }
        }
    }
}

fn main() -> ExitCode {
    // The price of a process with these libraries.
    if std::env::args_os()
        .nth(1)
        .is_some_and(|word| word == "nothing")
    {
        return ExitCode::SUCCESS;
    }
    daemon_rt::main::<bench::Bench>()
}
