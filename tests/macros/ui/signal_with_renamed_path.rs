//! A helper attribute with the path of a runtime that has another name.

extern crate daemon_rt as rt;

use rt::{Daemon, daemon};

#[derive(Default)]
struct Server;

#[daemon(name = "server", signals = [SIGUSR1], crate = ::rt)]
impl Server {
    fn run(&mut self) {}

    #[rt::signal(SIGUSR1)]
    fn dump(&mut self) {}
}

fn main() {
    let _ = Server::SPEC;
}
