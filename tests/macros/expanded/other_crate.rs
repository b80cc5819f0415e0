//! The runtime under another name.
mod facade {
    pub extern crate daemon_rt as runtime;
}
use facade::runtime::{Daemon, Hooks, Resources};
#[derive(Default)]
struct Server;
impl Server {
    fn run(&mut self) {}
    fn on_signal(&mut self, _: facade::runtime::Signal) {}
}
/// Runs `Server` as a daemon named `server`; written by `#[daemon]`.
impl crate::facade::runtime::Daemon for Server {
    /// Declares the daemon and every default. A key without a method is off.
    const SPEC: crate::facade::runtime::Spec = crate::facade::runtime::Spec::new(
            "server",
        )
        .signals(&[crate::facade::runtime::Signal::SIGUSR1])
        .working_dir("/")
        .umask(0o027)
        .env(crate::facade::runtime::spec::Env::Cleaned)
        .title("server")
        .log_level(crate::facade::runtime::logger::Level::Debug)
        .log_format(crate::facade::runtime::logger::Format::Short)
        .start_timeout(::core::time::Duration::from_secs(30))
        .stop_timeout(::core::time::Duration::from_secs(20))
        .hang_after(::core::time::Duration::from_secs(60))
        .children(crate::facade::runtime::spec::Children::Own);
    /// Lists the steps from the caller to the daemon. `Step` documents each of them.
    const STEPS: &'static [crate::facade::runtime::Step] = &[
        crate::facade::runtime::Step::Check,
        crate::facade::runtime::Step::Fork,
        crate::facade::runtime::Step::Setsid,
        crate::facade::runtime::Step::ForkAgain,
        crate::facade::runtime::Step::CloseDescriptors,
        crate::facade::runtime::Step::TakeLock,
        crate::facade::runtime::Step::ResetSignals,
        crate::facade::runtime::Step::SetUmask,
        crate::facade::runtime::Step::ChangeDir,
        crate::facade::runtime::Step::CleanEnvironment,
        crate::facade::runtime::Step::Listen,
        crate::facade::runtime::Step::WritePidFile,
        crate::facade::runtime::Step::DropPrivileges,
        crate::facade::runtime::Step::OpenLog,
        crate::facade::runtime::Step::SetTitle,
        crate::facade::runtime::Step::CatchSignals,
    ];
    type Life = crate::facade::runtime::Turns;
}
impl crate::facade::runtime::Hooks for Server {
    /// Builds the daemon in the detached process.
    fn create(
        _: &mut crate::facade::runtime::Resources<'_>,
    ) -> ::core::result::Result<Self, crate::facade::runtime::Failure> {
        crate::facade::runtime::__private::by_default()
    }
    /// Calls the method for an event.
    fn dispatch(
        &mut self,
        event: crate::facade::runtime::Event<'_>,
        _: &mut crate::facade::runtime::Context,
    ) -> crate::facade::runtime::Outcome {
        use crate::facade::runtime::{Event, Outcome, Signal};
        match event {
            Event::Run => Outcome::of(self.run()),
            Event::Signal(Signal::SIGUSR1, by) => Outcome::of(self.on_signal(by.get())),
            _ => Outcome::Unhandled,
        }
    }
}
fn main() {
    assert_eq!(Server::SPEC.name(), "server");
    assert!(Server::create(& mut Resources::default()).is_ok());
}
