//! Conversions of the values that a daemon's methods return and take.

use std::fmt;

use crate::signal::{Signal, SignalInfo};

/// The result of an [`Event`](crate::Event).
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
    /// Converts the value that a method returned, `()` or a `Result<(), E>`.
    pub fn of(returned: impl Returned) -> Self {
        returned.outcome()
    }
}

/// A value that a daemon's method may return.
#[diagnostic::on_unimplemented(
    message = "a daemon method returns `()` or `Result<(), E>`, not `{Self}`",
    label = "expected `()` or `Result<(), E>` with `E: Display`"
)]
pub trait Returned {
    /// Converts the value to an [`Outcome`].
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

/// Returns the verdict of `validate`.
///
/// # Errors
/// `validate` returned an error.
pub fn checked(returned: impl Returned) -> Result<(), Failure> {
    match returned.outcome() {
        Outcome::Failed(failure) => Err(failure),
        Outcome::Done | Outcome::Unhandled => Ok(()),
    }
}

/// The error of a hook as text. It is formatted with `{:#}`, which prints the whole chain with most
/// error types.
#[derive(Debug, Clone)]
pub struct Failure(String);

impl Failure {
    /// Formats `error`.
    pub fn new(error: &impl fmt::Display) -> Self {
        Self(format!("{error:#}"))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Returns the daemon that `new` returned.
///
/// # Errors
/// `new` returned an error.
pub fn created<D>(returned: impl Created<D>) -> Result<D, Failure> {
    returned.created()
}

/// A value that `new` may return.
#[diagnostic::on_unimplemented(
    message = "`new` returns `Self` or `Result<Self, E>`, not `{Self}`",
    label = "expected `{D}` or `Result<{D}, E>` with `E: Display`"
)]
pub trait Created<D> {
    /// Returns the daemon.
    ///
    /// # Errors
    /// `new` returned an error.
    fn created(self) -> Result<D, Failure>;
}

impl<D> Created<D> for D {
    fn created(self) -> Result<D, Failure> {
        Ok(self)
    }
}

impl<D, E: fmt::Display> Created<D> for Result<D, E> {
    fn created(self) -> Result<D, Failure> {
        self.map_err(|error| Failure::new(&error))
    }
}

/// Creates the daemon of a block without `new`.
///
/// # Errors
/// Never fails; the signature is that of [`created`].
pub fn by_default<D: ByDefault>() -> Result<D, Failure> {
    Ok(D::by_default())
}

/// A type that needs no `new`: every type with `Default`.
#[diagnostic::on_unimplemented(
    message = "no `new` and no `Default`: `#[daemon]` cannot build a `{Self}`",
    label = "write `fn new() -> Self` in this impl block, or derive `Default`"
)]
pub trait ByDefault {
    /// Returns the type's `Default`.
    fn by_default() -> Self;
}

#[diagnostic::do_not_recommend]
impl<D: Default> ByDefault for D {
    fn by_default() -> Self {
        D::default()
    }
}

impl SignalInfo {
    /// Converts to the parameter of a method: a [`Signal`], or the whole `SignalInfo`.
    #[doc(hidden)]
    #[must_use]
    pub fn get<T: FromInfo>(self) -> T {
        T::from_info(self)
    }
}

/// A parameter that a signal's handler may take.
#[diagnostic::on_unimplemented(
    message = "a signal is passed as `Signal` or `SignalInfo`, not as `{Self}`",
    label = "expected `Signal` or `SignalInfo`"
)]
pub trait FromInfo {
    /// Takes the part of `info` that the type holds.
    fn from_info(info: SignalInfo) -> Self;
}

impl FromInfo for Signal {
    fn from_info(info: SignalInfo) -> Self {
        info.signal
    }
}

impl FromInfo for SignalInfo {
    fn from_info(info: SignalInfo) -> Self {
        info
    }
}
