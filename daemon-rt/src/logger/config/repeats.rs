//! The treatment of repeated records.

use super::text::{text_form, words};

/// Chooses the treatment of a record that repeats the previous one but for its time. The text form
/// is `all` or `fold`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Repeats {
    /// Writes each repeated record.
    #[default]
    All,
    /// Counts repeated records, and writes the count to the log.
    Fold,
}

words!(Repeats { All = "all", Fold = "fold" });
text_form!(Repeats, "all", "`all` or `fold`");
