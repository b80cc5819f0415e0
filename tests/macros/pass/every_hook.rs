//! Every hook with the context and an error.

use std::fmt::Error;

use daemon_rt::{ChildExit, Context, Hooks, Resources, Signal, daemon};

#[derive(Default)]
struct Server;

#[daemon(name = "server", signals = [SIGUSR1])]
impl Server {
    fn on_start(&mut self, _: &mut Context) -> Result<(), Error> {
        Ok(())
    }

    fn run(&mut self, _: &mut Context) -> Result<(), Error> {
        Ok(())
    }

    fn on_reload(&mut self, _: &mut Context) -> Result<(), Error> {
        Ok(())
    }

    fn on_stop(&mut self, _: &mut Context) -> Result<(), Error> {
        Ok(())
    }

    fn on_signal(&mut self, _: Signal, _: &mut Context) -> Result<(), Error> {
        Ok(())
    }

    fn on_child(&mut self, _: ChildExit, _: &mut Context) -> Result<(), Error> {
        Ok(())
    }
}

fn main() {
    assert!(Server::create(&mut Resources::default()).is_ok());
}
