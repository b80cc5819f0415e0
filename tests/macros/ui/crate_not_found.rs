//! A path at which there is no runtime.

use daemon_rt::daemon;

#[derive(Default)]
struct Server;

#[daemon(name = "server", crate = ::nowhere)]
impl Server {
    fn run(&mut self) {}
}

fn main() {
    let _ = Server;
}
