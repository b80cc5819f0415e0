//! The notes of the passes over a document: the mistakes, and the changes for the next pass.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use super::document::Document;
use super::fault::{Fields, Key, What};
use super::overrides::Override;
use super::tree::Node;

/// Texts that types accept: a number, addresses, a time, a date, a URL.
pub(super) const EXAMPLES: &[&str] = &[
    "1",
    "127.0.0.1",
    "127.0.0.1:1",
    "1s",
    "2000-01-01",
    "http://localhost/",
];

/// The number of mistakes that an error lists. A pass reads the whole file, and most find one.
pub(super) const MOST: usize = 20;

/// A mistake in the settings.
#[derive(Debug)]
pub(super) enum Mistake {
    /// The value, or its key, is not what the type wants.
    Wrong { id: u32, is_key: bool, what: What },
    /// The struct does not have the key, but these.
    Unknown { id: u32, known: Fields },
    /// The table lacks a key.
    Missing {
        table: u32,
        key: &'static str,
        wanted: Option<String>,
    },
}

impl Mistake {
    /// Returns the number of the value that has it.
    pub(super) fn id(&self) -> u32 {
        match self {
            Self::Wrong { id, .. } | Self::Unknown { id, .. } => *id,
            Self::Missing { table, .. } => *table,
        }
    }
}

/// The findings of the passes, and the changes for the next one.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub mistakes: Vec<Mistake>,
    /// Whether there are no others.
    pub is_whole: bool,
    /// The keys that a struct does not have, and those that it has.
    pub unknown: BTreeMap<u32, Fields>,
    /// The fields of the struct that a table is read as.
    pub structs: BTreeMap<u32, Fields>,
    /// The values in whose place an example is read.
    pub examples: BTreeSet<u32>,
    /// Those of them whose types refuse the example. They are read after their neighbours.
    pub last: BTreeSet<u32>,
    /// The examples that are text, and the number of the text. This and the other lists are short.
    pub tried: Vec<(Key, usize)>,
    /// The overrides that are read as text, and what was wrong with the value.
    pub texts: Vec<(u32, What)>,
    /// The keys that the type refuses.
    pub left_out: BTreeSet<u32>,
    /// The keys that a table lacks.
    pub lacking: Vec<Key>,
    /// The required fields of a struct that has an example.
    pub required: Vec<(Fields, &'static str)>,
    /// The kinds that the type wants where a table lacks a key.
    pub wanted: Vec<(Key, String)>,
}

/// The notes of all passes over one document.
pub(super) struct Notes<'a> {
    pub document: &'a Document,
    pub found: RefCell<Found>,
}

impl<'a> Notes<'a> {
    pub(super) fn new(document: &'a Document) -> Self {
        Self {
            document,
            found: RefCell::default(),
        }
    }

    pub(super) fn is_example(&self, node: &Node) -> bool {
        self.found.borrow().examples.contains(&node.id)
    }

    pub(super) fn is_text(&self, node: &Node) -> bool {
        self.found
            .borrow()
            .texts
            .iter()
            .any(|(id, _)| *id == node.id)
    }

    pub(super) fn is_left_out(&self, node: &Node) -> bool {
        self.found.borrow().left_out.contains(&node.id)
    }

    pub(super) fn is_variable(&self, index: usize) -> bool {
        let given = self.document.overrides.get(index);
        given.is_some_and(Override::is_variable)
    }

    pub(super) fn lacking(&self, table: u32) -> Vec<&'static str> {
        let found = self.found.borrow();
        let lacking = found.lacking.iter().filter(|Key(id, _)| *id == table);
        lacking.map(|Key(_, key)| *key).collect()
    }

    pub(super) fn required(&self, of: Fields) -> Vec<&'static str> {
        let found = self.found.borrow();
        let required = found.required.iter().filter(|(fields, _)| *fields == of);
        required.map(|(_, key)| *key).collect()
    }

    pub(super) fn has_last(&self) -> bool {
        !self.found.borrow().last.is_empty()
    }

    pub(super) fn is_last(&self, id: u32) -> bool {
        self.found.borrow().last.contains(&id)
    }

    /// Returns the text to try as an example.
    pub(super) fn example_text(&self, of: Key) -> &'static str {
        let tried = &mut self.found.borrow_mut().tried;
        let known = tried.iter().find(|(key, _)| *key == of);
        let number = known.map_or(0, |(_, number)| *number);
        if known.is_none() {
            tried.push((of, 0));
        }
        EXAMPLES.get(number).copied().unwrap_or_default()
    }

    pub(super) fn note_wanted(&self, missing: Key, wanted: impl FnOnce() -> String) {
        let wants = &mut self.found.borrow_mut().wanted;
        if !wants.iter().any(|(key, _)| *key == missing) {
            wants.push((missing, wanted()));
        }
    }

    pub(super) fn note_struct(&self, node: &Node, fields: Fields) {
        self.found.borrow_mut().structs.insert(node.id, fields);
    }

    pub(super) fn note_unknown(&self, id: u32, known: Fields) {
        self.found.borrow_mut().unknown.insert(id, known);
    }
}
