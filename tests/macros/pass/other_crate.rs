//! The runtime under another name.

mod facade {
    pub extern crate daemon_rt as runtime;
}

use facade::runtime::{Daemon, Hooks, Resources};

#[derive(Default)]
struct Server;

#[facade::runtime::daemon(name = "server", signals = [SIGUSR1], crate = crate::facade::runtime)]
impl Server {
    fn run(&mut self) {}
    fn on_signal(&mut self, _: facade::runtime::Signal) {}
}

fn main() {
    assert_eq!(Server::SPEC.name(), "server");
    assert!(Server::create(&mut Resources::default()).is_ok());
}
