//! The Server of the tutorial from which this project grew.

use std::process::ExitCode;

mod server {
    use std::time::Duration;

    use daemon_rt::{Context, Signal, daemon};
    use log::debug;

    /// Says every five seconds that it runs.
    #[derive(Debug, Default)]
    pub struct Server;

    #[daemon(name = "server", signals = [SIGUSR1, SIGUSR2])]
    impl Server {
        fn on_start(&mut self) {
            debug!("Démarrage du processus avec le pid {}", std::process::id());
        }

        fn run(&mut self, context: &mut Context) {
            debug!("On tourne !");
            context.sleep(Duration::from_secs(5));
        }

        fn on_stop(&mut self) {
            debug!("Arrêt du processus avec le pid {}", std::process::id());
        }

        fn on_signal(&mut self, signal: Signal) {
            debug!("Signal non géré par la classe Daemon : {}", signal.number());
        }
    }
}

fn main() -> ExitCode {
    daemon_rt::main::<server::Server>()
}
