//! <https://crates.io/crates/daemonizr>
#![allow(clippy::unwrap_used, reason = "a bench ends at the first surprise")]

use std::path::PathBuf;

use bench_subjects::{by_hand, file, hook};
use daemonizr::{Daemonizr, Stderr};

fn main() {
    Daemonizr::new()
        .work_dir(PathBuf::from("/"))
        .unwrap()
        .umask(0o027)
        .unwrap()
        .pidfile(file("pid"))
        .stderr(Stderr::Redirect(file("log")))
        .spawn()
        .unwrap();
    let signals = by_hand::catch();
    hook();
    by_hand::live(signals);
}
