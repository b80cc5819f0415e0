//! <https://crates.io/crates/fork>
#![allow(clippy::unwrap_used, reason = "a bench ends at the first surprise")]

use bench_subjects::{by_hand, hook, log, pid_file};
use fork::{Fork, daemon};

fn main() {
    if let Fork::Child = daemon(false, false).unwrap() {
        std::fs::write(pid_file(), format!("{}\n", std::process::id())).unwrap();
        let _log = log();
        let signals = by_hand::catch();
        hook();
        by_hand::live(signals);
    }
}
