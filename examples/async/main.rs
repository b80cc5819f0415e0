//! A tokio server, whose runtime begins and ends with the daemon.

use std::io;
use std::process::ExitCode;
use std::time::Duration;

use daemon_rt::{Context, daemon};
use log::{info, warn};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::time::interval;

/// The threads of the runtime do the work, while the main thread waits for signals.
#[derive(Default)]
struct Async {
    runtime: Option<Runtime>,
}

#[daemon(name = "async")]
impl Async {
    /// Creates the runtime here and not in `main`, because threads do not survive a fork.
    fn on_start(&mut self) -> io::Result<()> {
        let runtime = Runtime::new()?;
        let address = std::env::var("ASYNC_ADDRESS");
        let address = address.as_deref().unwrap_or("127.0.0.1:7008");
        // Bound before the start returns, so that clients can connect from then on.
        let listener = runtime.block_on(TcpListener::bind(address))?;
        info!("listening on {}", listener.local_addr()?);
        runtime.spawn(serve(listener));
        self.runtime = Some(runtime);
        Ok(())
    }

    fn run(&mut self, context: &mut Context) {
        context.sleep(Duration::MAX);
    }

    /// Cancels each task at its next `await`; blocking ones get a second.
    fn on_stop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(Duration::from_secs(1));
        }
    }
}

async fn serve(listener: TcpListener) {
    loop {
        match listener.accept().await {
            Ok((client, _)) => drop(tokio::spawn(count(client))),
            Err(error) => {
                warn!("accept: {error}");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

/// Counts for one client until it disconnects.
async fn count(mut client: TcpStream) -> io::Result<()> {
    let mut ticks = interval(Duration::from_millis(200));
    for number in 1_u64.. {
        ticks.tick().await;
        client.write_all(format!("{number}\n").as_bytes()).await?;
    }
    Ok(())
}

fn main() -> ExitCode {
    daemon_rt::main::<Async>()
}
