//! A timer attribute outside a daemon.

use daemon_rt::every;

struct Server;

impl Server {
    #[every("5s")]
    fn dump(&mut self) {}
}

fn main() {
    Server.dump();
}
