//! The values of keys that have types of their own.

use std::time::Duration;

/// A method that runs periodically: `#[every("30s")]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timer {
    /// The method's name.
    pub name: &'static str,
    /// The time between two ticks, on the monotonic clock.
    pub period: Duration,
}

impl Timer {
    /// Declares the timer `name`, due every `period`.
    ///
    /// # Panics
    /// When the period is zero or longer than a year (366 days). In a `const` that is at compile
    /// time.
    #[must_use]
    pub const fn new(name: &'static str, period: Duration) -> Self {
        assert!(!period.is_zero(), "a timer needs a period longer than zero");
        let period = at_most_a_year(period);
        Self { name, period }
    }
}

/// A socket at which the daemon listens: `listen = [http = "127.0.0.1:80"]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Listener {
    /// The name: of the parameter of `new`, and of the socket for the service manager.
    pub name: &'static str,
    /// The address, such as `127.0.0.1:80`, `udp:[::]:53`, `unix:/run/web.sock?mode=0600` or
    /// `unix:@web`. A relative path is below the directory of the pid file.
    pub address: &'static str,
    /// Whether accepting and reading never block, `O_NONBLOCK`.
    pub is_nonblocking: bool,
    /// The address that an invocation sets.
    pub(crate) given: Option<&'static str>,
}

impl Listener {
    /// Declares the listener `name` at `address`. A start reports a wrong address.
    ///
    /// # Panics
    /// When the name is empty, has other characters than letters, digits and `_`, or begins with a
    /// digit. In a `const` that is at compile time.
    #[must_use]
    pub const fn new(name: &'static str, address: &'static str) -> Self {
        assert!(
            is_identifier(name),
            "a listener's name has letters, digits and `_`, and begins with no digit"
        );
        Self {
            name,
            address,
            is_nonblocking: false,
            given: None,
        }
    }

    /// Makes the socket nonblocking, as async runtimes need it.
    #[must_use]
    pub const fn nonblocking(mut self) -> Self {
        self.is_nonblocking = true;
        self
    }
}

const fn is_identifier(name: &str) -> bool {
    let bytes = name.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if !matches!(bytes[at], b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_') {
            return false;
        }
        at += 1;
    }
    !bytes.is_empty() && !bytes[0].is_ascii_digit()
}

/// Which variables of the caller's environment the daemon keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Env {
    /// Keeps all but those that change how programs run or belong to the caller's session.
    Cleaned,
    /// Keeps these variables and no others.
    Only(&'static [&'static str]),
}

/// Whether a crash writes a core file, `core(5)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Core {
    /// The limits of the caller decide. A daemon that becomes another user writes no core file.
    Inherited,
    /// Raises the soft limit to the hard one. A daemon that has become another user dumps core as
    /// well. Other processes of that user may then read its memory, `ptrace(2)`.
    On,
    /// Sets the limit to zero for the daemon and its children, and makes the daemon not dumpable,
    /// `prctl(2)`. The limit does not count where the kernel pipes dumps to a program. The files of
    /// the daemon in `/proc` then belong to root, as after a change of user.
    Off,
}

/// Which children the runtime reaps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Children {
    /// Reaps the children of [`Context::spawn`](crate::Context::spawn), each by its pid.
    Own,
    /// Reaps every child, also those that the program or its async runtime waits for. The first
    /// to wait has the status. So `std::process::Child` and `tokio::process` may get ECHILD,
    /// `waitpid(2)`, and `on_child` the status. A later `kill` of theirs may reach another process.
    Reap,
}

/// The answer to a panic of a method, in a daemon that is ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnPanic {
    /// Calls `on_stop` and exits with code 101.
    Exit,
    /// Calls `on_stop`, drops the value and ends its children. After a pause, `new` and `on_start`
    /// run again in the same process. The pause is a second, and doubles up to a minute with each
    /// panic within five minutes. An error of `new` or `on_start` ends the daemon.
    Restart,
}

/// The runtime adds times to each other and to the clock; `#[daemon]` has the same bound.
pub(super) const fn at_most_a_year(time: Duration) -> Duration {
    let year = 366 * 24 * 60 * 60;
    assert!(time.as_secs() <= year, "a time is at most a year, 366 days");
    time
}

