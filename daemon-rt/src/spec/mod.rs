//! The declaration of a daemon: the keys of `#[daemon(…)]`, as data.

mod declaration;
mod keys;
mod values;

pub use self::declaration::Spec;
pub(crate) use self::keys::keys;
pub use self::values::{Children, Core, Env, OnPanic, Timer};
