//! What the passes over a document note: the mistakes, and what the next pass does differently.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use super::document::Document;
use super::fault::What;
use super::overrides::Override;
use super::tree::Node;

/// A mistake in the settings.
#[derive(Debug)]
pub(super) enum Mistake {
    /// The value, or its key, is not what the type wants.
    Wrong { id: u32, is_key: bool, what: What },
    /// The table lacks a key.
    Missing {
        table: u32,
        key: &'static str,
        wanted: Option<String>,
    },
}

/// The names of a struct's fields.
type Fields = &'static [&'static str];

/// What the passes have found, and what the next one does differently.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub mistakes: Vec<Mistake>,
    /// The keys that a struct does not have, and those that it has.
    pub unknown: BTreeMap<u32, Fields>,
    /// The fields of the struct that a table is read as.
    pub structs: BTreeMap<u32, Fields>,
    /// The values in whose place an example is read.
    pub examples: BTreeSet<u32>,
    /// The overrides that are read as text, and what was wrong with the value.
    pub texts: BTreeMap<u32, What>,
    /// The keys that the type refuses.
    pub left_out: BTreeSet<u32>,
    /// The keys that a table lacks.
    pub lacking: BTreeMap<u32, Vec<&'static str>>,
    /// The required fields of a struct that has an example.
    pub required: BTreeMap<Fields, Vec<&'static str>>,
    /// The kinds that the type wants where a table lacks a key.
    pub wanted: BTreeMap<(u32, &'static str), String>,
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
        self.found.borrow().texts.contains_key(&node.id)
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
        found.lacking.get(&table).cloned().unwrap_or_default()
    }

    pub(super) fn required(&self, fields: &'static [&'static str]) -> Vec<&'static str> {
        let found = self.found.borrow();
        found.required.get(fields).cloned().unwrap_or_default()
    }

    pub(super) fn note_wanted(&self, missing: (u32, &'static str), wanted: String) {
        self.found.borrow_mut().wanted.insert(missing, wanted);
    }

    pub(super) fn note_struct(&self, node: &Node, fields: &'static [&'static str]) {
        self.found.borrow_mut().structs.insert(node.id, fields);
    }

    pub(super) fn note_unknown(&self, id: u32, known: &'static [&'static str]) {
        self.found.borrow_mut().unknown.insert(id, known);
    }
}
