//! A web server: a reload changes its greeting, and a stop lets its slow requests finish.
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use std::{io, net, process};
use axum::{Router, extract::State, routing::get};
use daemon_rt::{Handle, daemon};
use log::info;
use tokio::{net::TcpListener, sync::watch, time::sleep};
/// The keys of `web.toml`.
#[derive(serde::Deserialize)]
#[serde(default)]
struct Settings {
    greeting: String,
}
impl Default for Settings {
    fn default() -> Self {
        let greeting = "hello".to_owned();
        Self { greeting }
    }
}
struct Web {
    http: net::TcpListener,
    greeting: watch::Sender<String>,
    served: AtomicU64,
}
impl Web {
    fn new(settings: Settings, http: net::TcpListener) -> Self {
        Self {
            http,
            greeting: watch::Sender::new(settings.greeting),
            served: AtomicU64::new(0),
        }
    }
    async fn run(self: Arc<Self>, handle: Handle) -> io::Result<()> {
        let http = TcpListener::from_std(self.http.try_clone()?)?;
        let routes = Router::new().route("/", get(greet));
        let routes = routes.route("/slow", get(slow)).with_state(self);
        let server = axum::serve(http, routes);
        server.with_graceful_shutdown(handle.stopping()).await
    }
    fn on_reload(&self, settings: Settings) {
        self.greeting.send_replace(settings.greeting);
    }
    fn tell(&self, handle: Handle) {
        handle.status(&format!("{} requests", self.served.load(Relaxed)));
    }
    fn dump(&self) {
        info!("{} requests", self.served.load(Relaxed));
    }
}
/// Runs `Web` as a daemon named `web`; written by `#[daemon]`.
impl ::daemon_rt::Daemon for Web {
    /// Declares the daemon and every default. A key without a method is off.
    const SPEC: ::daemon_rt::Spec = ::daemon_rt::Spec::new("web")
        .signals(&[::daemon_rt::Signal::SIGUSR1])
        .timers(
            &[
                ::daemon_rt::spec::Timer::new(
                    "tell",
                    ::core::time::Duration::from_secs(1),
                ),
            ],
        )
        .config()
        .listen(
            &[::daemon_rt::spec::Listener::new("http", "127.0.0.1:8080").nonblocking()],
        )
        .working_dir("/")
        .umask(0o027)
        .env(::daemon_rt::spec::Env::Cleaned)
        .title("web")
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
        resources.settings::<Settings>().map(|_| ())
    }
}
#[allow(clippy::future_not_send, reason = "all hooks stay on the thread of the loop")]
impl ::daemon_rt::AsyncHooks for Web {
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
        let http = ::daemon_rt::__private::tcp::<net::TcpListener>(resources, "http")?;
        ::daemon_rt::__private::created::<Self>(Self::new(settings, http))
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
            Event::Run => {
                Outcome::of(Self::run(Clone::clone(self), Clone::clone(handle)).await)
            }
            Event::Reload(resources) => {
                match resources.settings::<Settings>() {
                    ::core::result::Result::Ok(settings) => {
                        Outcome::of(Self::on_reload(self, settings))
                    }
                    ::core::result::Result::Err(failure) => Outcome::Failed(failure),
                }
            }
            Event::Signal(Signal::SIGUSR1, _) => Outcome::of(Self::dump(self)),
            Event::Timer("tell") => Outcome::of(Self::tell(self, Clone::clone(handle))),
            _ => Outcome::Unhandled,
        }
    }
}
async fn greet(State(web): State<Arc<Web>>) -> String {
    web.served.fetch_add(1, Relaxed);
    format!("{} from {}", * web.greeting.borrow(), process::id())
}
async fn slow(web: State<Arc<Web>>) -> String {
    sleep(Duration::from_secs(2)).await;
    greet(web).await
}
fn main() -> process::ExitCode {
    daemon_rt::main::<Web>()
}
