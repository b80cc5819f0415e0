//! A TCP server in the daemon's own loop: one thread, many clients, and no client delays another.
#[path = "echo/client.rs"]
mod client;
use std::error::Error;
use std::net::TcpListener;
use std::process::ExitCode;
use std::{env, fs};
use client::Client;
use daemon_rt::{Context, Interest, Wake, daemon};
use log::info;
struct Echo {
    listener: TcpListener,
    clients: Vec<Client>,
    limit: usize,
    bytes: usize,
}
impl Echo {
    fn new() -> Result<Self, Box<dyn Error>> {
        let address = env::var("ECHO_ADDRESS");
        let listener = TcpListener::bind(
            address.as_deref().unwrap_or("127.0.0.1:7007"),
        )?;
        listener.set_nonblocking(true)?;
        info!("listening on {}", listener.local_addr() ?);
        Ok(Self {
            listener,
            clients: vec![],
            limit: limit()?,
            bytes: 0,
        })
    }
    /// Accepts no client over the limit; new connections wait in the kernel's queue.
    fn run(&mut self, context: &mut Context) {
        let mut interests: Vec<_> = self.clients.iter().map(Client::interest).collect();
        if interests.len() < self.limit {
            interests.push(Interest::readable(&self.listener));
        }
        let Wake::Ready(index) = context.wait(&interests, None) else {
            return;
        };
        match self.clients.get_mut(index).map(Client::turn) {
            None => self.clients.extend(Client::accept(&self.listener)),
            Some(Ok(bytes)) => self.bytes += bytes,
            Some(Err(_)) => drop(self.clients.swap_remove(index)),
        }
    }
    /// Keeps the old limit if this fails; `reload` prints the error.
    fn on_reload(&mut self) -> Result<(), Box<dyn Error>> {
        self.limit = limit()?;
        Ok(())
    }
    fn dump(&mut self) {
        info!("{} bytes so far, at most {} clients", self.bytes, self.limit);
    }
}
/// Runs `Echo` as a daemon named `echo`; written by `#[daemon]`.
impl ::daemon_rt::Daemon for Echo {
    /// Declares the daemon and every default. A key without a method is off.
    const SPEC: ::daemon_rt::Spec = ::daemon_rt::Spec::new("echo")
        .signals(&[::daemon_rt::Signal::SIGUSR1])
        .working_dir("/")
        .umask(0o027)
        .env(::daemon_rt::spec::Env::Cleaned)
        .title("echo")
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
impl ::daemon_rt::Hooks for Echo {
    /// Builds the daemon in the detached process.
    fn create(
        _: &mut ::daemon_rt::Resources<'_>,
    ) -> ::core::result::Result<Self, ::daemon_rt::Failure> {
        ::daemon_rt::__private::created::<Self>(Self::new())
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
            Event::Reload(_) => Outcome::of(self.on_reload()),
            Event::Signal(Signal::SIGUSR1, _) => Outcome::of(self.dump()),
            _ => Outcome::Unhandled,
        }
    }
}
/// Reads the maximum number of clients from the file at `ECHO_LIMIT`; 100 by default.
fn limit() -> Result<usize, Box<dyn Error>> {
    let Some(file) = env::var_os("ECHO_LIMIT") else {
        return Ok(100);
    };
    Ok(fs::read_to_string(file)?.trim().parse()?)
}
fn main() -> ExitCode {
    daemon_rt::main::<Echo>()
}
