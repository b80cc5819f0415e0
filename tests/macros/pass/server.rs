//! The seed's daemon: hooks without errors, and one method for all signals.

use daemon_rt::{Context, Daemon, Hooks, Resources, Signal, Spec, daemon};

#[derive(Default)]
struct Server;

#[daemon(name = "server", signals = [SIGUSR1, SIGUSR2])]
impl Server {
    fn on_start(&mut self) {}

    fn run(&mut self, context: &mut Context) {
        context.sleep(std::time::Duration::from_secs(5));
    }

    fn on_stop(&mut self) {}

    fn on_signal(&mut self, _signal: Signal) {}
}

fn main() {
    let signals = &[Signal::SIGUSR1, Signal::SIGUSR2];
    assert_eq!(Server::SPEC, Spec::new("server").signals(signals));
    assert!(Server::create(&mut Resources::default()).is_ok());
}
