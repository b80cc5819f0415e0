//! The keys in force, for people, and those that differ from the keys before.

use std::collections::BTreeMap;

use super::document::{DAEMON, Document};
use super::shown::{self, dotted};
use super::tree::{GivenText, Node, Place, Step, Table};

/// A key in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    /// The dotted name.
    pub key: String,
    /// The value as TOML writes it. A secret is `***`.
    pub value: String,
    /// `FILE:LINE`, the variable, or the option.
    pub source: String,
}

impl Document {
    /// Returns a row for each key in force but those of the table `[daemon]`, sorted by the name.
    /// An array is one key.
    pub(crate) fn rows(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        leaves(&self.root, &mut Vec::new(), &mut |way, node| {
            rows.push(self.row(way, node));
        });
        rows
    }

    /// Returns a row for each key of the table `[daemon]`, sorted by the name.
    pub(crate) fn own_rows(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        if let Some(own) = &self.own {
            leaves(own, &mut vec![Step::Key(DAEMON)], &mut |way, node| {
                rows.push(self.row(way, node));
            });
        }
        rows
    }

    fn row(&self, way: &[Step<'_>], node: &Node) -> Row {
        let is_hidden = way.iter().any(|step| shown::is_secret(*step));
        let text = node.text.as_ref().and_then(GivenText::shown);
        Row {
            key: dotted(way.iter().copied()),
            value: match text.filter(|_| !is_hidden) {
                Some(text) => shown::quoted(text),
                None => shown::value(node, is_hidden),
            },
            source: match node.place {
                Place::File { key, .. } => self.file.line(key),
                Place::Override(index) => self.source(index),
            },
        }
    }

    /// Returns the dotted names of the keys whose values differ, sorted.
    pub(crate) fn changed(&self, old: &Self) -> Vec<String> {
        let mut changed = self.values();
        for (key, value) in old.values() {
            if changed.get(&key) == Some(&value) {
                changed.remove(&key);
            } else {
                changed.insert(key, value);
            }
        }
        changed.into_keys().collect()
    }

    /// Returns the values by dotted name, secrets included.
    fn values(&self) -> BTreeMap<String, String> {
        let mut values = BTreeMap::new();
        let mut add = |way: &[Step<'_>], node: &Node| {
            let name = dotted(way.iter().copied());
            values.insert(name, shown::exact(node));
        };
        leaves(&self.root, &mut Vec::new(), &mut add);
        if let Some(own) = &self.own {
            leaves(own, &mut vec![Step::Key(DAEMON)], &mut add);
        }
        values
    }
}

/// Calls `then` for each value that is not a table with keys.
fn leaves<'a>(
    node: &'a Node,
    way: &mut Vec<Step<'a>>,
    then: &mut impl FnMut(&[Step<'a>], &'a Node),
) {
    let is_leaf = node.as_table().is_none_or(Table::is_empty);
    if is_leaf && !way.is_empty() {
        return then(way, node);
    }
    if node.as_table().is_some() {
        for (step, child) in node.children() {
            way.push(step);
            leaves(child, way, then);
            way.pop();
        }
    }
}
