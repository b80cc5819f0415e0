//! The user's own names are the ones that the expansion must not pick up.
#![allow(dead_code)]
mod core {}
mod std {}
mod daemon_rt {}
mod spec {}
struct Box;
struct Child;
struct Context;
struct Daemon;
struct Duration;
struct Env;
struct Err;
struct Event;
struct Failure;
struct None;
struct Ok;
struct Option;
struct Outcome;
struct Result;
struct Signal;
struct Some;
struct Spec;
struct Start;
struct Step;
struct Timer;
trait Busy {
    fn run(&mut self) {
        ::std::panic!("the method of a trait");
    }
    fn dispatch(&mut self) {}
    fn create() {}
    fn detach() {}
}
impl Busy for Server {}
#[derive(Default)]
struct Server;
impl Server {
    fn on_start(&mut self) {}
    fn run(&mut self, _: &mut ::daemon_rt::Context) {}
    fn on_child(&mut self, _: ::daemon_rt::ChildExit) {}
    fn on_signal(&mut self, _: ::daemon_rt::SignalInfo) {}
    fn flush(&mut self) {}
    fn create(&self) {}
    fn detach(&self) {}
    fn dispatch(&self) {}
    fn get(&self) {}
    fn created(&self) {}
}
/// Runs `Server` as a daemon named `server`; written by `#[daemon]`.
impl ::daemon_rt::Daemon for Server {
    /// Declares the daemon and every default. A key without a method is off.
    const SPEC: ::daemon_rt::Spec = ::daemon_rt::Spec::new("server")
        .signals(&[::daemon_rt::Signal::SIGUSR1])
        .timers(
            &[
                ::daemon_rt::spec::Timer::new(
                    "flush",
                    ::core::time::Duration::from_secs(1),
                ),
            ],
        )
        .working_dir("/")
        .umask(0o027)
        .env(::daemon_rt::spec::Env::Cleaned)
        .user("nobody")
        .title("server")
        .log_level(::daemon_rt::logger::Level::Debug)
        .log_format(::daemon_rt::logger::Format::Short)
        .interval(::core::time::Duration::from_secs(5))
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
            Event::Signal(Signal::SIGUSR1, by) => Outcome::of(self.on_signal(by.get())),
            Event::Timer("flush") => Outcome::of(self.flush()),
            Event::Child(child) => Outcome::of(self.on_child(child)),
            _ => Outcome::Unhandled,
        }
    }
}
fn main() {
    let declared = ::std::format!("{:?}", < Server as ::daemon_rt::Daemon >::SPEC);
    ::std::assert!(declared.contains("user: Some(\"nobody\")"), "{declared}");
}
