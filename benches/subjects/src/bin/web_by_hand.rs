//! The example `web` by hand: tokio, clap, toml, a pid file and signals. It takes the same steps.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{self, ExitCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant, SystemTime};

use axum::{Router, extract::State, routing::get};
use clap::{Parser, Subcommand};
use log::{error, info, warn};
use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg, OFlag};
use nix::sys::signal::{Signal, kill};
use nix::sys::stat::{Mode, umask};
use nix::unistd::{ForkResult, Pid, chdir, dup2_stderr, dup2_stdin, dup2_stdout, pipe2, setsid};
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{oneshot, watch};
use tokio::time::{interval, sleep, timeout};

type Failure = Box<dyn std::error::Error>;

/// How long requests may go on after a stop.
const DRAIN: Duration = Duration::from_secs(10);

/// How long `stop` waits before it kills, and `reload` before it gives up.
const STOP_TIMEOUT: Duration = Duration::from_secs(20);

/// Greets by HTTP.
#[derive(Parser)]
struct Options {
    #[command(subcommand)]
    verb: Verb,
    /// The file of settings.
    #[arg(long, global = true)]
    config: Option<PathBuf>,
    #[arg(long, global = true)]
    pid_file: Option<PathBuf>,
    #[arg(long, global = true)]
    log_file: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Verb {
    /// Detaches, and returns when the daemon is ready.
    Start,
    /// Stays in the foreground.
    Run,
    /// Returns when the daemon is gone.
    Stop,
    Restart,
    /// Applies the file of settings, and waits for the result.
    Reload,
    Status,
    /// Reads the file of settings.
    Check,
}

/// The files of the daemon.
#[derive(Clone)]
struct Places {
    /// The file of settings, and whether the user named it.
    config: (PathBuf, bool),
    pid: PathBuf,
    lock: PathBuf,
    /// The daemon's answer to a reload.
    answer: PathBuf,
    log: PathBuf,
}

impl Places {
    fn of(options: &Options) -> io::Result<Self> {
        let is_root = nix::unistd::geteuid().is_root();
        let home = PathBuf::from(std::env::var_os("HOME").unwrap_or_default());
        let state = home.join(".local/state/web");
        let [config, pid, log] = if is_root {
            ["/etc/web.toml", "/run/web.pid", "/var/log/web.log"].map(PathBuf::from)
        } else {
            [
                home.join(".config/web.toml"),
                state.join("web.pid"),
                state.join("web.log"),
            ]
        };
        let named = |option: &Option<PathBuf>, variable| {
            let variable = || std::env::var_os(variable).map(PathBuf::from);
            option
                .clone()
                .or_else(variable)
                .map(std::path::absolute)
                .transpose()
        };
        let named_config = named(&options.config, "WEB_CONFIG")?;
        let pid = named(&options.pid_file, "WEB_PID_FILE")?.unwrap_or(pid);
        let log = named(&options.log_file, "WEB_LOG_FILE")?.unwrap_or(log);
        for file in [&pid, &log] {
            fs::create_dir_all(file.parent().unwrap_or(Path::new("/")))?;
        }
        Ok(Self {
            config: (
                named_config.clone().unwrap_or(config),
                named_config.is_some(),
            ),
            lock: pid.with_extension("lock"),
            answer: pid.with_extension("answer"),
            pid,
            log,
        })
    }

    /// The lock, unless a daemon holds it.
    fn lock(&self) -> Result<Option<Flock<File>>, Failure> {
        let mut options = OpenOptions::new();
        options
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600);
        match Flock::lock(options.open(&self.lock)?, FlockArg::LockExclusiveNonblock) {
            Ok(lock) => Ok(Some(lock)),
            Err((_, Errno::EWOULDBLOCK)) => Ok(None),
            Err((_, error)) => Err(error.into()),
        }
    }

    /// The pid of the daemon that holds the lock.
    fn running(&self) -> Result<Option<Pid>, Failure> {
        if self.lock()?.is_some() {
            return Ok(None);
        }
        let text = fs::read_to_string(&self.pid)?;
        Ok(Some(Pid::from_raw(text.trim().parse()?)))
    }
}

#[derive(Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    greeting: String,
}

impl Default for Settings {
    fn default() -> Self {
        let greeting = "hello".to_owned();
        Self { greeting }
    }
}

impl Settings {
    fn read(places: &Places) -> Result<Self, Failure> {
        let (path, is_named) = &places.config;
        let at = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        let text = match fs::read_to_string(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && !is_named => String::new(),
            read => read.map_err(|error| at(&error))?,
        };
        let mut settings: Self = toml::from_str(&text).map_err(|error| at(&error))?;
        if let Ok(greeting) = std::env::var("WEB__GREETING") {
            settings.greeting = greeting;
        }
        Ok(settings)
    }
}

