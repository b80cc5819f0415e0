//! Every key.
use std::time::Duration;
use daemon_rt::logger::Format;
use daemon_rt::spec::{Children, Core, Env, OnPanic};
use daemon_rt::{Daemon, daemon};
#[derive(Default)]
struct Server;
impl Server {
    fn run(&mut self) {}
}
/// Runs `Server` as a daemon named `server`; written by `#[daemon]`.
impl ::daemon_rt::Daemon for Server {
    /// Declares the daemon and every default. A key without a method is off.
    const SPEC: ::daemon_rt::Spec = ::daemon_rt::Spec::new("server")
        .signals(&[])
        .version(env!("CARGO_PKG_VERSION"))
        .pid_file("/run/other.pid")
        .working_dir("/srv")
        .umask(0o077)
        .env(::daemon_rt::spec::Env::Only(&["PATH", "LANG"]))
        .user("www-data")
        .group("adm")
        .no_new_privs(true)
        .capabilities(&["net_bind_service", "CAP_Kill"])
        .rlimits("nofile=65536,nproc=100:200,core=0")
        .chroot("/srv/jail")
        .core(::daemon_rt::spec::Core::Off)
        .title("server: main")
        .log_file("/var/log/other.log")
        .log_filter(
            ::daemon_rt::logger::Filter::all(::daemon_rt::logger::Level::Info)
                .with(&[("hyper", ::daemon_rt::logger::Level::Warn)]),
        )
        .log_format(::daemon_rt::logger::Format::Json)
        .log_buffer(::daemon_rt::logger::Buffer::bytes(64 << 10))
        .log_rotate(::daemon_rt::logger::Rotate::DAILY.or_at(10 << 20))
        .log_keep(::daemon_rt::logger::Keep::files(7).within(100 << 20))
        .log_limit(
            ::daemon_rt::logger::Limit::per(100, ::core::time::Duration::from_secs(1)),
        )
        .log_repeats(::daemon_rt::logger::Repeats::Fold)
        .interval(::core::time::Duration::from_millis(250))
        .start_timeout(::core::time::Duration::from_secs(120))
        .stop_timeout(::core::time::Duration::from_secs(3600))
        .hang_after(::core::time::Duration::ZERO)
        .children(::daemon_rt::spec::Children::Reap)
        .on_panic(::daemon_rt::spec::OnPanic::Restart);
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
    /// Builds the daemon in the detached process.
    fn create() -> ::core::result::Result<Self, ::daemon_rt::Failure> {
        ::daemon_rt::__private::by_default()
    }
    /// Calls the method for an event.
    fn dispatch(
        &mut self,
        event: ::daemon_rt::Event,
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
    let spec = Server::SPEC;
    assert_eq!(spec.version, Some(env!("CARGO_PKG_VERSION")));
    assert_eq!(spec.pid_file, Some("/run/other.pid"));
    assert_eq!(spec.working_dir, "/srv");
    assert_eq!(spec.umask, 0o077);
    assert_eq!(spec.env, Env::Only(& ["PATH", "LANG"]));
    assert_eq!((spec.user, spec.group), (Some("www-data"), Some("adm")));
    assert_eq!(spec.no_new_privs, Some(true));
    assert_eq!(spec.capabilities, Some(& ["net_bind_service", "CAP_Kill"] [..]));
    assert_eq!(spec.rlimits, "nofile=65536,nproc=100:200,core=0");
    assert_eq!((spec.chroot, spec.core), (Some("/srv/jail"), Core::Off));
    assert_eq!(spec.title, "server: main");
    assert_eq!(spec.log_file, Some("/var/log/other.log"));
    assert_eq!(spec.log_level, "info,hyper=warn");
    assert_eq!(spec.log_format, Format::Json);
    assert_eq!((spec.log_buffer, spec.log_rotate), ("64K", "daily,10M"));
    assert_eq!(spec.log_keep, "7,100M");
    assert_eq!((spec.log_limit, spec.log_repeats), ("100/1s", "fold"));
    assert_eq!(spec.interval, Duration::from_millis(250));
    assert_eq!(spec.start_timeout, Duration::from_secs(120));
    assert_eq!(spec.stop_timeout, Duration::from_secs(3600));
    assert_eq!(spec.hang_after, Duration::ZERO);
    assert_eq!(spec.children, Children::Reap);
    assert_eq!(spec.on_panic, OnPanic::Restart);
}
