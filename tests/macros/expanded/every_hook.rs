//! Every hook with the context and an error.
use std::fmt::Error;
use daemon_rt::{ChildExit, Context, Hooks, Resources, Signal, daemon};
#[derive(Default)]
struct Server;
impl Server {
    fn on_start(&mut self, _: &mut Context) -> Result<(), Error> {
        Ok(())
    }
    fn run(&mut self, _: &mut Context) -> Result<(), Error> {
        Ok(())
    }
    fn on_reload(&mut self, _: &mut Context) -> Result<(), Error> {
        Ok(())
    }
    fn on_stop(&mut self, _: &mut Context) -> Result<(), Error> {
        Ok(())
    }
    fn on_signal(&mut self, _: Signal, _: &mut Context) -> Result<(), Error> {
        Ok(())
    }
    fn on_child(&mut self, _: ChildExit, _: &mut Context) -> Result<(), Error> {
        Ok(())
    }
}
/// Runs `Server` as a daemon named `server`; written by `#[daemon]`.
impl ::daemon_rt::Daemon for Server {
    /// Declares the daemon and every default. A key without a method is off.
    const SPEC: ::daemon_rt::Spec = ::daemon_rt::Spec::new("server")
        .signals(&[::daemon_rt::Signal::SIGUSR1])
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
            Event::Start => Outcome::of(self.on_start(context)),
            Event::Run => Outcome::of(self.run(context)),
            Event::Reload(_) => Outcome::of(self.on_reload(context)),
            Event::Stop => Outcome::of(self.on_stop(context)),
            Event::Signal(Signal::SIGUSR1, by) => {
                Outcome::of(self.on_signal(by.get(), context))
            }
            Event::Child(child) => Outcome::of(self.on_child(child, context)),
            _ => Outcome::Unhandled,
        }
    }
}
fn main() {
    assert!(Server::create(& mut Resources::default()).is_ok());
}
