//! What the declaration brings to a daemon.

use crate::context::Context;
use crate::outcome::Failure;

/// What the declaration of a daemon brings to its `new` and its `on_reload`. The generated code
/// takes the parameters of both out of it.
///
/// Outside of a daemon, as in a test that calls `create`, the default has nothing to take.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Resources<'a> {
    context: Option<&'a mut Context>,
}

impl<'a> Resources<'a> {
    pub(crate) fn for_new(context: &'a mut Context) -> Self {
        let context = Some(context);
        Self { context }
    }

    /// Returns the context that `new` takes.
    ///
    /// # Errors
    /// No daemon calls `new`.
    pub fn context(&mut self) -> Result<&mut Context, Failure> {
        let missing = || Failure::new(&"only a running daemon has a context");
        self.context.as_deref_mut().ok_or_else(missing)
    }

    /// Reads the settings, which `new` and `on_reload` take, as a `T`.
    ///
    /// # Errors
    /// The settings are not those of a `T`. The text names the file, the line and the key. Outside
    /// of a daemon that declares [`Spec::config`](crate::Spec::config) there are none.
    #[cfg(feature = "config")]
    pub fn settings<T: serde::de::DeserializeOwned>(&self) -> Result<T, Failure> {
        Err(Failure::new(&"there are no settings; declare `config`"))
    }

    /// Fails, because the program was built without the feature `config`. It only exists so that
    /// the declaration of `config` is the one error.
    ///
    /// # Errors
    /// Always.
    #[cfg(not(feature = "config"))]
    pub fn settings<T>(&self) -> Result<T, Failure> {
        Err(Failure::new(&crate::spec::NEEDS_CONFIG))
    }
}
