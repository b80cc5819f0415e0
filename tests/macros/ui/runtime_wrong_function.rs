//! A runtime that does not take the time that is left.

use daemon_rt::{Daemon, daemon};

fn block_on<F: Future>(_life: F) -> std::io::Result<F::Output> {
    unreachable!()
}

#[derive(Default)]
struct Server;

#[daemon(name = "server", runtime = block_on)]
impl Server {
    async fn run(&self) {}
}

fn main() {
    let _ = Server::SPEC;
}
