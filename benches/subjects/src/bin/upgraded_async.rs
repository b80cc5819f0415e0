//! A server of this runtime on tokio.

use std::io;
use std::net;
use std::process::ExitCode;

use bench_subjects::upgraded::{answer, build, serve_on_tokio};
use daemon_rt::{Handle, daemon};
use tokio::net::TcpListener;

struct Bench {
    http: net::TcpListener,
    answer: &'static str,
}

#[daemon(name = "bench", listen = [http = "127.0.0.1:0"], runtime = tokio)]
impl Bench {
    fn new(http: net::TcpListener) -> Self {
        let answer = answer(&build()).leak();
        Self { http, answer }
    }

    async fn run(&self, handle: Handle) -> io::Result<()> {
        let http = TcpListener::from_std(self.http.try_clone()?)?;
        loop {
            tokio::select! {
                () = handle.stopping() => return Ok(()),
                accepted = http.accept() => {
                    let (stream, _) = accepted?;
                    let (guard, answer) = (handle.guard(), self.answer);
                    tokio::spawn(async move {
                        let _ = serve_on_tokio(stream, answer).await;
                        drop(guard);
                    });
                }
            }
        }
    }
}

fn main() -> ExitCode {
    daemon_rt::main::<Bench>()
}
