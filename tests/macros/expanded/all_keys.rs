//! Every key.
use std::time::Duration;
use daemon_rt::logger::{Buffer, Filter, Format, Keep, Level, Limit, Repeats, Rotate};
use daemon_rt::spec::{Children, Core, Env, OnPanic};
use daemon_rt::{Daemon, Spec, daemon};
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
    let wanted = Spec::new("server")
        .version(env!("CARGO_PKG_VERSION"))
        .pid_file("/run/other.pid")
        .working_dir("/srv")
        .umask(0o077)
        .env(Env::Only(&["PATH", "LANG"]))
        .user("www-data")
        .group("adm")
        .no_new_privs(true)
        .capabilities(&["net_bind_service", "CAP_Kill"])
        .rlimits("nofile=65536,nproc=100:200,core=0")
        .chroot("/srv/jail")
        .core(Core::Off)
        .title("server: main")
        .log_file("/var/log/other.log")
        .log_filter(Filter::all(Level::Info).with(&[("hyper", Level::Warn)]))
        .log_format(Format::Json)
        .log_buffer(Buffer::kib(64))
        .log_rotate(Rotate::DAILY.or_at(10 << 20))
        .log_keep(Keep::files(7).within(100 << 20))
        .log_limit(Limit::per(100, Duration::from_secs(1)))
        .log_repeats(Repeats::Fold)
        .interval(Duration::from_millis(250))
        .start_timeout(Duration::from_secs(120))
        .stop_timeout(Duration::from_secs(3600))
        .hang_after(Duration::ZERO)
        .children(Children::Reap)
        .on_panic(OnPanic::Restart);
    assert_eq!(Server::SPEC, wanted);
}
