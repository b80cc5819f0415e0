//! The runtimes: tokio on one thread, a function of the program, and beside hooks that are not
//! `async`.

use std::cell::Cell;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use daemon_rt::{Context, Daemon, Handle, daemon};

/// A value that is not `Send`.
#[derive(Default)]
struct Current {
    turns: Rc<Cell<u64>>,
}

#[daemon(name = "current", runtime = tokio_current)]
impl Current {
    async fn run(&self, handle: Handle) {
        let turns = Rc::clone(&self.turns);
        tokio::task::spawn_local(async move { turns.set(turns.get() + 1) });
        handle.stopping().await;
    }
}

mod own {
    use super::{Duration, io};

    pub fn block_on<F: Future>(life: F, left: fn() -> Duration) -> io::Result<F::Output> {
        let runtime = tokio::runtime::Runtime::new()?;
        let output = runtime.block_on(life);
        runtime.shutdown_timeout(left());
        Ok(output)
    }
}

use own::block_on;

#[derive(Default)]
struct Own;

#[daemon(name = "own", runtime = own::block_on)]
impl Own {
    #[every("1s")]
    async fn tick(&self) {}
}

#[derive(Default)]
struct Imported;

#[daemon(name = "imported", runtime = block_on)]
impl Imported {
    fn run(&mut self) {}
}

/// Its hooks spawn into the runtime, but are none of its tasks.
#[derive(Default)]
struct Beside;

#[daemon(name = "beside", runtime = tokio)]
impl Beside {
    fn run(&mut self, context: &mut Context) {
        tokio::spawn(async {});
        context.sleep(Duration::from_secs(1));
    }
}

fn main() {
    let names = [Current::SPEC.name(), Own::SPEC.name(), Imported::SPEC.name(), Beside::SPEC.name()];
    assert_eq!(names, ["current", "own", "imported", "beside"]);
}
