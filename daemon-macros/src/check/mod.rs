//! Gives each method its role, and checks signatures and signals.

mod build;
mod coverage;
mod hooks;
mod keys;
mod life;
mod listeners;
mod meaning;
mod parameter;
mod roles;
mod shape;

pub(crate) use self::build::{Constructor, Listener, Parameter, Validator};
pub(crate) use self::coverage::{duplicates, gaps};
pub(crate) use self::hooks::{HOOKS, Payload};
#[cfg(test)]
pub(crate) use self::hooks::{NEW, VALIDATE};
pub(crate) use self::keys::{absences, times};
pub(crate) use self::life::{Life, Terms};
pub(crate) use self::roles::{Handler, Roles};
pub(crate) use self::shape::Call;
