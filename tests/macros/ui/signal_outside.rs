//! A signal attribute outside a daemon.

use daemon_rt::signal;

struct Server;

impl Server {
    #[signal(SIGUSR1)]
    fn dump(&mut self) {}
}

fn main() {
    Server.dump();
}
