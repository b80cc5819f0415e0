//! A name, texts and paths that are constants, and times in each form.
use std::process::ExitCode;
use daemon_rt::{Daemon, daemon};
const NAME: &str = "constants";
mod place {
    pub(crate) const LOG: &str = concat!("/var/log/", "constants.log");
}
#[derive(Default)]
struct Path;
impl Path {
    fn run(&mut self) {}
}
/// Runs `Path` as a daemon; written by `#[daemon]`.
impl ::daemon_rt::Daemon for Path {
    /// Declares the daemon and every default. A key without a method is off.
    const SPEC: ::daemon_rt::Spec = ::daemon_rt::Spec::new(NAME)
        .signals(&[])
        .working_dir("/")
        .umask(0o027)
        .env(::daemon_rt::spec::Env::Cleaned)
        .user(env!("CARGO_PKG_NAME"))
        .title(NAME)
        .log_file(place::LOG)
        .log_level(::daemon_rt::logger::Level::Debug)
        .log_format(::daemon_rt::logger::Format::Short)
        .interval(::core::time::Duration::from_secs(5400))
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
impl ::daemon_rt::Hooks for Path {
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
        _: &mut ::daemon_rt::Context,
    ) -> ::daemon_rt::Outcome {
        use ::daemon_rt::{Event, Outcome};
        match event {
            Event::Run => Outcome::of(self.run()),
            _ => Outcome::Unhandled,
        }
    }
}
const _: ::daemon_rt::Spec = ::daemon_rt::Spec::new(NAME);
const _: ::daemon_rt::Spec = ::daemon_rt::Spec::new("any").user(env!("CARGO_PKG_NAME"));
const _: ::daemon_rt::Spec = ::daemon_rt::Spec::new("any").title(NAME);
const _: ::daemon_rt::Spec = ::daemon_rt::Spec::new("any").log_file(place::LOG);
#[derive(Default)]
struct Call;
impl Call {
    const TITLE: &str = "constants: calls";
    fn flush(&mut self) {}
}
/// Runs `Call` as a daemon; written by `#[daemon]`.
impl ::daemon_rt::Daemon for Call {
    /// Declares the daemon and every default. A key without a method is off.
    const SPEC: ::daemon_rt::Spec = ::daemon_rt::Spec::new(concat!("con", "stants"))
        .signals(&[])
        .timers(
            &[
                ::daemon_rt::spec::Timer::new(
                    "flush",
                    ::core::time::Duration::from_millis(60500),
                ),
            ],
        )
        .pid_file(concat!("/run/", "c.pid"))
        .working_dir("/")
        .umask(0o027)
        .env(::daemon_rt::spec::Env::Cleaned)
        .title(Self::TITLE)
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
        ::daemon_rt::Step::Listen,
        ::daemon_rt::Step::WritePidFile,
        ::daemon_rt::Step::DropPrivileges,
        ::daemon_rt::Step::OpenLog,
        ::daemon_rt::Step::SetTitle,
        ::daemon_rt::Step::CatchSignals,
    ];
    type Life = ::daemon_rt::Turns;
}
impl ::daemon_rt::Hooks for Call {
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
        _: &mut ::daemon_rt::Context,
    ) -> ::daemon_rt::Outcome {
        use ::daemon_rt::{Event, Outcome};
        match event {
            Event::Timer("flush") => Outcome::of(self.flush()),
            _ => Outcome::Unhandled,
        }
    }
}
const _: ::daemon_rt::Spec = ::daemon_rt::Spec::new(concat!("con", "stants"));
const _: ::daemon_rt::Spec = ::daemon_rt::Spec::new("any")
    .pid_file(concat!("/run/", "c.pid"));
fn main() -> ExitCode {
    assert_eq!((Path::SPEC.name(), Call::SPEC.name()), (NAME, "constants"));
    ExitCode::SUCCESS
}
