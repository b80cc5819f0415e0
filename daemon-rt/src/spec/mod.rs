//! The declaration of a daemon: the keys of `#[daemon(…)]`, as data.

pub(crate) mod declaration;
mod keys;
mod values;

pub(crate) use self::declaration::Spec;
pub(crate) use self::keys::keys;
pub use self::values::{Children, Core, Env, Listener, OnPanic, Timer};
