//! `tokio::signal` on the current thread.
#![allow(clippy::unwrap_used, reason = "a bench ends at the first surprise")]

use std::pin::pin;
use std::task::Poll;

use bench_subjects::{Handler, hook};
use nix::libc;
use tokio::signal::unix::{SignalKind, signal};

fn main() {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().unwrap().block_on(live());
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
