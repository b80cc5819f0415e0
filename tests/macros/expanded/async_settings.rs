//! Settings in a daemon of async hooks.
use std::io;
use std::sync::Mutex;
use daemon_rt::{Daemon, Handle, daemon};
use serde::Deserialize;
#[derive(Deserialize)]
struct Settings {
    greeting: String,
}
struct Server {
    settings: Mutex<Settings>,
}
impl Server {
    fn validate(settings: &Settings) -> Result<(), String> {
        match settings.greeting.is_empty() {
            true => Err("greeting is empty".into()),
            false => Ok(()),
        }
    }
    async fn new(settings: Settings, _: &Handle) -> io::Result<Self> {
        let settings = Mutex::new(settings);
        Ok(Self { settings })
    }
    async fn run(&self, handle: Handle) {
        handle.stopping().await;
    }
    async fn on_reload(&self, settings: Settings, _: Handle) -> Result<(), String> {
        *self.settings.lock().map_err(|error| error.to_string())? = settings;
        Ok(())
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
    fn check_settings(
        resources: &::daemon_rt::Resources<'_>,
    ) -> ::core::result::Result<(), ::daemon_rt::Failure> {
        let settings = resources.settings::<Settings>()?;
        ::daemon_rt::__private::checked(Self::validate(&settings))
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
            Event::Run => Outcome::of(Self::run(self, Clone::clone(handle)).await),
            Event::Reload(resources) => {
                match resources.settings::<Settings>() {
                    ::core::result::Result::Ok(settings) => {
                        Outcome::of(
                            Self::on_reload(self, settings, Clone::clone(handle)).await,
                        )
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
