//! A name, texts and paths that are constants, and times in each form.

use std::process::ExitCode;

use daemon_rt::{Daemon, daemon};

const NAME: &str = "constants";

mod place {
    pub(crate) const LOG: &str = concat!("/var/log/", "constants.log");
}

#[derive(Default)]
struct Path;

#[daemon(name = NAME, log_file = place::LOG, user = env!("CARGO_PKG_NAME"), interval = "1h30m")]
impl Path {
    fn run(&mut self) {}
}

#[derive(Default)]
struct Call;

#[daemon(name = concat!("con", "stants"), pid_file = concat!("/run/", "c.pid"), title = Self::TITLE, interval = "5")]
impl Call {
    const TITLE: &str = "constants: calls";

    #[every("1m500ms")]
    fn flush(&mut self) {}
}

fn main() -> ExitCode {
    assert_eq!((Path::SPEC.name(), Call::SPEC.name()), (NAME, "constants"));
    ExitCode::SUCCESS
}
