//! Compares the listeners with the parameters of `new` that take them.

use syn::ext::IdentExt;
use syn::{Pat, PatType, Type};

use crate::check::life::Terms;
use crate::check::parameter::is_named;
use crate::suggest;
use crate::values::Listener;

/// The types of listeners.
const SOCKETS: [&str; 5] = [
    "TcpListener",
    "UdpSocket",
    "UnixListener",
    "UnixDatagram",
    "OwnedFd",
];

/// Returns the listener that a parameter takes: the one of its name, which may follow a `_`.
pub(super) fn of<'a>(parameter: &PatType, terms: &Terms<'a>) -> Option<&'a Listener> {
    let Pat::Ident(pat) = &*parameter.pat else {
        return None;
    };
    let name = pat.ident.unraw().to_string();
    let find = |name: &str| {
        terms
            .listeners
            .iter()
            .find(|listener| listener.text() == name)
    };
    find(&name).or_else(|| find(name.strip_prefix('_')?))
}

/// True for a type that only a listener has.
pub(super) fn is_socket(typed: &Type) -> bool {
    SOCKETS.iter().any(|socket| is_named(typed, socket))
}

/// Returns the message for a parameter with a socket that no listener has the name of.
pub(super) fn unknown(parameter: &PatType, terms: &Terms) -> String {
    let names: Vec<_> = terms.listeners.iter().map(Listener::text).collect();
    let names = names.iter().map(String::as_str);
    let Pat::Ident(pat) = &*parameter.pat else {
        return "a listener is taken by its name; write `_http` for a listener `http` that is not \
                used"
            .into();
    };
    let name = pat.ident.unraw().to_string();
    let name = name.strip_prefix('_').unwrap_or(&name);
    if terms.listeners.is_empty() {
        return format!(
            "`{name}` is not a listener; write `listen = [{name} = \"127.0.0.1:8080\"]` in \
             `#[daemon(…)]`"
        );
    }
    suggest::unknown(format_args!("listener `{name}`"), name, names)
}

/// Returns the message for a listener that `new` does not take.
pub(super) fn untaken(listener: &Listener) -> String {
    let (name, parameter) = (&listener.name, listener.parameter());
    format!("`new` must take the listener `{name}`; write `fn new({parameter})`")
}
