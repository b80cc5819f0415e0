//! Listeners in a daemon of sync hooks, and in one of async hooks.
use std::net::{TcpListener, UdpSocket};
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixDatagram, UnixListener};
use daemon_rt::{Context, Daemon, Handle, daemon};
/// The name of a type may differ.
type Admin = UnixListener;
struct Server {
    http: TcpListener,
    others: (UdpSocket, UnixListener, UnixDatagram, OwnedFd, TcpListener),
}
impl Server {
    fn new(
        admin: Admin,
        mut http: TcpListener,
        events: UnixDatagram,
        context: &mut Context,
        _unused: std::net::TcpListener,
        settings: u64,
        dns: UdpSocket,
        r#type: OwnedFd,
    ) -> Result<Self, std::io::Error> {
        context.status(&format!("new {settings}"));
        http = http.try_clone()?;
        let others = (dns, admin, events, r#type, _unused);
        Ok(Self { http, others })
    }
    fn run(&mut self) {
        let _ = (&self.http, &self.others);
    }
}
/// Runs `Server` as a daemon named `server`; written by `#[daemon]`.
impl ::daemon_rt::Daemon for Server {
    /// Declares the daemon and every default. A key without a method is off.
    const SPEC: ::daemon_rt::Spec = ::daemon_rt::Spec::new("server")
        .signals(&[])
        .config()
        .listen(
            &[
                ::daemon_rt::spec::Listener::new("http", "[::]:8080?v6only"),
                ::daemon_rt::spec::Listener::new("dns", "udp:127.0.0.1:53"),
                ::daemon_rt::spec::Listener::new("admin", "unix:admin.sock?mode=0600"),
                ::daemon_rt::spec::Listener::new("events", "unixgram:/run/events.sock"),
                ::daemon_rt::spec::Listener::new("type", "unix:@type"),
                ::daemon_rt::spec::Listener::new("unused", "127.0.0.1:0"),
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
    /// Reads the settings in a process that has become the declared user.
    fn check_settings(
        resources: &::daemon_rt::Resources<'_>,
    ) -> ::core::result::Result<(), ::daemon_rt::Failure> {
        resources.settings::<u64>().map(|_| ())
    }
}
impl ::daemon_rt::Hooks for Server {
    /// Builds the daemon in the detached process.
    fn create(
        resources: &mut ::daemon_rt::Resources<'_>,
    ) -> ::core::result::Result<Self, ::daemon_rt::Failure> {
        let settings = resources.settings::<u64>()?;
        let admin = ::daemon_rt::__private::unix::<Admin>(resources, "admin")?;
        let http = ::daemon_rt::__private::tcp::<TcpListener>(resources, "http")?;
        let events = ::daemon_rt::__private::unixgram::<
            UnixDatagram,
        >(resources, "events")?;
        let unused = ::daemon_rt::__private::tcp::<
            std::net::TcpListener,
        >(resources, "unused")?;
        let dns = ::daemon_rt::__private::udp::<UdpSocket>(resources, "dns")?;
        let r#type = ::daemon_rt::__private::unix::<OwnedFd>(resources, "type")?;
        let context = resources.context()?;
        ::daemon_rt::__private::created::<
            Self,
        >(Self::new(admin, http, events, context, unused, settings, dns, r#type))
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
struct Tasks {
    http: TcpListener,
}
impl Tasks {
    async fn new(handle: Handle, http: TcpListener) -> Self {
        handle.status("new");
        Self { http }
    }
    async fn run(&self) {
        let _ = &self.http;
    }
}
/// Runs `Tasks` as a daemon named `tasks`; written by `#[daemon]`.
impl ::daemon_rt::Daemon for Tasks {
    /// Declares the daemon and every default. A key without a method is off.
    const SPEC: ::daemon_rt::Spec = ::daemon_rt::Spec::new("tasks")
        .signals(&[])
        .listen(&[::daemon_rt::spec::Listener::new("http", "127.0.0.1:0").nonblocking()])
        .working_dir("/")
        .umask(0o027)
        .env(::daemon_rt::spec::Env::Cleaned)
        .title("tasks")
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
}
#[allow(clippy::future_not_send, reason = "all hooks stay on the thread of the loop")]
impl ::daemon_rt::AsyncHooks for Tasks {
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
        let http = ::daemon_rt::__private::tcp::<TcpListener>(resources, "http")?;
        let handle = resources.handle()?;
        ::daemon_rt::__private::created::<Self>(Self::new(handle, http).await)
    }
    /// Calls the method for an event.
    async fn dispatch(
        self: &::std::sync::Arc<Self>,
        event: ::daemon_rt::Event<'_>,
        _: &::daemon_rt::Handle,
    ) -> ::daemon_rt::Outcome {
        use ::daemon_rt::{Event, Outcome};
        match event {
            Event::Run => Outcome::of(Self::run(self).await),
            _ => Outcome::Unhandled,
        }
    }
}
/// An empty list is a declaration of nothing.
#[derive(Default)]
struct Deaf;
impl Deaf {
    fn run(&mut self) {}
}
/// Runs `Deaf` as a daemon named `deaf`; written by `#[daemon]`.
impl ::daemon_rt::Daemon for Deaf {
    /// Declares the daemon and every default. A key without a method is off.
    const SPEC: ::daemon_rt::Spec = ::daemon_rt::Spec::new("deaf")
        .signals(&[])
        .listen(&[])
        .working_dir("/")
        .umask(0o027)
        .env(::daemon_rt::spec::Env::Cleaned)
        .title("deaf")
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
impl ::daemon_rt::Hooks for Deaf {
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
    let spec = format!("{:?}", Server::SPEC);
    assert!(
        spec.contains("name: \"type\", address: \"unix:@type\", is_nonblocking: false"),
        "{spec}"
    );
    let spec = format!("{:?}", Tasks::SPEC);
    assert!(
        spec.contains("name: \"http\", address: \"127.0.0.1:0\", is_nonblocking: true"),
        "{spec}"
    );
    assert_eq!(Deaf::SPEC.name(), "deaf");
}
