//! The daemon's own settings in a program without the feature `config`: there are none.

#![allow(
    clippy::extra_unused_type_parameters,
    clippy::unnecessary_wraps,
    reason = "the functions are those of the feature"
)]

use crate::daemon::Daemon;
use crate::detach::Detached;
use crate::error::Error;
use crate::resources::Resources;

/// Why settings are not taken, which cannot happen.
pub(super) enum Refusal {}

impl Refusal {
    pub(super) fn code(&self) -> u8 {
        match *self {}
    }

    pub(super) fn error(&self) -> Option<&Error> {
        match *self {}
    }

    pub(super) fn log(&self) {
        match *self {}
    }

    pub(super) fn text(&self) -> String {
        match *self {}
    }
}

/// The settings of a reload.
#[derive(Debug, Default, Clone)]
pub(super) struct Next(());

impl Next {
    pub(super) fn exists(&self) -> bool {
        false
    }

    pub(super) fn resources(&self) -> Resources<'_> {
        Resources::default()
    }
}

pub(super) fn begin<D: Daemon>(_: &mut Detached) -> Result<(), Refusal> {
    Ok(())
}

pub(super) fn next<D: Daemon>(_: &Detached) -> Result<Next, Refusal> {
    Ok(Next(()))
}

pub(super) fn commit(_: &mut Detached, _: Next) -> String {
    String::new()
}

pub(super) fn note_failure(_: &mut Detached, _: &str) {}

pub(super) fn publish(_: &Detached) {}