/// The address of the listener.
fn address() -> Result<SocketAddr, Failure> {
    match std::env::var("WEB_LISTEN") {
        Err(_) => Ok(([127, 0, 0, 1], 8080).into()),
        Ok(text) => {
            let address = text.strip_prefix("http=").ok_or("WEB_LISTEN: no `http=`")?;
            Ok(address
                .parse()
                .map_err(|error| format!("WEB_LISTEN: {error}"))?)
        }
    }
}

fn main() -> ExitCode {
    let options = Options::parse();
    let done = Places::of(&options)
        .map_err(Failure::from)
        .and_then(|places| match options.verb {
            Verb::Start => start(&places),
            Verb::Run => run(&places),
            Verb::Stop => stop(&places),
            Verb::Restart => Settings::read(&places)
                .and_then(|_| stop(&places))
                .and_then(|_| start(&places)),
            Verb::Reload => reload(&places),
            Verb::Status => status(&places),
            Verb::Check => Settings::read(&places).map(|_| 0),
        });
    match done {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("web: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Answers on stdout. Returns the exit code.
fn say(text: &str, code: u8) -> Result<u8, Failure> {
    println!("web: {text}");
    Ok(code)
}

/// Returns in the caller when the daemon is ready, and in the daemon when it has been stopped.
fn start(places: &Places) -> Result<u8, Failure> {
    if let Some(pid) = places.running()? {
        return say(&format!("already running, pid {pid}"), 0);
    }
    let settings = Settings::read(places)?;
    let (read, write) = pipe2(OFlag::O_CLOEXEC)?;
    if let ForkResult::Parent { .. } = fork()? {
        drop(write);
        let mut verdict = String::new();
        File::from(read).read_to_string(&mut verdict)?;
        return match verdict.strip_prefix("ready ") {
            Some(pid) => say(&format!("started, pid {pid}"), 0),
            None if verdict.is_empty() => Err("it ended before it was ready".into()),
            None => Err(verdict.into()),
        };
    }
    drop(read);
    setsid()?;
    if let ForkResult::Parent { .. } = fork()? {
        process::exit(0);
    }
    let mut verdict = Some(File::from(write));
    let lived = detach(places).and_then(|()| live(places, settings, &mut verdict));
    if let Err(error) = &lived {
        error!("{error}");
        tell(&mut verdict, &error.to_string());
    }
    Ok(u8::from(lived.is_err()))
}

fn fork() -> nix::Result<ForkResult> {
    #[allow(unsafe_code, reason = "to detach")]
    // SAFETY: there is no other thread yet.
    unsafe {
        nix::unistd::fork()
    }
}

/// Tells the caller of a start, which waits until all ends of the pipe are closed.
fn tell(verdict: &mut Option<File>, text: &str) {
    if let Some(mut pipe) = verdict.take() {
        let _ = pipe.write_all(text.as_bytes());
    }
}

/// The daemon's own work before its life.
fn detach(places: &Places) -> Result<(), Failure> {
    umask(Mode::from_bits_truncate(0o027));
    chdir("/")?;
    let null = OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/null")?;
    dup2_stdin(null.as_fd())?;
    dup2_stdout(null.as_fd())?;
    let log = OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o640)
        .open(&places.log)?;
    dup2_stderr(log.as_fd())?;
    Ok(())
}

fn run(places: &Places) -> Result<u8, Failure> {
    let settings = Settings::read(places)?;
    live(places, settings, &mut None).map(|()| 0)
}

/// Holds the lock and the pid file while the server runs.
fn live(places: &Places, settings: Settings, verdict: &mut Option<File>) -> Result<(), Failure> {
    let Some(lock) = places.lock()? else {
        return Err("another one runs".into());
    };
    fs::write(&places.pid, format!("{}\n", process::id()))?;
    let format =
        |out: fern::FormatCallback<'_>, text: &std::fmt::Arguments<'_>, _: &log::Record<'_>| {
            let time = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
            out.finish(format_args!(
                "{} : {text}",
                time.unwrap_or_default().as_secs()
            ));
        };
    fern::Dispatch::new()
        .level(log::LevelFilter::Info)
        .format(format)
        .chain(io::stderr())
        .apply()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let served = runtime.block_on(serve(places, settings, verdict));
    runtime.shutdown_timeout(Duration::from_secs(5));
    fs::remove_file(&places.pid)?;
    drop(lock);
    served
}

struct Web {
    greeting: watch::Sender<String>,
    served: AtomicU64,
}

async fn serve(
    places: &Places,
    settings: Settings,
    verdict: &mut Option<File>,
) -> Result<(), Failure> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hangup = signal(SignalKind::hangup())?;
    let mut dump = signal(SignalKind::user_defined1())?;
    let http = TcpListener::bind(address()?).await?;
    let greeting = watch::Sender::new(settings.greeting);
    let web = Arc::new(Web {
        greeting,
        served: AtomicU64::new(0),
    });
    let routes = Router::new()
        .route("/", get(greet))
        .route("/slow", get(slow));
    let (stop, stopping) = oneshot::channel::<()>();
    let server = axum::serve(http, routes.with_state(Arc::clone(&web)));
    let server = server.with_graceful_shutdown(async { drop(stopping.await) });
    let mut server = tokio::spawn(server.into_future());
    notify("READY=1")?;
    tell(verdict, &format!("ready {}", process::id()));
    let mut seconds = interval(Duration::from_secs(1));
    loop {
        tokio::select! {
            ended = &mut server => return Ok(ended??),
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            _ = hangup.recv() => web.reload(places)?,
            _ = dump.recv() => info!("{} requests", web.served.load(Relaxed)),
            _ = seconds.tick() => notify(&format!("STATUS={} requests", web.served.load(Relaxed)))?,
        }
    }
    info!("stopping");
    notify("STOPPING=1")?;
    drop(stop);
    tokio::select! {
        ended = timeout(DRAIN, server) => match ended {
            Ok(ended) => ended??,
            Err(_) => warn!("some requests were not finished after {DRAIN:?}"),
        },
        _ = terminate.recv() => warn!("a second SIGTERM: requests are not finished"),
    }
    Ok(())
}

