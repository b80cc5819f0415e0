//! The functions that a daemon with listeners needs. A program links them only if its declaration
//! names this table.

use std::fmt;
use std::os::fd::OwnedFd;
use std::path::Path;

use nix::unistd::Gid;

use super::check::check;
use super::declared::Listen;
use super::inherited::Inherited;
use super::open::Listeners;
use super::plan::Plan;
use super::unix;
use crate::error::Error;

type Adopt = fn(&[Listen], Vec<(String, OwnedFd)>) -> Result<Plan, Error>;
type BindRest = fn(Plan, &[Listen], Option<Gid>) -> Result<Listeners, Error>;

/// The functions of listeners. Each field documents itself where it is defined.
pub(crate) struct Opener {
    pub(crate) take: fn(&[Listen]) -> Result<Inherited, Error>,
    pub(crate) plan: fn(&[Listen], Inherited) -> Result<Plan, Error>,
    pub(crate) adopt: Adopt,
    pub(crate) bind_rest: BindRest,
    pub(crate) check: fn(&Listen, Option<i32>) -> Result<String, Error>,
    pub(crate) release: fn(&mut Listeners) -> Vec<String>,
    pub(crate) remove_files: fn(&Listeners) -> Result<(), Error>,
    pub(crate) remove_stale: fn(&Path) -> Result<(), Error>,
}

/// The one table.
pub(crate) static OPENER: Opener = Opener {
    take: Inherited::take,
    plan: Plan::of,
    adopt: Plan::adopt,
    bind_rest: Plan::bind_rest,
    check,
    release: Listeners::release,
    remove_files: Listeners::remove_files,
    remove_stale: unix::remove_stale,
};

impl PartialEq for Opener {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Opener {}

impl fmt::Debug for Opener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Opener")
    }
}
