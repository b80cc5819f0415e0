//! Reads the user's type as often as it takes to find every mistake.
//!
//! The first pass is the only one if there is none. Otherwise the next pass has an example in the
//! place of each value that is wrong or missing, so it gets further.

use std::cell::OnceCell;
use std::marker::PhantomData;

use serde::de::DeserializeOwned;

use super::access::Read;
use super::document::Document;
use super::fault::{At, Fault, Fields, Key, Parts, What};
use super::notes::{EXAMPLES, Found, MOST, Mistake, Notes};
use super::reader::Reader;
use super::shown;
use super::tree::{Index, Node, Value};

/// Examples may take more passes than there are mistakes.
const PASSES: u32 = 100;

/// The passes over one document.
pub(super) struct Pass<'a> {
    root: &'a Node,
    notes: Notes<'a>,
    /// It is made when there is a mistake.
    index: OnceCell<Index<'a>>,
}

impl<'a> Pass<'a> {
    pub(super) fn new(document: &'a Document) -> Self {
        Self {
            root: &document.root,
            notes: Notes::new(document),
            index: OnceCell::new(),
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
                Ok(_) => return Err(self.finish(true)),
                Err(fault) => {
                    if !self.learn(fault) {
                        return Err(self.finish(true));
                    }
                }
            }
            if self.notes.found.borrow().mistakes.len() > MOST {
                break;
            }
        }
        Err(self.finish(false))
    }

    fn is_clean(&self) -> bool {
        let found = self.notes.found.borrow();
        found.mistakes.is_empty() && found.unknown.is_empty()
    }

    fn finish(&self, is_whole: bool) -> Box<Found> {
        let mut found = Box::new(self.notes.found.take());
        found.is_whole = is_whole;
        for mistake in &mut found.mistakes {
            if let Mistake::Missing { table, key, wanted } = mistake {
                let wants = found.wanted.iter().find(|(of, _)| *of == Key(*table, key));
                *wanted = wants.map(|(_, wanted)| wanted.clone());
            }
        }
        let unknown = std::mem::take(&mut found.unknown).into_iter();
        let unknown = unknown.map(|(id, known)| Mistake::Unknown { id, known });
        found.mistakes.extend(unknown);
        found
    }

    fn index(&self) -> &Index<'a> {
        self.index.get_or_init(|| Index::new(self.root))
    }

    /// Notes the mistake, and returns whether another pass could find one more.
    fn learn(&self, fault: Fault) -> bool {
        let Parts { what, at, example } = fault.into_parts();
        if let (Some(fields), What::Missing(key)) = (example, &what) {
            let mut found = self.notes.found.borrow_mut();
            if !found.required.contains(&(fields, *key)) {
                found.required.push((fields, *key));
                return true;
            }
        }
        let (id, is_key) = match at.unwrap_or(At::Value(self.root.id)) {
            At::Value(id) => return self.learn_of_value(id, what),
            At::Example(key) => return self.try_other(key) || self.replace(key.0),
            At::Tag(id) => (id, false),
            At::Key(id) => (id, true),
        };
        if let (true, What::Unknown { known, .. }) = (is_key, &what) {
            return self.leave_out(id, known);
        }
        self.note(Mistake::Wrong { id, is_key, what });
        self.replace(self.index().above(id))
    }

    fn learn_of_value(&self, id: u32, what: What) -> bool {
        let node = self.index().node(id);
        if self.notes.is_example(node) {
            return self.replace(id);
        }
        if let What::Missing(key) = what {
            return self.add(id, key) || self.replace(id);
        }
        // After an example further down, it may be the example that is wrong.
        if self.has_example(id) {
            return self.replace(id);
        }
        let is_value = !matches!(node.value, Value::Text(_));
        let mut found = self.notes.found.borrow_mut();
        let text = found.texts.iter().position(|(of, _)| *of == id);
        if node.text.is_some() && is_value && text.is_none() {
            found.texts.push((id, what));
            return true;
        }
        let what = text.map_or(what, |at| found.texts.swap_remove(at).1);
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
        if found.lacking.contains(&Key(table, key)) {
            return false;
        }
        found.lacking.push(Key(table, key));
        let wanted = None;
        found.mistakes.push(Mistake::Missing { table, key, wanted });
        true
    }

    fn leave_out(&self, id: u32, known: Fields) -> bool {
        self.notes.note_unknown(id, known);
        self.notes.found.borrow_mut().left_out.insert(id)
    }

    /// Has an example read in the place of the value. If its type refuses each, reads it after its
    /// neighbours, and then reads an example of what is around it.
    fn replace(&self, mut id: u32) -> bool {
        while id != self.root.id {
            let is_new = self.notes.found.borrow_mut().examples.insert(id);
            if is_new
                || self.try_other(Key::of_value(id))
                || self.notes.found.borrow_mut().last.insert(id)
            {
                return true;
            }
            id = self.index().above(id);
        }
        false
    }

    /// Tries another text as an example, if it is a text.
    fn try_other(&self, example: Key) -> bool {
        let mut found = self.notes.found.borrow_mut();
        let tried = found.tried.iter_mut().find(|(key, _)| *key == example);
        tried.is_some_and(|(_, number)| {
            *number += 1;
            *number < EXAMPLES.len()
        })
    }

    /// Returns whether an example is read in the table or array.
    fn has_example(&self, id: u32) -> bool {
        let found = self.notes.found.borrow();
        let mut examples = found
            .examples
            .iter()
            .chain(found.lacking.iter().map(|Key(table, _)| table));
        examples.any(|example| {
            let mut at = *example;
            while at != id && at != self.root.id {
                at = self.index().above(at);
            }
            at == id
        })
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
