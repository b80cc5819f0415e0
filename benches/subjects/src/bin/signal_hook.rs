//! The iterator of <https://crates.io/crates/signal-hook>.
#![allow(clippy::unwrap_used, reason = "a bench ends at the first surprise")]

use bench_subjects::{Handler, hook};
use signal_hook::consts::{SIGTERM, SIGUSR1, SIGUSR2};
use signal_hook::iterator::Signals;

fn main() {
    let realtime = nix::libc::SIGRTMIN();
    let mut signals = Signals::new([SIGTERM, SIGUSR1, SIGUSR2, realtime]).unwrap();
    hook();
    let mut handler = Handler::default();
    for signal in &mut signals {
        if signal == SIGTERM {
            return;
        }
        handler.handle(signal);
    }
}
