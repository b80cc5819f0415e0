//! Opens files so that nobody else's plant is ever followed, truncated or believed.
//!
//! A path is walked one component at a time, each opened `O_NOFOLLOW` relative to the one before,
//! so that what was checked is what is used. A folder is trusted when root, the effective user or
//! the declared one owns it and others may not write to it, or when it is sticky, like `/tmp`, and
//! what comes next in it is root's or ours. A symbolic link counts only as much as who may have placed it.

mod folder;
mod log_file;
mod owner;
mod place;
mod reach;
mod walk;

pub(crate) use self::folder::{make_folder, open_roots};
pub(crate) use self::log_file::open_log;
pub(crate) use self::owner::{Rule, trust_also};
pub(crate) use self::place::{Place, check, set_mode};
pub(crate) use self::reach::check_reach;
