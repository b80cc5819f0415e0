//! The resources that a declaration brings to a daemon.

use std::fmt;
use std::os::fd::OwnedFd;

use nix::fcntl::{FcntlArg, OFlag, fcntl};

#[cfg(feature = "config")]
use crate::config::Document;
use crate::context::{Context, Handle};
use crate::listen::Listeners;
use crate::listen::types::{Socket, Tcp, Udp, Unix, Unixgram};
use crate::outcome::Failure;
use crate::settings::InForce;

/// The function that reads and validates the settings of a daemon,
/// [`Daemon::check_settings`](crate::Daemon::check_settings).
pub(crate) type Validate = fn(&Resources<'_>) -> Result<(), Failure>;

/// The resources of a declaration, for `new` and `on_reload`. The generated code
/// takes the parameters of both out of it.
///
/// Outside of a daemon, as in a test that calls `create`, the default has nothing to take.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Resources<'a> {
    context: Option<&'a mut Context>,
    handle: Option<Handle>,
    #[cfg(feature = "config")]
    document: Option<&'a Document>,
    listeners: Option<&'a Listeners>,
}

impl<'a> Resources<'a> {
    /// Returns the settings in force, if there are any.
    #[cfg_attr(
        not(feature = "config"),
        allow(unused_variables, reason = "there are no settings then")
    )]
    pub(crate) fn in_force(config: &'a InForce) -> Self {
        Self {
            #[cfg(feature = "config")]
            document: config.document(),
            ..Self::default()
        }
    }

    /// Returns the resources that are only settings.
    #[cfg(feature = "config")]
    pub(crate) fn of(document: Option<&'a Document>) -> Self {
        Self {
            document,
            ..Self::default()
        }
    }

    /// Adds the context, and its handle.
    pub(crate) fn with(self, context: &'a mut Context) -> Self {
        let handle = Some(context.handle());
        let context = Some(context);
        Self {
            context,
            handle,
            ..self
        }
    }

    /// Adds the handle of async hooks, which have no context.
    pub(crate) fn with_handle(self, handle: &Handle) -> Self {
        let handle = Some(handle.clone());
        Self { handle, ..self }
    }

    /// Adds the listeners of the declaration.
    pub(crate) fn with_listeners(self, listeners: &'a Listeners) -> Self {
        let listeners = Some(listeners);
        Self { listeners, ..self }
    }

    /// Returns the context that `new` takes.
    ///
    /// # Errors
    /// No daemon calls `new`.
    pub fn context(&mut self) -> Result<&mut Context, Failure> {
        let missing = || Failure::new(&"only a running daemon has a context");
        self.context.as_deref_mut().ok_or_else(missing)
    }

    /// Returns the handle of the daemon, which `new` may take.
    ///
    /// # Errors
    /// No daemon calls `new`.
    pub fn handle(&self) -> Result<Handle, Failure> {
        let missing = || Failure::new(&"only a running daemon has a handle");
        self.handle.clone().ok_or_else(missing)
    }

    /// Reads the settings, which `new` and `on_reload` take, as a `T`.
    ///
    /// # Errors
    /// The settings are not those of a `T`. The text names the file, the line and the key. Outside
    /// of a daemon that declares [`Spec::config`](crate::Spec::config) there are none.
    pub fn settings<T: Configured>(&self) -> Result<T, Failure> {
        #[cfg(feature = "config")]
        if let Some(document) = self.document {
            return document.read().map_err(|error| Failure::new(&error));
        }
        Err(Failure::new(&"there are no settings; declare `config`"))
    }

    /// Hands out the listener with this name, which `new` takes.
    ///
    /// It is a duplicate, `fcntl(2)`, close-on-exec, and nonblocking as declared. The daemon keeps
    /// the socket itself for its next value. Dropping the duplicate therefore closes nothing, and
    /// connections wait in the backlog. `shutdown(2)` and `O_NONBLOCK` reach all duplicates.
    ///
    /// # Errors
    /// Outside of a daemon, no listener has this name, or its address is not for a `T`. Other code
    /// closed the socket. The process has no descriptor left, EMFILE.
    pub fn listener<T: Socket>(&self, name: &str) -> Result<T, Failure> {
        let failed = |why: &dyn fmt::Display| {
            Failure::new(&format_args!(
                "cannot hand out the listener `{name}`: {why}"
            ))
        };
        let Some(listeners) = self.listeners else {
            return Err(failed(
                &"only a running daemon has it; pass a socket of your own",
            ));
        };
        let Some(open) = listeners.find(name) else {
            return Err(failed(&"there is none; declare it by `listen`"));
        };
        if T::KIND.is_some_and(|kind| kind != open.kind) {
            let kind = open.kind;
            let why = format!("its address is of {kind}; use the type for {kind}, or `OwnedFd`");
            return Err(failed(&why));
        }
        let socket = open.duplicate().map_err(|error| failed(&error))?;
        set_nonblocking(&socket, open.is_nonblocking).map_err(|error| failed(&error))?;
        Ok(T::from(socket))
    }
}

/// Sets whether calls on the socket block. A service manager may have passed it either way.
fn set_nonblocking(socket: &OwnedFd, is_nonblocking: bool) -> nix::Result<()> {
    let flags = OFlag::from_bits_retain(fcntl(socket, FcntlArg::F_GETFL)?);
    let mut wanted = flags;
    wanted.set(OFlag::O_NONBLOCK, is_nonblocking);
    if wanted != flags {
        fcntl(socket, FcntlArg::F_SETFL(wanted))?;
    }
    Ok(())
}

/// Hands out a listener of TCP.
///
/// # Errors
/// As [`Resources::listener`].
pub fn tcp<T: Tcp>(resources: &Resources<'_>, name: &str) -> Result<T, Failure> {
    resources.listener(name)
}

/// Hands out a listener of UDP.
///
/// # Errors
/// As [`Resources::listener`].
pub fn udp<T: Udp>(resources: &Resources<'_>, name: &str) -> Result<T, Failure> {
    resources.listener(name)
}

/// Hands out a listener at `unix:`.
///
/// # Errors
/// As [`Resources::listener`].
pub fn unix<T: Unix>(resources: &Resources<'_>, name: &str) -> Result<T, Failure> {
    resources.listener(name)
}

/// Hands out a listener at `unixgram:`.
///
/// # Errors
/// As [`Resources::listener`].
pub fn unixgram<T: Unixgram>(resources: &Resources<'_>, name: &str) -> Result<T, Failure> {
    resources.listener(name)
}

/// A type that the settings can be read as: every type with serde's `Deserialize`.
#[cfg(feature = "config")]
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read from a file of settings",
    label = "derive serde's `Deserialize`: `#[derive(serde::Deserialize)]`"
)]
pub trait Configured: serde::de::DeserializeOwned {}

#[cfg(feature = "config")]
#[diagnostic::do_not_recommend]
impl<T: serde::de::DeserializeOwned> Configured for T {}

/// A type that the settings can be read as: none without the feature `config`.
#[cfg(not(feature = "config"))]
#[diagnostic::on_unimplemented(
    message = "`config` needs the feature `config` of `daemon-rt`",
    label = "run `cargo add daemon-rt --features config`"
)]
pub trait Configured {}
