//! Gives each method its role, and checks signatures and signals.

mod coverage;
mod hooks;
mod meaning;
mod roles;
mod shape;

pub(crate) use self::coverage::{duplicates, gaps};
#[cfg(test)]
pub(crate) use self::hooks::NEW;
pub(crate) use self::hooks::{HOOKS, Payload};
pub(crate) use self::roles::{Constructor, Handler, Roles};
pub(crate) use self::shape::Call;
