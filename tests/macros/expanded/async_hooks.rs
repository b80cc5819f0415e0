//! Every hook as `async`, with and without what it may take.
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use daemon_rt::{ChildExit, Daemon, Handle, Signal, SignalInfo, daemon};
#[derive(Default)]
struct Server {
    turns: AtomicU64,
}
impl Server {
    async fn new(handle: Handle) -> Result<Self, String> {
        handle.status("new");
        Ok(Self::default())
    }
    async fn on_start(self: Arc<Self>) {
        let server = Arc::clone(&self);
        tokio::spawn(async move { server.turns.fetch_add(1, Ordering::Relaxed) });
    }
    async fn run(&self, handle: Handle) -> Result<(), std::io::Error> {
        handle.stopping().await;
        Ok(())
    }
    async fn on_reload(&self, handle: &Handle) {
        handle.status("reloaded");
    }
    fn on_stop(&self) {}
    async fn on_signal(&self, _: Signal, _: Handle) {}
    async fn dump(self: Arc<Self>, _: SignalInfo, _: &Handle) {}
    fn print(&self, handle: Handle) {
        handle.stop();
    }
    async fn on_child(&self, _: ChildExit) -> Result<(), String> {
        Ok(())
    }
    async fn flush(&self) {}
    async fn clone(&self) {}
}
/// Runs `Server` as a daemon named `server`; written by `#[daemon]`.
impl ::daemon_rt::Daemon for Server {
    /// Declares the daemon and every default. A key without a method is off.
    const SPEC: ::daemon_rt::Spec = ::daemon_rt::Spec::new("server")
        .signals(
            &[
                ::daemon_rt::Signal::SIGUSR1,
                ::daemon_rt::Signal::SIGUSR2,
                ::daemon_rt::Signal::Realtime(1),
            ],
        )
        .timers(
            &[
                ::daemon_rt::spec::Timer::new(
                    "flush",
                    ::core::time::Duration::from_secs(30),
                ),
                ::daemon_rt::spec::Timer::new(
                    "clone",
                    ::core::time::Duration::from_secs(60),
                ),
            ],
        )
        .working_dir("/")
        .umask(0o027)
        .env(::daemon_rt::spec::Env::Cleaned)
        .title("server")
        .log_level(::daemon_rt::logger::Level::Debug)
        .log_format(::daemon_rt::logger::Format::Short)
        .start_timeout(::core::time::Duration::from_secs(30))
        .stop_timeout(::core::time::Duration::from_secs(20))
        .drain(::core::time::Duration::from_secs(5))
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
        let handle = resources.handle()?;
        ::daemon_rt::__private::created::<Self>(Self::new(handle).await)
    }
    /// Calls the method for an event.
    async fn dispatch(
        self: &::std::sync::Arc<Self>,
        event: ::daemon_rt::Event<'_>,
        handle: &::daemon_rt::Handle,
    ) -> ::daemon_rt::Outcome {
        use ::core::clone::Clone;
        use ::daemon_rt::{Event, Outcome, Signal};
        match event {
            Event::Start => Outcome::of(Self::on_start(Clone::clone(self)).await),
            Event::Run => Outcome::of(Self::run(self, Clone::clone(handle)).await),
            Event::Reload(_) => Outcome::of(Self::on_reload(self, handle).await),
            Event::Stop => Outcome::of(Self::on_stop(self)),
            Event::Signal(Signal::SIGUSR1, by) => {
                Outcome::of(Self::dump(Clone::clone(self), by.get(), handle).await)
            }
            Event::Signal(Signal::SIGUSR2, _) => {
                Outcome::of(Self::print(self, Clone::clone(handle)))
            }
            Event::Signal(Signal::Realtime(1), by) => {
                Outcome::of(Self::on_signal(self, by.get(), Clone::clone(handle)).await)
            }
            Event::Timer("flush") => Outcome::of(Self::flush(self).await),
            Event::Timer("clone") => Outcome::of(Self::clone(self).await),
            Event::Child(child) => Outcome::of(Self::on_child(self, child).await),
            _ => Outcome::Unhandled,
        }
    }
}
fn main() {
    assert_eq!(Server::SPEC.name(), "server");
}
