//! A crate without a prelude.
#![no_implicit_prelude]
#[derive(::std::default::Default)]
struct Server;
impl Server {
    fn run(&mut self, _: &mut ::daemon_rt::Context) {}
    fn on_child(&mut self, _: ::daemon_rt::ChildExit) {}
    fn on_signal(&mut self, _: ::daemon_rt::Signal) {}
    fn dump(&mut self) -> ::std::result::Result<(), ::std::string::String> {
        ::std::result::Result::Ok(())
    }
    fn flush(&mut self) {}
}
/// Runs `Server` as a daemon named `server`; written by `#[daemon]`.
impl ::daemon_rt::Daemon for Server {
    /// Declares the daemon and every default. A key without a method is off.
    const SPEC: ::daemon_rt::Spec = ::daemon_rt::Spec::new("server")
        .signals(&[::daemon_rt::Signal::SIGUSR1, ::daemon_rt::Signal::Realtime(1)])
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
        .env(::daemon_rt::spec::Env::Only(&["PATH"]))
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
            Event::Run => Outcome::of(self.run(context)),
            Event::Signal(Signal::SIGUSR1, _) => Outcome::of(self.dump()),
            Event::Signal(Signal::Realtime(1), by) => {
                Outcome::of(self.on_signal(by.get()))
            }
            Event::Timer("flush") => Outcome::of(self.flush()),
            Event::Child(child) => Outcome::of(self.on_child(child)),
            _ => Outcome::Unhandled,
        }
    }
}
#[derive(::serde::Deserialize)]
struct Settings {}
struct Serving;
impl Serving {
    async fn new(_: Settings, _: &::daemon_rt::Handle) -> Self {
        Self
    }
    fn validate(_: &Settings) -> ::std::result::Result<(), ::std::string::String> {
        ::std::result::Result::Ok(())
    }
    async fn run(self: ::std::sync::Arc<Self>, _: ::daemon_rt::Handle) {}
    async fn on_reload(&self, _: Settings) {}
}
/// Runs `Serving` as a daemon named `serving`; written by `#[daemon]`.
impl ::daemon_rt::Daemon for Serving {
    /// Declares the daemon and every default. A key without a method is off.
    const SPEC: ::daemon_rt::Spec = ::daemon_rt::Spec::new("serving")
        .signals(&[])
        .config()
        .working_dir("/")
        .umask(0o027)
        .env(::daemon_rt::spec::Env::Cleaned)
        .title("serving")
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
    type Life = ::daemon_rt::Tasks;
    /// Reads the settings in a process that has become the declared user.
    fn check_settings(
        resources: &::daemon_rt::Resources<'_>,
    ) -> ::core::result::Result<(), ::daemon_rt::Failure> {
        let settings = resources.settings::<Settings>()?;
        ::daemon_rt::__private::checked(Self::validate(&settings))
    }
}
#[allow(clippy::future_not_send, reason = "all hooks stay on the thread of the loop")]
impl ::daemon_rt::AsyncHooks for Serving {
    /// Runs the daemon inside of its runtime.
    fn block_on<F: ::core::future::Future>(
        life: F,
        left: fn() -> ::core::time::Duration,
    ) -> ::std::io::Result<F::Output> {
        ::daemon_rt::__private::outside(
            ::tokio::runtime::Handle::try_current().is_ok(),
        )?;
        let runtime = ::tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?;
        let output = runtime.block_on(life);
        runtime.shutdown_timeout(left());
        ::core::result::Result::Ok(output)
    }
    /// Builds the daemon in the detached process.
    async fn create(
        resources: &mut ::daemon_rt::Resources<'_>,
    ) -> ::core::result::Result<Self, ::daemon_rt::Failure> {
        let settings = resources.settings::<Settings>()?;
        let handle = resources.handle()?;
        ::daemon_rt::__private::created::<Self>(Self::new(settings, &handle).await)
    }
    /// Calls the method for an event.
    async fn dispatch(
        self: &::std::sync::Arc<Self>,
        event: ::daemon_rt::Event<'_>,
        handle: &::daemon_rt::Handle,
    ) -> ::daemon_rt::Outcome {
        use ::core::clone::Clone;
        use ::daemon_rt::{Event, Outcome};
        match event {
            Event::Run => {
                Outcome::of(Self::run(Clone::clone(self), Clone::clone(handle)).await)
            }
            Event::Reload(resources) => {
                match resources.settings::<Settings>() {
                    ::core::result::Result::Ok(settings) => {
                        Outcome::of(Self::on_reload(self, settings).await)
                    }
                    ::core::result::Result::Err(failure) => Outcome::Failed(failure),
                }
            }
            _ => Outcome::Unhandled,
        }
    }
}
#[derive(::std::default::Default)]
struct Spawning;
impl Spawning {
    fn run(&mut self) {}
}
/// Runs `Spawning` as a daemon named `spawning`; written by `#[daemon]`.
impl ::daemon_rt::Daemon for Spawning {
    /// Declares the daemon and every default. A key without a method is off.
    const SPEC: ::daemon_rt::Spec = ::daemon_rt::Spec::new("spawning")
        .signals(&[])
        .working_dir("/")
        .umask(0o027)
        .env(::daemon_rt::spec::Env::Cleaned)
        .title("spawning")
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
impl ::daemon_rt::Hooks for Spawning {
    /// Runs the daemon beside its runtime.
    fn surround(
        serve: impl ::core::ops::FnOnce() -> u8,
        left: fn() -> ::core::time::Duration,
    ) -> ::std::io::Result<u8> {
        ::daemon_rt::__private::outside(
            ::tokio::runtime::Handle::try_current().is_ok(),
        )?;
        let runtime = ::tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?;
        let entered = runtime.enter();
        let output = serve();
        ::core::mem::drop(entered);
        runtime.shutdown_timeout(left());
        ::core::result::Result::Ok(output)
    }
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
fn main() {
    ::std::assert_eq!(< Server as ::daemon_rt::Daemon >::SPEC.name(), "server");
}
