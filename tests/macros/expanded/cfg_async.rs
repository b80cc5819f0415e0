//! Async hooks, `new` and `validate` under `#[cfg]`: what refers to them goes with them.
use daemon_rt::{Daemon, daemon};
#[derive(serde::Deserialize)]
struct Settings {}
#[derive(Default)]
struct Server;
impl Server {
    #[cfg(windows)]
    async fn new(_: Settings, handle: daemon_rt::Handle) -> Self {
        missing(handle)
    }
    #[cfg(not(windows))]
    fn new(_: Settings) -> Self {
        Self
    }
    #[cfg(windows)]
    fn validate(_: &Settings) -> Result<(), String> {
        missing()
    }
    #[cfg(windows)]
    async fn run(&self, handle: daemon_rt::Handle) {
        missing(handle);
    }
    #[cfg(unix)]
    fn run(&self) {}
    #[cfg(windows)]
    async fn on_reload(&self, settings: Settings) {
        missing(settings);
    }
}
/// Runs `Server` as a daemon named `server`; written by `#[daemon]`.
impl ::daemon_rt::Daemon for Server {
    /// Declares the daemon and every default. A key without a method is off.
    const SPEC: ::daemon_rt::Spec = ::daemon_rt::Spec::new("server")
        .signals(&[])
        .config()
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
    type Life = ::daemon_rt::Tasks;
    /// Reads the settings in a process that has become the declared user.
    #[cfg(windows)]
    fn check_settings(
        resources: &::daemon_rt::Resources<'_>,
    ) -> ::core::result::Result<(), ::daemon_rt::Failure> {
        let settings = resources.settings::<Settings>()?;
        ::daemon_rt::__private::checked(Self::validate(&settings))
    }
    /// Reads the settings in a process that has become the declared user.
    #[cfg(not(windows))]
    fn check_settings(
        resources: &::daemon_rt::Resources<'_>,
    ) -> ::core::result::Result<(), ::daemon_rt::Failure> {
        resources.settings::<Settings>().map(|_| ())
    }
}
#[allow(clippy::future_not_send, reason = "all hooks stay on the thread of the loop")]
impl ::daemon_rt::AsyncHooks for Server {
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
    #[cfg(windows)]
    async fn create(
        resources: &mut ::daemon_rt::Resources<'_>,
    ) -> ::core::result::Result<Self, ::daemon_rt::Failure> {
        let settings = resources.settings::<Settings>()?;
        let handle = resources.handle()?;
        ::daemon_rt::__private::created::<Self>(Self::new(settings, handle).await)
    }
    /// Builds the daemon in the detached process.
    #[cfg(not(windows))]
    async fn create(
        resources: &mut ::daemon_rt::Resources<'_>,
    ) -> ::core::result::Result<Self, ::daemon_rt::Failure> {
        let settings = resources.settings::<Settings>()?;
        ::daemon_rt::__private::created::<Self>(Self::new(settings))
    }
    /// Builds the daemon in the detached process.
    #[cfg(not(any(windows, not(windows))))]
    async fn create(
        _: &mut ::daemon_rt::Resources<'_>,
    ) -> ::core::result::Result<Self, ::daemon_rt::Failure> {
        ::daemon_rt::__private::by_default()
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
            #[cfg(windows)]
            Event::Run => Outcome::of(Self::run(self, Clone::clone(handle)).await),
            #[cfg(unix)]
            Event::Run => Outcome::of(Self::run(self)),
            #[cfg(windows)]
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
fn main() {
    assert_eq!(Server::SPEC.name(), "server");
}
