//! A server of ecdysis on tokio, as its example: SIGHUP upgrades, SIGTERM stops.

use std::io;
use std::net::SocketAddr;

use bench_subjects::upgraded::{answer, build, serve_on_tokio};
use bench_subjects::{file, pid_file};
use ecdysis::tokio_ecdysis::{SignalKind, StopOnShutdown, TokioEcdysisBuilder};
use tokio::task::JoinSet;
use tokio_stream::StreamExt;

#[tokio::main]
async fn main() -> io::Result<()> {
    let mut builder = TokioEcdysisBuilder::new(SignalKind::hangup())?;
    builder.stop_on_signal(SignalKind::terminate())?;
    builder.set_pid_file(pid_file());
    let address = std::fs::read_to_string(file("address"))?;
    let address: SocketAddr = address.parse().map_err(io::Error::other)?;
    let mut http = builder.build_listen_tcp(StopOnShutdown::Yes, address, |socket, address| {
        socket.set_reuse_address(true)?;
        socket.bind(&address.into())?;
        socket.listen(4096)?;
        Ok(socket.into())
    })?;
    let answer: &'static str = answer(&build()).leak();
    let server = tokio::spawn(async move {
        let mut work = JoinSet::new();
        while let Some(accepted) = http.next().await {
            if let Ok(stream) = accepted {
                work.spawn(serve_on_tokio(stream, answer));
            }
            while work.try_join_next().is_some() {}
        }
        // The connections that are left.
        while work.join_next().await.is_some() {}
    });
    let (_ecdysis, end) = builder.ready()?;
    let _ = end.await;
    server.await.map_err(io::Error::other)
}
