//! A daemon with a version and a description.

use std::process::ExitCode;

mod versioned {
    use daemon_rt::daemon;

    #[derive(Debug, Default)]
    pub struct Versioned;

    /// Waits, and knows its version.
    #[daemon(name = "versioned", version = "1.2.3")]
    impl Versioned {
        #[every("1h")]
        fn wait(&mut self) {}
    }
}

fn main() -> ExitCode {
    daemon_rt::main::<versioned::Versioned>()
}