/// Tells systemd, as `sd_notify(3)` does.
fn notify(text: &str) -> io::Result<()> {
    let Some(path) = std::env::var_os("NOTIFY_SOCKET") else {
        return Ok(());
    };
    let socket = std::os::unix::net::UnixDatagram::unbound()?;
    socket.send_to(text.as_bytes(), path).map(drop)
}

impl Web {
    /// Applies the file of settings, or keeps the old greeting. Answers the verb through a file.
    fn reload(&self, places: &Places) -> io::Result<()> {
        let answer = match Settings::read(places) {
            Ok(settings) => {
                self.greeting.send_replace(settings.greeting);
                String::new()
            }
            Err(error) => format!("not reloaded, the daemon keeps its old settings: {error}"),
        };
        info!("reloading: {answer}");
        let new = places.answer.with_extension("new");
        fs::write(&new, answer)?;
        fs::rename(new, &places.answer)
    }
}

async fn greet(State(web): State<Arc<Web>>) -> String {
    web.served.fetch_add(1, Relaxed);
    format!("{} from {}", *web.greeting.borrow(), process::id())
}

async fn slow(web: State<Arc<Web>>) -> String {
    sleep(Duration::from_secs(2)).await;
    greet(web).await
}

/// Returns when the daemon's lock is free.
fn stop(places: &Places) -> Result<u8, Failure> {
    let Some(pid) = places.running()? else {
        return say("not running", 0);
    };
    kill(pid, Signal::SIGTERM)?;
    if wait_for(|| Ok(places.running()?.is_none().then_some(())))?.is_none() {
        kill(pid, Signal::SIGKILL)?;
        return say(&format!("killed after {STOP_TIMEOUT:?}"), 0);
    }
    say("stopped", 0)
}

fn wait_for<T>(look: impl Fn() -> Result<Option<T>, Failure>) -> Result<Option<T>, Failure> {
    let end = Instant::now() + STOP_TIMEOUT;
    loop {
        let found = look()?;
        if found.is_some() || Instant::now() > end {
            return Ok(found);
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn reload(places: &Places) -> Result<u8, Failure> {
    let Some(pid) = places.running()? else {
        return say("not running", 7);
    };
    let _ = fs::remove_file(&places.answer);
    kill(pid, Signal::SIGHUP)?;
    match wait_for(|| Ok(fs::read_to_string(&places.answer).ok()))?.as_deref() {
        Some("") => say("reloaded", 0),
        Some(error) => Err(error.to_owned().into()),
        None => Err(format!("no answer after {STOP_TIMEOUT:?}").into()),
    }
}

fn status(places: &Places) -> Result<u8, Failure> {
    match (places.running()?, places.pid.exists()) {
        (Some(pid), _) => say(&format!("running, pid {pid}"), 0),
        (None, true) => say("dead, its pid file is left", 1),
        (None, false) => say("stopped", 3),
    }
}
