//! What the methods of a daemon return and take, as the runtime sees it.

use std::fmt;

use crate::signal::Signal;
use crate::signal::SignalInfo;

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

/// The daemon that `new` returned.
///
/// # Errors
/// The error that `new` returned, as text.
pub fn created<D>(returned: impl Created<D>) -> Result<D, Failure> {
    returned.created()
}

/// What `new` may return.
#[diagnostic::on_unimplemented(
    message = "`new` returns `Self` or `Result<Self, E>`, not `{Self}`",
    label = "expected `{D}` or `Result<{D}, E>` with `E: Display`"
)]
pub trait Created<D> {
    /// The same, with the error as text.
    ///
    /// # Errors
    /// The error that `new` returned.
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

/// The daemon of a block without `new`.
///
/// # Errors
/// None.
pub fn by_default<D: ByDefault>() -> Result<D, Failure> {
    Ok(D::by_default())
}

/// What can be built without a `new`: every type with `Default`.
#[diagnostic::on_unimplemented(
    message = "no `new` and no `Default`: `#[daemon]` cannot build a `{Self}`",
    label = "write `fn new() -> Self` in this impl block, or derive `Default`"
)]
pub trait ByDefault {
    /// The type's `Default`.
    fn by_default() -> Self;
}

#[diagnostic::do_not_recommend]
impl<D: Default> ByDefault for D {
    fn by_default() -> Self {
        D::default()
    }
}

impl SignalInfo {
    /// The signal as a method takes it: a [`Signal`], or the whole `SignalInfo`.
    #[doc(hidden)]
    #[must_use]
    pub fn get<T: FromInfo>(self) -> T {
        T::from_info(self)
    }
}

/// What a method that handles signals may take.
#[diagnostic::on_unimplemented(
    message = "a signal is passed as `Signal` or `SignalInfo`, not as `{Self}`",
    label = "expected `Signal` or `SignalInfo`"
)]
pub trait FromInfo {
    /// As much of `info` as the type holds.
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