/// For a time-out, zero would mean "never" to some and "now" to others.
pub(super) const fn above_zero(time: Duration) -> Duration {
    assert!(!time.is_zero(), "a time-out is longer than zero");
    at_most_a_year(time)
}

pub(super) const fn as_it_is<T: Copy>(value: T) -> T {
    value
}

/// A parameter, an option and the service manager find a listener by its name.
pub(super) const fn names_differ(listeners: &'static [Listener]) -> &'static [Listener] {
    let mut at = 0;
    while at < listeners.len() {
        let mut before = 0;
        while before < at {
            let same = equals(listeners[before].name, listeners[at].name);
            assert!(!same, "two listeners have one name");
            before += 1;
        }
        at += 1;
    }
    listeners
}

/// The daemon changes its working directory, so that a relative path would lead elsewhere.
pub(super) const fn absolute_directory(path: &'static str) -> &'static str {
    assert!(begins(path, b"/"), "the path is not absolute");
    path
}

#[allow(
    clippy::unnecessary_wraps,
    reason = "a row of the table names the function that makes its field"
)]
pub(super) const fn absolute(path: &'static str) -> Option<&'static str> {
    Some(absolute_directory(path))
}

pub(super) const fn absolute_or_syslog(path: &'static str) -> Option<&'static str> {
    if begins(path, b"syslog:") || begins(path, b"syslog-rfc5424:") {
        return Some(path);
    }
    let is_socket = begins(path, b"/dev/log") && path.len() == "/dev/log".len();
    assert!(
        !is_socket,
        "the path is the socket of syslogd; write `syslog:`"
    );
    absolute(path)
}

const fn equals(one: &str, other: &str) -> bool {
    one.len() == other.len() && begins(one, other.as_bytes())
}

const fn begins(text: &str, beginning: &[u8]) -> bool {
    let text = text.as_bytes();
    let mut at = 0;
    while at < beginning.len() {
        if at == text.len() || text[at] != beginning[at] {
            return false;
        }
        at += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    //! In a `const` the compiler says the same.

    use super::{Listener, Timer};
    use crate::spec::Spec;
    use std::time::Duration;

    const YEAR: Duration = Duration::from_secs(366 * 24 * 60 * 60);

    #[test]
    fn time_of_a_year_is_accepted() {
        let timer = Timer::new("flush", YEAR);
        let spec = Spec::new("server").interval(YEAR).hang_after(YEAR);
        assert_eq!([timer.period, spec.interval, spec.hang_after], [YEAR; 3]);
    }

    #[test]
    #[should_panic(expected = "a timer needs a period longer than zero")]
    fn timer_that_is_always_due_is_refused() {
        let _ = Timer::new("flush", Duration::ZERO);
    }

    #[test]
    #[should_panic(expected = "a time is at most a year")]
    fn timer_beyond_a_year_is_refused() {
        let _ = Timer::new("flush", Duration::MAX);
    }

    #[test]
    #[should_panic(expected = "a time is at most a year")]
    fn time_beyond_a_year_is_refused() {
        let _ = Spec::new("server").stop_timeout(Duration::MAX);
    }

    #[test]
    #[should_panic(expected = "a time-out is longer than zero")]
    fn timeout_of_zero_is_refused() {
        let _ = Spec::new("server").stop_timeout(Duration::ZERO);
    }

    #[test]
    #[should_panic(expected = "the path is not absolute")]
    fn relative_pid_file_is_refused() {
        let _ = Spec::new("server").pid_file("run/server.pid");
    }

    #[test]
    #[should_panic(expected = "the path is not absolute")]
    fn empty_log_file_is_refused() {
        let _ = Spec::new("server").log_file("");
    }

    #[test]
    fn log_file_may_be_syslog() {
        let spec = Spec::new("server").log_file("syslog:");
        assert_eq!(spec.log_file, Some("syslog:"));
    }

    #[test]
    #[should_panic(expected = "two listeners have one name")]
    fn second_listener_of_a_name_is_refused() {
        let one = Listener::new("http", "127.0.0.1:80");
        let _ = Spec::new("server").listen(Box::leak(Box::new([one, one])));
    }

    #[test]
    #[should_panic(expected = "a listener's name has letters")]
    fn listener_with_another_name_than_a_parameter_is_refused() {
        let _ = Listener::new("http-1", "127.0.0.1:80");
    }
}
