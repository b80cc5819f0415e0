//! <https://crates.io/crates/daemonize2>
#![allow(clippy::unwrap_used, reason = "a bench ends at the first surprise")]

use bench_subjects::{by_hand, hook, log, pid_file, user};

fn main() {
    let mut daemonize = daemonize2::Daemonize::new()
        .pid_file(pid_file())
        .working_directory("/")
        .umask(0o027)
        .stderr(log());
    if let Some(user) = user() {
        daemonize = daemonize.user(user.as_str()).group("nogroup");
    }
    #[allow(unsafe_code, reason = "it forks")]
    // SAFETY: the program has one thread.
    unsafe { daemonize.start() }.unwrap();
    let signals = by_hand::catch();
    hook();
    by_hand::live(signals);
}
