//! The hooks of the async daemons follow the lines of their script, `HOOK ACTION [ARGUMENT]`, as
//! those of the scripted daemon do. The script is read at each call.
#![allow(
    clippy::expect_used,
    clippy::missing_errors_doc,
    clippy::missing_panics_doc,
    clippy::panic,
    missing_docs,
    reason = "only tests use it"
)]

use std::future::{Future, pending, poll_fn};
use std::path::Path;
use std::pin::Pin;
use std::process::{Command, Stdio};
use std::task::{Poll, Waker};
use std::thread;
use std::time::Duration;

use daemon_rt::Handle;
use log::info;
use tests::support::script::actions;

/// A future that is done after a time, by the runtime of the daemon.
pub type Sleep = fn(Duration) -> Pin<Box<dyn Future<Output = ()>>>;

/// Runs `hook`: its actions of the script, one after the other.
pub async fn perform(hook: &str, handle: &Handle, sleep: Sleep) -> Result<(), String> {
    info!("{hook} begins");
    let ended = End(hook);
    let mut _bomb = None;
    for (action, argument) in actions(hook) {
        match action.as_str() {
            "nap" => sleep(milliseconds(&argument)).await,
            "forever" => pending().await,
            // Never waits for long, as for a socket that always has more.
            "busy" => {
                let free = tokio::sync::Semaphore::new(1);
                while free.acquire().await.is_ok() {}
            }
            "bomb" => _bomb = Some(Bomb),
            // Another thread goes on to wake this hook, whatever has become of it.
            "lend_waker" => poll_fn(|context| lend(context.waker().clone())).await,
            "until_stop" => handle.stopping().await,
            "until_reload" => {
                handle.reloaded().await;
                info!("saw a reload");
            }
            // The actions after it, for the call that makes the file.
            "once" if Path::new(&argument).exists() => break,
            "once" => drop(std::fs::File::create(&argument).expect("a file")),
            // Until the test makes the file.
            "await" => {
                while !Path::new(&argument).exists() {
                    sleep(Duration::from_millis(5)).await;
                }
            }
            _ => act(&action, &argument, handle)?,
        }
    }
    std::mem::forget(ended);
    info!("{hook} ends");
    Ok(())
}

fn lend(waker: Waker) -> Poll<()> {
    drop(thread::spawn(move || {
        loop {
            waker.wake_by_ref();
            thread::yield_now();
        }
    }));
    Poll::Ready(())
}

/// Logs that the future of a hook was dropped, or that it failed.
struct End<'a>(&'a str);

impl Drop for End<'_> {
    fn drop(&mut self) {
        info!("{} is dropped", self.0);
    }
}

/// A value that panics when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("the bomb went off");
    }
}

fn act(action: &str, argument: &str, handle: &Handle) -> Result<(), String> {
    match action {
        "fail" => return Err(argument.to_owned()),
        "panic" => panic!("{argument}"),
        "log" => info!("{argument}"),
        "block" => thread::sleep(milliseconds(argument)),
        "abort" => std::process::abort(),
        // As code does that closes what it has not opened.
        "close" => (3..1024).for_each(|number| {
            let _ = nix::unistd::close(number);
        }),
        "exit" => std::process::exit(argument.parse().expect("a code")),
        "stop" => handle.stop(),
        "stop_with" => handle.stop_with(argument.parse().expect("a code")),
        "status" => handle.status(argument),
        "stopping" => info!("stopping: {}", handle.is_stopping()),
        "guard" => {
            let (guard, time) = (handle.guard(), milliseconds(argument));
            beside(
                move |_| {
                    thread::sleep(time);
                    info!("the guard goes");
                    drop(guard);
                },
                handle,
            );
        }
        "spawn" => spawn(argument, handle),
        "status_beside" => {
            let text = argument.to_owned();
            beside(move |handle| handle.status(&text), handle);
        }
        "spawn_beside" => {
            let line = argument.to_owned();
            beside(move |handle| spawn(&line, &handle), handle);
        }
        "stop_beside" => beside(|handle| handle.stop(), handle),
        other => return Err(format!("the script says `{other}`, which is no action")),
    }
    Ok(())
}

/// Runs `work` on another thread.
fn beside(work: impl FnOnce(Handle) + Send + 'static, handle: &Handle) {
    let handle = handle.clone();
    drop(thread::spawn(move || work(handle)));
}

fn spawn(line: &str, handle: &Handle) {
    let mut command = Command::new("sh");
    // It may outlive the caller of the start, whose pipes it would keep.
    command
        .args(["-c", line])
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let pid = handle.spawn(&mut command);
    info!("spawned {}", pid.expect("a child"));
}

#[must_use]
pub fn milliseconds(text: &str) -> Duration {
    Duration::from_millis(text.parse().expect("a number"))
}
