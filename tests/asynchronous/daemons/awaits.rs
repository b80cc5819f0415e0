//! A daemon of async hooks on tokio's threads, written by hand.
#![allow(clippy::expect_used, clippy::panic, reason = "only tests use it")]

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use asynchronous::perform;
use daemon_rt::spec::Timer;
use daemon_rt::{
    AsyncHooks, Daemon, Event, Failure, Handle, Outcome, Resources, Signal, Spec, Tasks,
};
use log::info;
use tests::support::script::actions;

#[derive(Debug)]
struct Awaits;

impl Daemon for Awaits {
    const SPEC: Spec = Spec::new("awaits")
        .signals(&[Signal::SIGUSR1, Signal::SIGUSR2, Signal::Realtime(3)])
        .timers(&[Timer::new("tick", Duration::from_millis(100))]);
    type Life = Tasks;
}

impl AsyncHooks for Awaits {
    fn block_on<F: Future>(life: F, left: fn() -> Duration) -> io::Result<F::Output> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()?;
        let panics = std::env::var("AWAITS_PANICS").unwrap_or_default();
        assert!(panics != "before", "no luck");
        if std::env::var_os("AWAITS_FAILS").is_some() {
            return Err(io::Error::other("no luck"));
        }
        if let Ok(time) = std::env::var("AWAITS_LIFE_MS") {
            let time = asynchronous::milliseconds(&time);
            let life = async { tokio::time::timeout(time, life).await };
            let lived = runtime.block_on(life).map_err(io::Error::other);
            assert!(panics != "during", "no luck");
            return lived;
        }
        let output = runtime.block_on(life);
        runtime.shutdown_timeout(left());
        assert!(panics != "after", "no luck");
        Ok(output)
    }

    async fn create(resources: &mut Resources<'_>) -> Result<Self, Failure> {
        let handle = resources.handle()?;
        let done = perform("new", &handle, sleep).await;
        done.map(|()| Self).map_err(|error| Failure::new(&error))
    }

    async fn dispatch(self: &Arc<Self>, event: Event<'_>, handle: &Handle) -> Outcome {
        let hook = match event {
            Event::Start => {
                begin_tasks(handle);
                "on_start"
            }
            Event::Run => "run",
            Event::Reload(_) if !actions("on_reload").is_empty() => "on_reload",
            Event::Stop => "on_stop",
            Event::Signal(Signal::SIGUSR2, _) => return Outcome::Unhandled,
            Event::Signal(Signal::SIGUSR1, _) => "usr1",
            Event::Signal(_, info) => {
                info!("value {}", info.value.unwrap_or(-1));
                "realtime"
            }
            Event::Timer(_) if !actions("tick").is_empty() => "tick",
            Event::Child(exit) => {
                info!("child {} ended: {}", exit.pid, exit.status);
                "on_child"
            }
            _ => return Outcome::Unhandled,
        };
        Outcome::of(perform(hook, handle, sleep).await)
    }
}

/// Begins the tasks of the script, by the means of tokio.
fn begin_tasks(handle: &Handle) {
    for (task, argument) in actions("task") {
        let handle = handle.clone();
        match task.as_str() {
            // It outlives the runtime if that does not wait for it.
            "block" => drop(tokio::task::spawn_blocking(move || {
                std::thread::sleep(asynchronous::milliseconds(&argument));
            })),
            "exit" => drop(tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(50)).await;
                std::process::exit(argument.parse().expect("a code"))
            })),
            "panic" => drop(tokio::spawn(async move { panic!("{argument}") })),
            "signals" => drop(tokio::spawn(async {
                let kind = tokio::signal::unix::SignalKind::user_defined1();
                let mut signals = tokio::signal::unix::signal(kind).expect("signals of tokio");
                while signals.recv().await.is_some() {
                    info!("tokio saw SIGUSR1");
                }
            })),
            "command" => drop(tokio::spawn(async move {
                let status = tokio::process::Command::new("sh")
                    .args(["-c", &argument])
                    .status();
                info!("tokio's child: {}", status.await.expect("its end"));
            })),
            _ => drop(tokio::spawn(async move {
                handle.stopping().await;
                info!("the task saw the end");
            })),
        }
    }
}

fn sleep(time: Duration) -> Pin<Box<dyn Future<Output = ()>>> {
    Box::pin(tokio::time::sleep(time))
}

impl Drop for Awaits {
    fn drop(&mut self) {
        info!("the value is dropped");
    }
}

fn main() -> ExitCode {
    daemon_rt::main::<Awaits>()
}
