//! Compares a file with the text that `unit` would print now.

use std::fmt;

use super::plan::Plan;

/// A line that only one of two texts has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Difference {
    /// A line that only the file has: line number from 1, text.
    Extra(usize, String),
    /// A line that only the printed text has: the line of the file that it precedes, from 1, and
    /// its text.
    Missing(usize, String),
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Extra(line, text) => write!(f, "{line}: - {text}"),
            Self::Missing(line, text) => write!(f, "{line}: + {text}"),
        }
    }
}

/// Returns the lines in which `found` differs from `wanted`, in the order of the file.
pub(crate) fn differences(found: &str, wanted: &str) -> Vec<Difference> {
    let (found, wanted): (Vec<_>, Vec<_>) = (found.lines().collect(), wanted.lines().collect());
    let common = common_lengths(&found, &wanted);
    let (mut at, mut other) = (0, 0);
    let mut differences = Vec::new();
    while at < found.len() || other < wanted.len() {
        if at < found.len() && other < wanted.len() && found[at] == wanted[other] {
            (at, other) = (at + 1, other + 1);
        } else if at < found.len()
            && (other == wanted.len() || common[at + 1][other] >= common[at][other + 1])
        {
            differences.push(Difference::Extra(at + 1, found[at].to_owned()));
            at += 1;
        } else {
            differences.push(Difference::Missing(at + 1, wanted[other].to_owned()));
            other += 1;
        }
    }
    differences
}

/// Returns the length of the longest common subsequence of every pair of tails. The table is small,
/// since generated files have tens of lines.
fn common_lengths(found: &[&str], wanted: &[&str]) -> Vec<Vec<usize>> {
    let mut lengths = vec![vec![0; wanted.len() + 1]; found.len() + 1];
    for at in (0..found.len()).rev() {
        for other in (0..wanted.len()).rev() {
            lengths[at][other] = if found[at] == wanted[other] {
                lengths[at + 1][other + 1] + 1
            } else {
                lengths[at + 1][other].max(lengths[at][other + 1])
            };
        }
    }
    lengths
}

/// Returns the arguments in the mark of the daemon `name`, with which it generated the text.
///
/// Returns `None` if the text has no valid mark of this daemon.
pub(crate) fn made_by(text: &str, name: &str) -> Option<Vec<String>> {
    let start = format!("{}{name}: ", Plan::MARK);
    // A manual page has its own kind of comment.
    let mut lines = text
        .lines()
        .map(|line| line.strip_prefix(".\\\" ").unwrap_or(line));
    let line = lines.find_map(|line| line.strip_prefix(&start))?;
    split(line)
}

/// Splits the words that [`quote::shell`](super::quote::shell) quoted.
fn split(line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        match character {
            ' ' => words.extend(word.take()),
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match characters.next()? {
                        '\'' => break,
                        quoted => word.push(quoted),
                    }
                }
            }
            '\\' => word.get_or_insert_default().push(characters.next()?),
            plain => word.get_or_insert_default().push(plain),
        }
    }
    words.extend(word);
    Some(words)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

    use super::super::quote;
    use super::{Difference, differences, made_by};

    #[test]
    fn equal_texts_do_not_differ() {
        assert_eq!(differences("a\nb\n", "a\nb\n"), []);
    }

    #[test]
    fn changed_line_is_extra_and_missing() {
        let found = differences("a\nx\nc\n", "a\nb\nc\n");
        let wanted = [
            Difference::Extra(2, "x".into()),
            Difference::Missing(3, "b".into()),
        ];
        assert_eq!(found, wanted);
    }

    #[test]
    fn one_line_more_does_not_shift_the_rest() {
        assert_eq!(
            differences("x\na\nb\n", "a\nb\n"),
            [Difference::Extra(1, "x".into())]
        );
        assert_eq!(
            differences("a\n", "a\nb\n"),
            [Difference::Missing(2, "b".into())]
        );
    }

    #[test]
    fn mark_contains_the_arguments() {
        let words = ["unit", "systemd", "--log-file=/a b/it's $x\\", ""];
        let text = format!(
            "#!/bin/sh\n# Made by server: {}\n",
            quote::words(&words, quote::shell)
        );
        assert_eq!(made_by(&text, "server").unwrap(), words);
        assert_eq!(made_by(&text, "other"), None);
        assert_eq!(made_by("# Made by server: 'open\n", "server"), None);
    }
}
