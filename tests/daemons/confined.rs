//! A daemon whose attribute says all that it may not do.

use std::process::ExitCode;

use tests::support::script;

#[allow(clippy::unused_self, reason = "hooks are methods")]
mod confined {
    use std::time::Duration;

    use daemon_rt::{Context, daemon};

    use super::script::perform;

    #[derive(Debug, Default)]
    pub struct Confined;

    #[daemon(
        name = "confined",
        working_dir = "/work",
        user = "nobody",
        no_new_privs = false,
        capabilities = ["CAP_NET_BIND_SERVICE", "kill"],
        rlimits = "nofile=100:200,nproc=300,stack=4M,cpu=unlimited",
        chroot = "/srv/jail",
        core = "off"
    )]
    impl Confined {
        fn on_start(&mut self, context: &mut Context) -> Result<(), String> {
            perform("on_start", Some(context))
        }

        fn run(&mut self, context: &mut Context) {
            context.sleep(Duration::from_secs(60));
        }
    }
}

fn main() -> ExitCode {
    daemon_rt::main::<confined::Confined>()
}
