//! The operating system, as the rest of the crate sees it: calls, facts and text, and no policy.

pub(crate) mod clock;
pub(crate) mod escape;
pub(crate) mod process;
pub(crate) mod sys;
pub(crate) mod title;
