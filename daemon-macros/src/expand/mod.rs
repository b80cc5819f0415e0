//! Writes the impls of a model.

mod block;
mod condition;
mod create;
mod dispatch;
mod place;
mod runtime;
mod settings;
mod signal;
mod spec;
mod validate;

pub(crate) use self::block::expand;
