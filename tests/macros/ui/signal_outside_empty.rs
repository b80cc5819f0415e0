//! A signal attribute outside a daemon.

use daemon_rt::signal;

struct Server;

impl Server {
    /// Tells what happened.
    #[signal]
    fn dump(&mut self) {}
}

fn main() {
    Server.dump();
}
