//! Opens files so that a planted file is never followed, truncated or trusted.
//!
//! A path is walked one component at a time. Each is opened `O_NOFOLLOW` relative to the one
//! before, so the checked directory is the one in use. Trusted users are root, the effective user
//! and the declared user. A directory is trusted when a trusted user owns it, and its mode lets
//! only users write that its [`Rule`] allows. A sticky directory, like `/tmp`, is trusted when the
//! next component belongs to a trusted user. A symbolic link is followed only if a trusted user
//! owns it.

mod directory;
mod log_file;
mod owner;
mod place;
mod reach;
#[cfg(feature = "config")]
mod settings_file;
mod walk;

pub(crate) use self::directory::{make_directory, open_owned_by_root};
pub(crate) use self::log_file::open_log;
pub(crate) use self::owner::{Rule, trust_also};
pub(crate) use self::place::{Place, check_writable, set_mode};
pub(crate) use self::reach::check_reach;
#[cfg(feature = "config")]
pub(crate) use self::settings_file::read_settings;
