//! The Server of the tutorial from which this project grew.
use std::process::ExitCode;
mod server {
    use std::time::Duration;
    use daemon_rt::{Context, Signal, daemon};
    use log::debug;
    /// Says every five seconds that it runs.
    #[derive(Debug, Default)]
    pub struct Server;
    impl Server {
        fn on_start(&mut self) {
            debug!("Démarrage du processus avec le pid {}", std::process::id());
        }
        fn run(&mut self, context: &mut Context) {
            debug!("On tourne !");
            context.sleep(Duration::from_secs(5));
        }
        fn on_stop(&mut self) {
            debug!("Arrêt du processus avec le pid {}", std::process::id());
        }
        fn on_signal(&mut self, signal: Signal) {
            debug!("Signal non géré par la classe Daemon : {}", signal.number());
        }
    }
    /// Runs `Server` as a daemon named `server`; written by `#[daemon]`.
    impl ::daemon_rt::Daemon for Server {
        /// Declares the daemon and every default. A key without a method is off.
        const SPEC: ::daemon_rt::Spec = ::daemon_rt::Spec::new("server")
            .signals(&[::daemon_rt::Signal::SIGUSR1, ::daemon_rt::Signal::SIGUSR2])
            .working_dir("/")
            .umask(0o027)
            .env(::daemon_rt::spec::Env::Cleaned)
            .title("server")
            .log_level(::daemon_rt::logger::Level::Debug)
            .log_format(::daemon_rt::logger::Format::Short)
            .start_timeout(::core::time::Duration::from_secs(30))
            .stop_timeout(::core::time::Duration::from_secs(20))
            .hang_after(::core::time::Duration::from_secs(60))
            .children(::daemon_rt::spec::Children::Own);
        /// Lists the steps from the caller to the daemon. `Step` documents each of them.
        const STEPS: &'static [::daemon_rt::Step] = &[
            ::daemon_rt::Step::Check,
            ::daemon_rt::Step::Fork,
            ::daemon_rt::Step::Setsid,
            ::daemon_rt::Step::ForkAgain,
            ::daemon_rt::Step::CloseDescriptors,
            ::daemon_rt::Step::TakeLock,
            ::daemon_rt::Step::ResetSignals,
            ::daemon_rt::Step::SetUmask,
            ::daemon_rt::Step::ChangeDir,
            ::daemon_rt::Step::CleanEnvironment,
            ::daemon_rt::Step::Listen,
            ::daemon_rt::Step::WritePidFile,
            ::daemon_rt::Step::DropPrivileges,
            ::daemon_rt::Step::OpenLog,
            ::daemon_rt::Step::SetTitle,
            ::daemon_rt::Step::CatchSignals,
        ];
        type Life = ::daemon_rt::Turns;
    }
    impl ::daemon_rt::Hooks for Server {
        /// Builds the daemon in the detached process.
        fn create(
            _: &mut ::daemon_rt::Resources<'_>,
        ) -> ::core::result::Result<Self, ::daemon_rt::Failure> {
            ::daemon_rt::__private::by_default()
        }
        /// Calls the method for an event.
        fn dispatch(
            &mut self,
            event: ::daemon_rt::Event<'_>,
            context: &mut ::daemon_rt::Context,
        ) -> ::daemon_rt::Outcome {
            use ::daemon_rt::{Event, Outcome, Signal};
            match event {
                Event::Start => Outcome::of(self.on_start()),
                Event::Run => Outcome::of(self.run(context)),
                Event::Stop => Outcome::of(self.on_stop()),
                Event::Signal(Signal::SIGUSR1 | Signal::SIGUSR2, by) => {
                    Outcome::of(self.on_signal(by.get()))
                }
                _ => Outcome::Unhandled,
            }
        }
    }
}
fn main() -> ExitCode {
    daemon_rt::main::<server::Server>()
}
