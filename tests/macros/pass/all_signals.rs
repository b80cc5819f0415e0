//! Every signal that a daemon may list.

use daemon_rt::{Daemon, Signal, daemon};

#[derive(Default)]
struct Server;

#[daemon(
    name = "server",
    signals = [
        SIGQUIT, SIGTRAP, SIGABRT, SIGUSR1, SIGUSR2, SIGPIPE, SIGALRM, SIGCONT, SIGTSTP, SIGTTIN,
        SIGTTOU, SIGURG, SIGXCPU, SIGXFSZ, SIGVTALRM, SIGPROF, SIGWINCH, SIGIO, SIGPWR, SIGSYS,
        SIGRTMIN + 29,
    ],
)]
impl Server {
    fn run(&mut self) {}
    fn on_signal(&mut self, _: Signal) {}
}

fn main() {
    // Those of the runtime and those that no process can handle are the rest of signal(7).
    let free = (1..=31).filter_map(Signal::from_number).count() - 4;
    let declared = format!("{:?}", Server::SPEC);
    assert_eq!(declared.matches("SIG").count(), free);
    assert!(declared.contains("Realtime"), "{declared}");
}
