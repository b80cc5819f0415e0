//! Methods for single signals, beside the general one; realtime signals; every shape of them.

use daemon_rt::{Context, Daemon, Signal, SignalInfo, daemon};

#[derive(Default)]
struct Jobs;

#[daemon(name = "jobs", signals = [SIGUSR1, SIGUSR2, SIGWINCH, SIGRTMIN, SIGRTMIN + 3, SIGIO])]
impl Jobs {
    fn run(&mut self) {}

    fn on_signal(&mut self, _: SignalInfo, _: &mut Context) {}

    #[signal(SIGUSR1, SIGUSR2)]
    fn dump(&mut self) {}

    #[signal(SIGWINCH)]
    #[signal(SIGRTMIN)]
    fn resize(&mut self, _: &mut Context) {}

    #[signal(SIGRTMIN + 3)]
    fn job(&mut self, _info: SignalInfo, _: &mut Context) -> Result<(), std::io::Error> {
        Ok(())
    }
}

fn main() {
    let declared = format!("{:?}", Jobs::SPEC);
    assert!(declared.contains("Realtime(0), Realtime(3)"), "{declared}");
}
