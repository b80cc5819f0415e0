//! The resources that a declaration brings to a daemon.

#[cfg(feature = "config")]
use crate::config::Document;
use crate::context::{Context, Handle};
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
