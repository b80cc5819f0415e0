//! <https://crates.io/crates/daemonize2>
#![allow(clippy::unwrap_used, reason = "a bench ends at the first surprise")]

use bench_subjects::{by_hand, file, hook, log};

fn main() {
    let daemonize = daemonize2::Daemonize::new()
        .pid_file(file("pid"))
        .working_directory("/")
        .umask(0o027)
        .stderr(log());
    #[allow(unsafe_code, reason = "it forks")]
    // SAFETY: the program has one thread.
    unsafe { daemonize.start() }.unwrap();
    let signals = by_hand::catch();
    hook();
    by_hand::live(signals);
}
