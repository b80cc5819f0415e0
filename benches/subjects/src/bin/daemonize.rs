//! <https://crates.io/crates/daemonize>
#![allow(clippy::unwrap_used, reason = "a bench ends at the first surprise")]

use bench_subjects::{by_hand, file, hook, log};

fn main() {
    let daemonize = daemonize::Daemonize::new()
        .pid_file(file("pid"))
        .working_directory("/")
        .umask(0o027)
        .stderr(log());
    daemonize.start().unwrap();
    let signals = by_hand::catch();
    hook();
    by_hand::live(signals);
}
