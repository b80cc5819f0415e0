//! What a hook returned, as the runtime sees it.

use std::fmt;

/// What became of an [`Event`](crate::Event).
#[derive(Debug)]
#[must_use]
pub enum Outcome {
    /// The method ran and returned `()` or `Ok(())`.
    Done,
    /// The daemon has no method for this event.
    Unhandled,
    /// The method returned an error.
    Failed(Failure),
}

impl Outcome {
    /// The outcome of a method that returned `returned`: `()` or a `Result<(), E>`.
    pub fn of(returned: impl Returned) -> Self {
        returned.outcome()
    }
}

/// What a method of a daemon may return.
#[diagnostic::on_unimplemented(
    message = "a daemon method returns `()` or `Result<(), E>`, not `{Self}`",
    label = "expected `()` or `Result<(), E>` with `E: Display`"
)]
pub trait Returned {
    /// The same, as an [`Outcome`].
    fn outcome(self) -> Outcome;
}

impl Returned for () {
    fn outcome(self) -> Outcome {
        Outcome::Done
    }
}

impl<E: fmt::Display> Returned for Result<(), E> {
    fn outcome(self) -> Outcome {
        match self {
            Ok(()) => Outcome::Done,
            Err(error) => Outcome::Failed(Failure::new(&error)),
        }
    }
}

/// Why a hook failed, as text: the error's `{:#}`, which is a whole chain with most error types.
#[derive(Debug, Clone)]
pub struct Failure(String);

impl Failure {
    /// The failure that `error` describes.
    pub fn new(error: &impl fmt::Display) -> Self {
        Self(format!("{error:#}"))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
