//! Documentation, foreign attributes, other items and other methods stay as they are.
use daemon_rt::{Daemon, daemon};
#[derive(Default)]
struct Server;
/// The daemon.
#[allow(dead_code)]
///In two paragraphs.
impl Server {
    /// How much is enough.
    pub const LIMIT: usize = 3;
    /// One turn.
    #[inline]
    #[cfg_attr(debug_assertions, doc = "Slower here.")]
    pub(crate) fn run(&mut self) {}
    #[must_use]
    #[deprecated = "only to see the attribute kept"]
    fn answer<T: Default>(_by: u8) -> T {
        T::default()
    }
    const fn on_stop(&mut self) {}
    async fn later(self) {}
}
/// Runs `Server` as a daemon named `server`; written by `#[daemon]`.
impl ::daemon_rt::Daemon for Server {
    /// Declares the daemon and every default. A key without a method is off.
    const SPEC: ::daemon_rt::Spec = ::daemon_rt::Spec::new("server")
        .signals(&[])
        .about("The daemon. In two paragraphs.")
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
            Event::Stop => Outcome::of(self.on_stop()),
            _ => Outcome::Unhandled,
        }
    }
}
fn main() {
    #[expect(deprecated)]
    let answer: u8 = Server::answer(1);
    assert_eq!(answer, 0);
    assert_eq!(Server::LIMIT, 3);
    assert_eq!(Server::SPEC.name(), "server");
}
