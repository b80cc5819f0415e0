//! Reads the user's type as often as it takes to find every mistake.
//!
//! The first pass is the only one if there is none. Otherwise the next pass has an example in the
//! place of each value that is wrong or missing, so it gets further.

use std::marker::PhantomData;

use serde::de::DeserializeOwned;

use super::document::Document;
use super::fault::{At, Fault, Parts, What};
use super::notes::{Found, Mistake, Notes};
use super::reader::Reader;
use super::shown;
use super::tree::{Node, Value};

/// A file with more mistakes than this is hardly a file of settings.
const PASSES: u32 = 100;

/// The passes over one document.
pub(super) struct Pass<'a> {
    root: &'a Node,
    notes: Notes<'a>,
}

impl<'a> Pass<'a> {
    pub(super) fn new(document: &'a Document) -> Self {
        Self {
            root: &document.root,
            notes: Notes::new(document),
        }
    }

    /// Reads the document as a `T`.
    ///
    /// # Errors
    /// There is a mistake. The error has every one.
    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<T, Box<Found>> {
        for _ in 0..PASSES {
            match Reader::new(self.root, &self.notes).read(PhantomData::<T>) {
                Ok(value) if self.is_clean() => return Ok(value),
                Ok(_) => break,
                Err(fault) => {
                    if !self.learn(fault) {
                        break;
                    }
                }
            }
        }
        Err(Box::new(self.finish()))
    }

    fn is_clean(&self) -> bool {
        let found = self.notes.found.borrow();
        found.mistakes.is_empty() && found.unknown.is_empty()
    }

    fn finish(&self) -> Found {
        let mut found = self.notes.found.take();
        for mistake in &mut found.mistakes {
            if let Mistake::Missing { table, key, wanted } = mistake {
                *wanted = found.wanted.remove(&(*table, key));
            }
        }
        found
    }

    /// Notes the mistake, and returns whether another pass could find one more.
    fn learn(&self, fault: Fault) -> bool {
        let Parts { what, at, example } = fault.into_parts();
        if let (Some(fields), What::Missing(key)) = (example, &what) {
            let mut found = self.notes.found.borrow_mut();
            let keys = found.required.entry(fields).or_default();
            if !keys.contains(key) {
                keys.push(key);
                return true;
            }
        }
        match (at.unwrap_or(At::Value(self.root.id)), what) {
            (At::Example(table), _) => self.replace(table),
            (At::Key(id), What::Unknown { known, .. }) => self.leave_out(id, known),
            (At::Key(id), what) => {
                let is_key = true;
                self.note(Mistake::Wrong { id, is_key, what });
                self.replace(self.above(id))
            }
            (At::Value(id), what) => self.learn_of_value(id, what),
        }
    }

    fn learn_of_value(&self, id: u32, what: What) -> bool {
        let way = self.root.way(id);
        let node = way.last().map_or(self.root, |(_, node)| node);
        if let What::Missing(key) = what {
            return self.add(id, key) || self.replace(id);
        }
        // After an example further down, it may be the example that is wrong.
        if self.has_example(node) {
            return self.replace(id);
        }
        let is_value = !matches!(node.value, Value::Text(_));
        let mut found = self.notes.found.borrow_mut();
        if node.text.is_some() && is_value && !found.texts.contains_key(&id) {
            found.texts.insert(id, what);
            return true;
        }
        let what = found.texts.remove(&id).unwrap_or(what);
        drop(found);
        if let (Some(table), Some(key)) = (node.as_table(), what.unknown_key())
            && let Some(node) = table.get(key)
        {
            return self.leave_out(node.id, &[]);
        }
        // Below `flatten` and in an untagged enum, serde does not say which value it is.
        let id = match &what {
            What::Wrong { found, .. } | What::Word { found, .. } => alone(node, found),
            _ => None,
        }
        .unwrap_or(id);
        let is_key = false;
        self.note(Mistake::Wrong { id, is_key, what });
        self.replace(id)
    }

    fn note(&self, mistake: Mistake) {
        self.notes.found.borrow_mut().mistakes.push(mistake);
    }

    /// Notes that the table lacks the key, and adds an example of it.
    fn add(&self, table: u32, key: &'static str) -> bool {
        let mut found = self.notes.found.borrow_mut();
        let keys = found.lacking.entry(table).or_default();
        if keys.contains(&key) {
            return false;
        }
        keys.push(key);
        let wanted = None;
        found.mistakes.push(Mistake::Missing { table, key, wanted });
        true
    }

    fn leave_out(&self, id: u32, known: &'static [&'static str]) -> bool {
        self.notes.note_unknown(id, known);
        self.notes.found.borrow_mut().left_out.insert(id)
    }

    /// Has an example read in the place of the value, or else of the table around it.
    fn replace(&self, mut id: u32) -> bool {
        while id != self.root.id {
            if self.notes.found.borrow_mut().examples.insert(id) {
                return true;
            }
            id = self.above(id);
        }
        false
    }

    /// Returns the number of the table or array that has the value.
    fn above(&self, id: u32) -> u32 {
        let way = self.root.way(id);
        let above = way.iter().rev().nth(1);
        above.map_or(self.root.id, |(_, node)| node.id)
    }

    /// Returns whether an example is read for the value, or for a value in it.
    fn has_example(&self, node: &Node) -> bool {
        let found = self.notes.found.borrow();
        let is_lacking = found.lacking.contains_key(&node.id);
        is_lacking || found.examples.contains(&node.id) || {
            let mut children = node.children().into_iter();
            children.any(|(_, child)| self.has_example(child))
        }
    }
}

/// Returns the one value in the table or array that is described so.
fn alone(node: &Node, description: &str) -> Option<u32> {
    let mut found = Vec::new();
    collect(node, description, &mut found);
    match found.as_slice() {
        [id] => Some(*id),
        _ => None,
    }
}

fn collect(node: &Node, description: &str, into: &mut Vec<u32>) {
    for (_, child) in node.children() {
        if shown::found(child, false) == description {
            into.push(child.id);
        }
        collect(child, description, into);
    }
}
