//! The table of signals, and the parser of their names.

use std::fmt;

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use syn::parse::{Parse, ParseStream};
use syn::{Error, LitInt, Result, Token};

use crate::suggest;

/// The highest n of `SIGRTMIN + n`. musl reserves one realtime signal more than glibc.
const REALTIME_LAST: u8 = 29;

/// A signal that a daemon may handle, with the user's tokens.
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

/// The reason why a daemon may or may not handle a signal.
enum Kind {
    Free,
    /// The runtime handles the signal. The texts are what it does, and the hook for it.
    Runtime(&'static str, &'static str),
    /// The kernel never delivers the signal.
    Uncatchable,
    /// The signal reports a fault in the program.
    Fault,
}

use Kind::{Fault, Free, Runtime, Uncatchable};

#[rustfmt::skip]
static SIGNALS: &[(&str, Kind)] = &[
    ("SIGHUP", Runtime("reloads the daemon", "on_reload")),
    ("SIGINT", Runtime("stops the daemon", "on_stop")),
    ("SIGTERM", Runtime("stops the daemon", "on_stop")),
    ("SIGCHLD", Runtime("reports the end of a child", "on_child")),
    ("SIGKILL", Uncatchable), ("SIGSTOP", Uncatchable),
    ("SIGSEGV", Fault), ("SIGBUS", Fault), ("SIGILL", Fault), ("SIGFPE", Fault),
    ("SIGQUIT", Free), ("SIGTRAP", Free), ("SIGABRT", Free), ("SIGUSR1", Free), ("SIGUSR2", Free),
    ("SIGPIPE", Free), ("SIGALRM", Free), ("SIGCONT", Free), ("SIGTSTP", Free), ("SIGTTIN", Free),
    ("SIGTTOU", Free), ("SIGURG", Free), ("SIGXCPU", Free), ("SIGXFSZ", Free), ("SIGVTALRM", Free),
    ("SIGPROF", Free), ("SIGWINCH", Free), ("SIGIO", Free), ("SIGPWR", Free), ("SIGSYS", Free),
];

impl Signal {
    /// Returns the name as the user wrote it.
    pub(crate) fn name(&self) -> &Ident {
        &self.name
    }

    /// Returns the n of a realtime signal.
    pub(crate) fn realtime(&self) -> Option<&Realtime> {
        self.realtime.as_ref()
    }

    /// True if both are one signal.
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
        let name: Ident = input.parse().map_err(|error| {
            Error::new(error.span(), "a signal must be a name, such as `SIGUSR1`")
        })?;
        if name == "SIGRTMIN" {
            return Ok(Self {
                realtime: Some(offset(&name, input)?),
                name,
            });
        }
        if name == "SIGRTMAX" {
            return Err(Error::new_spanned(name, realtime_range()));
        }
        if input.peek(Token![::]) {
            return Err(with_path(&name, input)?);
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

/// Returns the error for a path, such as `Signal::SIGUSR1`.
fn with_path(first: &Ident, input: ParseStream) -> Result<Error> {
    let rest: TokenStream = input.parse()?;
    let names = rest.clone().into_iter().filter_map(|token| match token {
        TokenTree::Ident(name) => Some(name.to_string()),
        _ => None,
    });
    let last = names.last().filter(|last| last.starts_with("SIG"));
    let last = last.as_deref().unwrap_or("SIGUSR1");
    let message = format!("a signal must be a name without a path; write `{last}`");
    let mut path = TokenStream::from(TokenTree::from(first.clone()));
    path.extend(rest);
    Ok(Error::new_spanned(path, message))
}

fn realtime_range() -> String {
    format!("realtime signals are `SIGRTMIN` to `SIGRTMIN + {REALTIME_LAST}`")
}

/// Parses `+ 3`, or nothing, after `SIGRTMIN`.
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

/// Rejects unknown signals, and signals that a daemon cannot handle.
fn check(name: &Ident) -> Result<()> {
    let text = name.to_string();
    let message = match SIGNALS.iter().find(|(known, _)| *known == text) {
        Some((_, Free)) => return Ok(()),
        Some((_, Runtime(effect, hook))) => {
            format!("`{text}` {effect}; put your code into `{hook}`")
        }
        Some((_, Uncatchable)) => {
            format!("`{text}` cannot be handled: the kernel never delivers it to the process")
        }
        Some((_, Fault)) => {
            format!("`{text}` reports a fault in the program, after which no method can run")
        }
        None => unknown(&text),
    };
    Err(Error::new_spanned(name, message))
}

/// Returns the text that handles the signal of this name, which may lack `SIG`: a hook or the
/// attribute.
pub(crate) fn handler_of(name: &str) -> Option<String> {
    let upper = name.to_ascii_uppercase();
    let bare = upper.strip_prefix("SIG").unwrap_or(&upper);
    let same = |(name, _): &&(&str, Kind)| name.strip_prefix("SIG") == Some(bare);
    match SIGNALS.iter().find(same)? {
        (_, Runtime(_, hook)) => Some((*hook).to_owned()),
        (name, Free) => Some(format!("#[signal({name})]")),
        _ => None,
    }
}

/// Returns the message for an unknown name. Names are compared without `SIG`, which users often
/// leave out.
fn unknown(text: &str) -> String {
    let upper = text.to_ascii_uppercase();
    let bare = |name: &'static str| name.strip_prefix("SIG").unwrap_or(name);
    let known = SIGNALS.iter().map(|(name, _)| *name).chain(["SIGRTMIN"]);
    match suggest::nearest(upper.strip_prefix("SIG").unwrap_or(&upper), known.map(bare)) {
        Some(near) => format!("unknown signal `{text}`; did you mean `SIG{near}`?"),
        None => format!("unknown signal `{text}`; signal(7) lists the names, such as `SIGUSR1`"),
    }
}
