//! <https://crates.io/crates/daemonizr>
#![allow(clippy::unwrap_used, reason = "a bench ends at the first surprise")]

use std::path::PathBuf;

use bench_subjects::{by_hand, hook, log_file, pid_file, user};
use daemonizr::{Daemonizr, Group, Stderr, User};

fn main() {
    let mut daemonizr = Daemonizr::new()
        .work_dir(PathBuf::from("/"))
        .unwrap()
        .umask(0o027)
        .unwrap()
        .pidfile(pid_file())
        .stderr(Stderr::Redirect(log_file()));
    if let Some(user) = user() {
        daemonizr = daemonizr
            .as_user(User::by_name(&user).unwrap())
            .as_group(Group::by_name("nogroup").unwrap());
    }
    daemonizr.spawn().unwrap();
    let signals = by_hand::catch();
    hook();
    by_hand::live(signals);
}
