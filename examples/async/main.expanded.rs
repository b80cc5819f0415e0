//! A tokio server, whose runtime begins and ends with the daemon.
use std::io;
use std::process::ExitCode;
use std::time::Duration;
use daemon_rt::{Context, daemon};
use log::{info, warn};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::time::interval;
/// The threads of the runtime do the work, while the main thread waits for signals.
#[derive(Default)]
struct Async {
    runtime: Option<Runtime>,
}
impl Async {
    /// Creates the runtime here and not in `main`, because threads do not survive a fork.
    fn on_start(&mut self) -> io::Result<()> {
        let runtime = Runtime::new()?;
        let address = std::env::var("ASYNC_ADDRESS");
        let address = address.as_deref().unwrap_or("127.0.0.1:7008");
        let listener = runtime.block_on(TcpListener::bind(address))?;
        info!("listening on {}", listener.local_addr() ?);
        runtime.spawn(serve(listener));
        self.runtime = Some(runtime);
        Ok(())
    }
    fn run(&mut self, context: &mut Context) {
        context.sleep(Duration::MAX);
    }
    /// Cancels each task at its next `await`; blocking ones get a second.
    fn on_stop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(Duration::from_secs(1));
        }
    }
}
/// Runs `Async` as a daemon named `async`; written by `#[daemon]`.
impl ::daemon_rt::Daemon for Async {
    /// Declares the daemon and every default. A key without a method is off.
    const SPEC: ::daemon_rt::Spec = ::daemon_rt::Spec::new("async")
        .signals(&[])
        .working_dir("/")
        .umask(0o027)
        .env(::daemon_rt::spec::Env::Cleaned)
        .title("async")
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
        ::daemon_rt::Step::WritePidFile,
        ::daemon_rt::Step::DropPrivileges,
        ::daemon_rt::Step::OpenLog,
        ::daemon_rt::Step::SetTitle,
        ::daemon_rt::Step::CatchSignals,
    ];
    type Life = ::daemon_rt::Turns;
}
impl ::daemon_rt::Hooks for Async {
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
            Event::Start => Outcome::of(self.on_start()),
            Event::Run => Outcome::of(self.run(context)),
            Event::Stop => Outcome::of(self.on_stop()),
            _ => Outcome::Unhandled,
        }
    }
}
async fn serve(listener: TcpListener) {
    loop {
        match listener.accept().await {
            Ok((client, _)) => drop(tokio::spawn(count(client))),
            Err(error) => {
                warn!("accept: {error}");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
}
/// Counts for one client until it disconnects.
async fn count(mut client: TcpStream) -> io::Result<()> {
    let mut ticks = interval(Duration::from_millis(200));
    for number in 1_u64.. {
        ticks.tick().await;
        client.write_all(format!("{number}\n").as_bytes()).await?;
    }
    Ok(())
}
fn main() -> ExitCode {
    daemon_rt::main::<Async>()
}
