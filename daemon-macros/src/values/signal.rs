//! Signals by name: which exist, and which a daemon may handle.

use std::fmt;

use proc_macro2::{Ident, Span};
use syn::parse::{Parse, ParseStream};
use syn::{Error, LitInt, Result, Token};

use crate::suggest;

/// The highest n of `SIGRTMIN + n`: musl keeps one realtime signal more than glibc for itself.
const REALTIME_LAST: u8 = 29;

/// A signal that the daemon may handle, with the user's tokens.
#[derive(Clone)]
pub(crate) struct Signal {
    name: Ident,
    realtime: Option<Realtime>,
}

/// The n of `SIGRTMIN + n`.
#[derive(Clone)]
pub(crate) struct Realtime {
    pub(crate) n: u8,
    pub(crate) at: Span,
}

/// Whether a daemon may handle a signal.
enum Kind {
    Free,
    /// The runtime acts on it; what it does, and where the user's code goes.
    Runtime(&'static str),
    Uncatchable,
    /// The program itself is at fault when it arrives.
    Fault,
}

use Kind::{Fault, Free, Runtime, Uncatchable};

#[rustfmt::skip]
static SIGNALS: &[(&str, Kind)] = &[
    ("SIGHUP", Runtime("reloads the daemon; put what must happen then into `on_reload`")),
    ("SIGINT", Runtime("stops the daemon; put what must happen then into `on_stop`")),
    ("SIGTERM", Runtime("stops the daemon; put what must happen then into `on_stop`")),
    ("SIGCHLD", Runtime("tells that a child ended; put what must happen then into `on_child`")),
    ("SIGKILL", Uncatchable), ("SIGSTOP", Uncatchable),
    ("SIGSEGV", Fault), ("SIGBUS", Fault), ("SIGILL", Fault), ("SIGFPE", Fault),
    ("SIGQUIT", Free), ("SIGTRAP", Free), ("SIGABRT", Free), ("SIGUSR1", Free), ("SIGUSR2", Free),
    ("SIGPIPE", Free), ("SIGALRM", Free), ("SIGCONT", Free), ("SIGTSTP", Free), ("SIGTTIN", Free),
    ("SIGTTOU", Free), ("SIGURG", Free), ("SIGXCPU", Free), ("SIGXFSZ", Free), ("SIGVTALRM", Free),
    ("SIGPROF", Free), ("SIGWINCH", Free), ("SIGIO", Free), ("SIGPWR", Free), ("SIGSYS", Free),
];

impl Signal {
    /// The tokens as the user wrote them, for a message about the whole.
    pub(crate) fn name(&self) -> &Ident {
        &self.name
    }

    pub(crate) fn realtime(&self) -> Option<&Realtime> {
        self.realtime.as_ref()
    }

    /// Whether both are the same signal.
    pub(crate) fn is(&self, other: &Self) -> bool {
        let n = |signal: &Self| signal.realtime.as_ref().map(|realtime| realtime.n);
        self.name == other.name && n(self) == n(other)
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.realtime {
            Some(Realtime { n: 1.., .. }) => write!(f, "{} + {}", self.name, self.number()),
            _ => write!(f, "{}", self.name),
        }
    }
}

impl Signal {
    fn number(&self) -> u8 {
        self.realtime.as_ref().map_or(0, |realtime| realtime.n)
    }
}

impl Parse for Signal {
    fn parse(input: ParseStream) -> Result<Self> {
        if input.peek(LitInt) {
            return Err(input.error(realtime_range()));
        }
        let name: Ident = input
            .parse()
            .map_err(|error| Error::new(error.span(), "a signal is a name, such as `SIGUSR1`"))?;
        if name == "SIGRTMIN" {
            return Ok(Self {
                realtime: Some(offset(&name, input)?),
                name,
            });
        }
        if name == "SIGRTMAX" {
            return Err(Error::new_spanned(name, realtime_range()));
        }
        check(&name)?;
        if !input.is_empty() {
            return Err(input.error(format!("expected `,` after `{name}`")));
        }
        Ok(Self {
            name,
            realtime: None,
        })
    }
}

fn realtime_range() -> String {
    format!("realtime signals are `SIGRTMIN` to `SIGRTMIN + {REALTIME_LAST}`")
}

/// Reads `+ 3`, or nothing, behind `SIGRTMIN`.
fn offset(name: &Ident, input: ParseStream) -> Result<Realtime> {
    if input.is_empty() {
        let at = name.span();
        return Ok(Realtime { n: 0, at });
    }
    if !input.peek(Token![+]) {
        return Err(input.error(realtime_range()));
    }
    let plus: Token![+] = input.parse()?;
    if !input.peek(LitInt) {
        return Err(Error::new_spanned(plus, realtime_range()));
    }
    let number: LitInt = input.parse()?;
    if !input.is_empty() {
        return Err(input.error(realtime_range()));
    }
    match number.base10_parse::<u8>() {
        Ok(n) if n <= REALTIME_LAST => {
            let at = number.span();
            Ok(Realtime { n, at })
        }
        _ => Err(Error::new_spanned(number, realtime_range())),
    }
}

/// Refuses what is no signal, or none that a daemon can handle.
fn check(name: &Ident) -> Result<()> {
    let text = name.to_string();
    let message = match SIGNALS.iter().find(|(known, _)| *known == text) {
        Some((_, Free)) => return Ok(()),
        Some((_, Runtime(what))) => format!("`{text}` {what}"),
        Some((_, Uncatchable)) => {
            format!("`{text}` cannot be caught: the kernel never delivers it to the process")
        }
        Some((_, Fault)) => format!(
            "`{text}` reports a fault in the program itself and cannot be handled after the fact"
        ),
        None => unknown(&text),
    };
    Err(Error::new_spanned(name, message))
}

/// The name is compared without `SIG`, which people leave out, and which is no likeness.
fn unknown(text: &str) -> String {
    let upper = text.to_ascii_uppercase();
    let bare = |name: &'static str| name.strip_prefix("SIG").unwrap_or(name);
    let known = SIGNALS.iter().map(|(name, _)| *name).chain(["SIGRTMIN"]);
    match suggest::nearest(upper.strip_prefix("SIG").unwrap_or(&upper), known.map(bare)) {
        Some(near) => format!("unknown signal `{text}`; did you mean `SIG{near}`?"),
        None => format!("unknown signal `{text}`; the names are those of signal(7), as `SIGUSR1`"),
    }
}
