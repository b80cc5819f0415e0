//! `tokio::signal` on the current thread, or with the feature `threads` on threads.
#![allow(clippy::unwrap_used, reason = "a bench ends at the first surprise")]

use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use bench_subjects::{Handler, hook};
use nix::libc;
use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};

#[cfg(not(feature = "threads"))]
fn builder() -> Builder {
    Builder::new_current_thread()
}

#[cfg(feature = "threads")]
fn builder() -> Builder {
    Builder::new_multi_thread()
}

fn main() {
    let runtime = builder().enable_all().build().unwrap();
    runtime.block_on(async {
        if std::env::var_os("BENCH_STUCK").is_some() {
            tokio::task::spawn_blocking(|| std::thread::sleep(Duration::MAX));
        }
        live().await;
    });
    runtime.shutdown_timeout(bench_subjects::stop_timeout());
}

async fn live() {
    let numbers = [
        libc::SIGTERM,
        libc::SIGUSR1,
        libc::SIGUSR2,
        libc::SIGRTMIN(),
    ];
    let mut streams = numbers.map(|number| signal(SignalKind::from_raw(number)).unwrap());
    hook();
    let mut handler = Handler::default();
    loop {
        let next = std::future::poll_fn(|context| {
            let ready =
                |stream: &mut tokio::signal::unix::Signal| stream.poll_recv(context).is_ready();
            match streams.iter_mut().position(ready) {
                Some(index) => Poll::Ready(numbers[index]),
                None => Poll::Pending,
            }
        });
        match pin!(next).await {
            libc::SIGTERM => return,
            number => handler.handle(number),
        }
    }
}
