//! Panics: reported to the caller that waits for the daemon, or to the log.

use std::any::Any;
use std::backtrace::Backtrace;
use std::cell::RefCell;
use std::panic::{self, PanicHookInfo};
use std::sync::Mutex;
use std::thread;

use crate::context::wait::{self, HookKind};
use crate::detach::ready::{Message, Reporter};
use crate::logger::fatal;
use crate::os::console::TARGET;
use crate::os::fork::{self, Origin};
use crate::os::sys::rollback;

/// The exit code after a panic, as of every Rust program.
pub(crate) const PANICKED: u8 = 101;

/// The way to the caller, until the daemon is ready.
static REPORTER: Mutex<Option<Reporter>> = Mutex::new(None);

thread_local! {
    /// The last panic of the loop's thread. It ends the daemon only if the runtime catches it,
    /// since the user's code may catch it before.
    static LAST: RefCell<Option<Panic>> = const { RefCell::new(None) };
}

/// A panic, as the panic hook recorded it.
struct Panic {
    what: String,
    place: String,
    backtrace: Backtrace,
}

impl Panic {
    fn text(&self) -> String {
        format!("panicked: {}, at {}", self.what, self.place)
    }

    /// Returns the text with the place first, since the end of a long text is cut off.
    fn short(&self) -> String {
        format!("panicked at {}: {}", self.place, self.what)
    }

    /// Reports to the caller that waits for the daemon, or to the log.
    fn report(&self, hook: &str) {
        rollback::explain(format!("`{hook}` {}", self.short()));
        if fork::is_copy() {
            log::error!(target: TARGET, "{Origin}`{hook}` {}", self.text());
            self.log_backtrace();
        } else if !report(&format!("`{hook}` {}", self.text())) {
            fatal!(target: TARGET, "`{hook}` {}", self.text());
            self.log_backtrace();
        }
    }

    fn log_backtrace(&self) {
        for line in self.backtrace.to_string().lines() {
            log::error!(target: TARGET, "{}", line.trim());
        }
    }
}

/// Messages of the standard library before it aborts although panics unwind. A destructor panicked
/// during another panic, or a function that C calls panicked.
const LAST_WORDS: [&str; 2] = [
    "panic in a destructor during cleanup",
    "panic in a function that cannot unwind",
];

/// Installs the panic hook, in the daemon. It calls the previous hook afterwards.
pub(crate) fn install(reporter: Option<Reporter>) {
    if let Ok(mut slot) = REPORTER.lock() {
        *slot = reporter;
    }
    let previous = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        see(info);
        previous(info);
    }));
}

fn see(info: &PanicHookInfo<'_>) {
    let panic = Panic {
        what: text_of(info.payload()).to_owned(),
        // The standard library always knows it.
        place: info.location().map(ToString::to_string).unwrap_or_default(),
        backtrace: Backtrace::force_capture(),
    };
    // A task of the program's may run on the loop's thread.
    let is_hook = wait::get().is_some_and(|now| now.hooks != HookKind::Future);
    if !is_hook {
        let name = thread::current().name().unwrap_or("unnamed").to_owned();
        log::error!(target: TARGET, "{Origin}thread `{name}` {}", panic.text());
        return;
    }
    // The process is about to abort, so this is the last chance to report.
    if cfg!(panic = "abort") {
        panic.report("the daemon");
    } else if LAST_WORDS.contains(&&*panic.what) {
        if let Some(reason) = LAST.take() {
            reason.report("the daemon");
        }
        panic.report("the daemon");
    } else {
        LAST.set(Some(panic));
    }
}

/// Reports the panic that ended the user's code in `hook` to the caller that waits for the daemon,
/// or to the log. Returns a short text.
pub(crate) fn caught(hook: &str) -> String {
    let Some(panic) = LAST.take() else {
        // `resume_unwind` calls no hook.
        return format!("`{hook}` panicked");
    };
    panic.report(hook);
    format!("`{hook}` {}", panic.short())
}

/// Returns the message of a panic.
fn text_of(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
    text.unwrap_or("a payload that is not text")
}

/// Reports to the caller why the start failed. Returns false if no caller waits any more.
pub(crate) fn report(reason: &str) -> bool {
    report_as(1, reason)
}

/// Reports a failed start with the exit code of the verb, as [`report`].
pub(crate) fn report_as(code: u8, reason: &str) -> bool {
    let failed = || Message::Failed {
        code,
        reason: reason.to_owned(),
    };
    take_reporter().is_some_and(|mut reporter| reporter.send(&failed()))
}

/// Reports to the caller that the daemon is ready.
pub(crate) fn ready() {
    if let Some(mut reporter) = take_reporter() {
        // A daemon that is ready goes on without its caller.
        let _ = reporter.send(&Message::Ready);
    }
}

fn take_reporter() -> Option<Reporter> {
    REPORTER.lock().ok()?.take()
}
