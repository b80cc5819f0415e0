//! Two daemons in one program, one in a module of its own.

use daemon_rt::{Daemon, daemon};

mod inner {
    #[derive(Default)]
    pub struct Server;
}

#[derive(Default)]
struct Client<const N: usize>;

#[daemon(name = "server")]
impl inner::Server {
    fn run(&mut self) {}
}

#[daemon(name = "client")]
impl Client<3> {
    fn run(&mut self) {}
}

fn main() {
    assert_eq!(inner::Server::SPEC.name(), "server");
    assert_eq!(Client::<3>::SPEC.name(), "client");
}
