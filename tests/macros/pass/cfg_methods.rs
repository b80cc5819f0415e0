//! Methods under `#[cfg]`: what refers to them goes with them.

use daemon_rt::spec::Timer;
use daemon_rt::{Daemon, Hooks, Resources, Signal, daemon};

#[derive(Default)]
struct Server {
    built_by_new: bool,
}

#[daemon(name = "server", signals = [SIGUSR1, SIGUSR2])]
impl Server {
    #[cfg(windows)]
    fn new() -> Self {
        Self { built_by_new: true }
    }

    #[cfg(windows)]
    fn run(&mut self) {
        missing();
    }

    #[cfg(not(windows))]
    fn run(&mut self) {}

    #[cfg(windows)]
    fn on_reload(&mut self) {
        missing();
    }

    fn on_signal(&mut self, _: Signal) {}

    #[cfg(unix)]
    #[signal(SIGUSR1)]
    fn dump(&mut self) {}

    #[cfg(windows)]
    #[cfg(debug_assertions)]
    #[signal(SIGUSR2)]
    fn print(&mut self) {
        missing();
    }

    #[cfg(windows)]
    #[every("1s")]
    fn flush(&mut self) {
        missing();
    }

    #[cfg(unix)]
    #[every("2s")]
    fn flush(&mut self) {}
}

fn main() {
    assert_eq!(
        Server::create(&mut Resources::default()).map(|server| server.built_by_new).ok(),
        Some(false)
    );
    let flush = Timer::new("flush", std::time::Duration::from_secs(2));
    assert!(format!("{:?}", Server::SPEC).contains(&format!("timers: [{flush:?}]")));
}
