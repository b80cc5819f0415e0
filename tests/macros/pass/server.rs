//! The seed's daemon.
#![forbid(unsafe_code)]

/// The daemon.
mod server {
    use daemon_rt::{Context, Signal, daemon};

    /// A daemon.
    #[derive(Default)]
    pub struct Server;

    #[daemon(name = "server", signals = [SIGUSR1, SIGUSR2])]
    impl Server {
        fn on_start(&mut self) {}
        fn run(&mut self, _context: &mut Context) {}
        fn on_stop(&mut self) {}
        fn on_signal(&mut self, _signal: Signal) {}
    }
}

fn main() {
    let _ = <server::Server as daemon_rt::Daemon>::SPEC;
}
