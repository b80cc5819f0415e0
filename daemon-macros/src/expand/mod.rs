//! Writes the `impl Daemon` of a model.

mod block;
mod condition;
mod create;
mod dispatch;
mod place;
mod signal;
mod spec;

pub(crate) use self::block::expand;
