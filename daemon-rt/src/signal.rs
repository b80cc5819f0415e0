//! Signals by the kernel's names, and their senders.

use std::fmt;
use std::str::FromStr;

use nix::libc;

/// Defines [`Signal`] and its table of names and numbers.
macro_rules! signals {
    ($($name:ident)*) => {
        /// A signal that a process can handle, by the kernel's name, `signal(7)`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Signal {
            $(
                #[doc = concat!("`", stringify!($name), "`, see `signal(7)`.")]
                $name,
            )*
            /// `SIGRTMIN + n`, with n from 0 to 29. SIGRTMIN is a run-time value, 34 or 35.
            Realtime(u8),
        }

        impl Signal {
            const STANDARD: &'static [(Self, &'static str, i32)] =
                &[$((Self::$name, stringify!($name), libc::$name)),*];

            /// Returns the number, or the n of a realtime signal.
            const fn standard_number(self) -> Result<i32, u8> {
                match self {
                    $(Self::$name => Ok(libc::$name),)*
                    Self::Realtime(n) => Err(n),
                }
            }
        }
    };
}

signals! {
    SIGHUP SIGINT SIGQUIT SIGTRAP SIGABRT SIGUSR1 SIGUSR2 SIGPIPE SIGALRM SIGTERM SIGCHLD SIGCONT
    SIGTSTP SIGTTIN SIGTTOU SIGURG SIGXCPU SIGXFSZ SIGVTALRM SIGPROF SIGWINCH SIGIO SIGPWR SIGSYS
}

/// The highest n of `SIGRTMIN + n`. musl reserves one realtime signal more than glibc.
const REALTIME_LAST: u8 = 29;

impl Signal {
    /// Returns the signal's number on this system.
    #[must_use]
    pub fn number(self) -> i32 {
        self.standard_number()
            .unwrap_or_else(|n| libc::SIGRTMIN() + i32::from(n))
    }

    /// Returns the signal of this number, or `None` if a process cannot handle it.
    #[must_use]
    pub fn from_number(number: i32) -> Option<Self> {
        let standard = Self::STANDARD.iter().find(|(_, _, n)| *n == number);
        standard.map(|(signal, _, _)| *signal).or_else(|| {
            let n = u8::try_from(number.checked_sub(libc::SIGRTMIN())?).ok()?;
            (n <= REALTIME_LAST).then_some(Self::Realtime(n))
        })
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Realtime(0) => f.write_str("SIGRTMIN"),
            Self::Realtime(n) => write!(f, "SIGRTMIN+{n}"),
            other => write!(f, "{other:?}"),
        }
    }
}

/// Reads `SIGUSR1`, `USR1`, `usr1`, `10`, `SIGRTMIN+3` and `RTMIN+3`, as `kill(1)` does.
impl FromStr for Signal {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let unknown = || {
            format!("`{text}` is not a signal that a process can handle; try SIGUSR1 or SIGRTMIN+3")
        };
        if let Ok(number) = text.parse() {
            return Self::from_number(number).ok_or_else(unknown);
        }
        let upper = text.to_ascii_uppercase();
        let bare = upper.strip_prefix("SIG").unwrap_or(&upper);
        if let Some(rest) = bare.strip_prefix("RTMIN") {
            let n = if rest.is_empty() {
                Some(0)
            } else {
                rest.strip_prefix('+').and_then(|n| n.parse().ok())
            };
            return n
                .filter(|n| *n <= REALTIME_LAST)
                .map(Self::Realtime)
                .ok_or_else(unknown);
        }
        let found = Self::STANDARD
            .iter()
            .find(|(_, name, _)| name.strip_prefix("SIG") == Some(bare));
        found.map(|(signal, _, _)| *signal).ok_or_else(unknown)
    }
}

/// The sender of a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sender {
    /// The sender's process id when it sent the signal.
    pub pid: u32,
    /// The sender's real user id.
    pub uid: u32,
}

/// A signal that arrived, with the data of its `siginfo_t`, `sigaction(2)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct SignalInfo {
    /// The signal.
    pub signal: Signal,
    /// The last sender; `None` for the kernel.
    pub sender: Option<Sender>,
    /// The value that `sigqueue(3)` passed, for realtime signals only.
    pub value: Option<i32>,
}

impl From<SignalInfo> for Signal {
    fn from(info: SignalInfo) -> Self {
        info.signal
    }
}

/// Prints `SIGTERM from pid 16139 (uid 0)`.
impl fmt::Display for SignalInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.signal)?;
        match self.sender {
            Some(sender) => write!(f, " from pid {} (uid {})", sender.pid, sender.uid),
            None => Ok(()),
        }
    }
}
