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
}
