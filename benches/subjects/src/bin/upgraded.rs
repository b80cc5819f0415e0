//! A server of this runtime, without tokio: one connection at a time.

use std::io;
use std::net::TcpListener;
use std::process::ExitCode;

use bench_subjects::upgraded::{answer, build, serve};
use daemon_rt::{Context, Interest, Wake, daemon};

struct Bench {
    http: TcpListener,
    answer: String,
}

#[daemon(name = "bench", listen = [http = "127.0.0.1:0"])]
impl Bench {
    fn new(http: TcpListener) -> io::Result<Self> {
        http.set_nonblocking(true)?;
        let build = build();
        if build.starts_with("fails") {
            return Err(io::Error::other("this build does not serve"));
        }
        let answer = answer(&build);
        Ok(Self { http, answer })
    }

    fn run(&mut self, context: &mut Context) {
        while let Wake::Ready(_) = context.wait(&[Interest::readable(&self.http)], None) {
            if let Ok((stream, _)) = self.http.accept() {
                let _ = serve(stream, &self.answer);
            }
        }
    }
}

fn main() -> ExitCode {
    daemon_rt::main::<Bench>()
}
