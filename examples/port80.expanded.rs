//! A web server at port 80 that runs as `nobody` and keeps the one capability that it needs.
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::ExitCode;
use std::time::Duration;
use std::{env, fs};
use daemon_rt::{Context, Interest, Wake, daemon};
use log::info;
struct Port80 {
    listener: TcpListener,
}
impl Port80 {
    /// Runs after root's privileges were dropped.
    fn new() -> io::Result<Self> {
        let address = env::var("PORT80_ADDRESS");
        let listener = TcpListener::bind(address.as_deref().unwrap_or("127.0.0.1:80"))?;
        listener.set_nonblocking(true)?;
        for line in privileges()? {
            info!("{line}");
        }
        Ok(Self { listener })
    }
    fn run(&mut self, context: &mut Context) {
        let interests = [Interest::readable(&self.listener)];
        if let Wake::Ready(_) = context.wait(&interests, None)
            && let Ok((client, _)) = self.listener.accept()
            && let Err(error) = answer(client)
        {
            info!("lost a client: {error}");
        }
    }
}
/// Runs `Port80` as a daemon named `port80`; written by `#[daemon]`.
impl ::daemon_rt::Daemon for Port80 {
    /// Declares the daemon and every default. A key without a method is off.
    const SPEC: ::daemon_rt::Spec = ::daemon_rt::Spec::new("port80")
        .signals(&[])
        .working_dir("/")
        .umask(0o027)
        .env(::daemon_rt::spec::Env::Cleaned)
        .user("nobody")
        .capabilities(&["net_bind_service"])
        .rlimits("nofile=1024")
        .core(::daemon_rt::spec::Core::Off)
        .title("port80")
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
impl ::daemon_rt::Hooks for Port80 {
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
        use ::daemon_rt::{Event, Outcome};
        match event {
            Event::Run => Outcome::of(self.run(context)),
            _ => Outcome::Unhandled,
        }
    }
}
/// Returns what the kernel permits this process, proc_pid_status(5).
fn privileges() -> io::Result<Vec<String>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let wanted = ["Uid:", "CapEff:", "NoNewPrivs:"];
    let lines = status
        .lines()
        .filter(|line| wanted.iter().any(|name| line.starts_with(name)));
    Ok(lines.map(|line| line.replace('\t', " ")).collect())
}
/// Serves one client for at most a second; `echo` shows how to serve many at once.
fn answer(mut client: TcpStream) -> io::Result<()> {
    client.set_nonblocking(false)?;
    client.set_read_timeout(Some(Duration::from_secs(1)))?;
    client.set_write_timeout(Some(Duration::from_secs(1)))?;
    let _request = client.read(&mut [0; 4096])?;
    client
        .write_all(b"HTTP/1.0 200 OK\r\nContent-Length: 19\r\n\r\nhello from nobody.\n")
}
fn main() -> ExitCode {
    daemon_rt::main::<Port80>()
}
