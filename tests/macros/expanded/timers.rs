//! Timers alone, with and without the context.
use std::time::Duration;
use daemon_rt::spec::Timer;
use daemon_rt::{Context, Daemon, Spec, daemon};
#[derive(Default)]
struct Heartbeat;
impl Heartbeat {
    fn flush(&mut self) {}
    fn r#yield(&mut self, _: &mut Context) -> Result<(), String> {
        Ok(())
    }
}
/// Runs `Heartbeat` as a daemon named `heartbeat`; written by `#[daemon]`.
impl ::daemon_rt::Daemon for Heartbeat {
    /// Declares the daemon and every default. A key without a method is off.
    const SPEC: ::daemon_rt::Spec = ::daemon_rt::Spec::new("heartbeat")
        .signals(&[])
        .timers(
            &[
                ::daemon_rt::spec::Timer::new(
                    "flush",
                    ::core::time::Duration::from_secs(30),
                ),
                ::daemon_rt::spec::Timer::new(
                    "yield",
                    ::core::time::Duration::from_millis(250),
                ),
            ],
        )
        .working_dir("/")
        .umask(0o027)
        .env(::daemon_rt::spec::Env::Cleaned)
        .title("heartbeat")
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
impl ::daemon_rt::Hooks for Heartbeat {
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
        use ::daemon_rt::{Event, Outcome};
        match event {
            Event::Timer("flush") => Outcome::of(self.flush()),
            Event::Timer("yield") => Outcome::of(self.r#yield(context)),
            _ => Outcome::Unhandled,
        }
    }
}
fn main() {
    let expected: &[Timer] = const {
        &[
            Timer::new("flush", Duration::from_secs(30)),
            Timer::new("yield", Duration::from_millis(250)),
        ]
    };
    assert_eq!(Heartbeat::SPEC, Spec::new(Heartbeat::SPEC.name()).timers(expected));
}
