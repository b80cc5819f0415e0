//! Reads a tree as the user's type, by the rules of the crate toml.
//!
//! Beyond those it notes the keys that nobody reads, the names that a struct has, and the number of
//! the value that is wrong. It reads an override's text as text where the type asks for text.
//!
//! In the place of a value that is missing or wrong it answers with an example of the kind that the
//! type asks for. So the rest is read as well, and one run finds every mistake.

use serde::de::DeserializeSeed;

use super::access::{Entries, Read};
use super::fault::{At, Fault, Fields, Key};
use super::notes::Notes;
use super::overrides::is_same;
use super::tree::{GivenText, Node, Place, Value};

/// Examples within examples. A type may contain itself.
const DEEPEST: u8 = 16;

/// Reads one value.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    pub(super) from: Source<'a>,
    pub(super) notes: &'a Notes<'a>,
    /// The fields of the struct around it, if its own key is not among them.
    pub(super) unknown_in: Option<Fields>,
    /// The name of the type around it.
    pub(super) inside: &'static str,
}

#[derive(Clone, Copy)]
pub(super) enum Source<'a> {
    Given(&'a Node),
    Example { of: Key, depth: u8 },
}

pub(super) use self::Source::{Example, Given};

impl<'a> Reader<'a> {
    pub(super) fn new(node: &'a Node, notes: &'a Notes<'a>) -> Self {
        Self::of(Given(node), notes)
    }

    pub(super) fn of(from: Source<'a>, notes: &'a Notes<'a>) -> Self {
        Self {
            from,
            notes,
            unknown_in: None,
            inside: "",
        }
    }

    /// Returns the text of an override, if the value is not a string anyway.
    pub(super) fn given_text(&self) -> Option<&'a GivenText> {
        match self.from {
            Given(node) if !matches!(node.value, Value::Text(_)) => node.text.as_ref(),
            _ => None,
        }
    }

    /// Notes the kind that the type asks for where a key is missing.
    pub(super) fn wants(&self, kind: impl FnOnce() -> String) {
        if let Example { of, depth: 0 } = self.from {
            self.notes.note_wanted(of, kind);
        }
    }

    /// Returns a reader of an example in this one.
    pub(super) fn inner(&self) -> Result<Self, Fault> {
        match self.from {
            Example { of, depth } if depth < DEEPEST => {
                let depth = depth + 1;
                Ok(Self::of(Example { of, depth }, self.notes))
            }
            _ => Err(Fault::wanted("less depth")),
        }
    }

    /// Returns the keys and values of a table: first those that can be read, at the end examples of
    /// those that it lacks.
    pub(super) fn entries(
        self,
        node: &'a Node,
        fields: Option<Fields>,
        inside: &'static str,
    ) -> Entries<'a, Self> {
        let notes = self.notes;
        let mut entries = Vec::new();
        let rounds = if notes.has_last() {
            &[false, true][..]
        } else {
            &[false]
        };
        for is_last in rounds.iter().copied() {
            for (key, node) in node.as_table().into_iter().flatten() {
                if notes.is_left_out(node) || notes.is_last(node.id) != is_last {
                    continue;
                }
                let mut reader = Self::new(node, notes);
                let name = self.name(key, node, fields);
                reader.unknown_in = fields.filter(|fields| !fields.contains(&name));
                reader.inside = inside;
                entries.push((name, reader, Some(node.id)));
            }
        }
        let lacking = notes.lacking(node.id).into_iter().map(|key| {
            let (of, depth) = (Key(node.id, key), 0);
            (key, Self::of(Example { of, depth }, notes), None)
        });
        entries.extend(lacking);
        Entries::new(entries)
    }

    /// Returns the name by which the type knows a key. A variable's has neither case nor dashes.
    fn name(self, key: &'a str, node: &Node, fields: Option<Fields>) -> &'a str {
        let is_variable = match node.place {
            Place::Override(index) => self.notes.is_variable(index),
            Place::File { .. } => false,
        };
        let fields = fields.filter(|fields| is_variable && !fields.contains(&key));
        let mut fields = fields.into_iter().flatten();
        fields.find(|field| is_same(field, key)).unwrap_or(&key)
    }
}

impl Read for Reader<'_> {
    /// Reads the value, or an example in its place.
    fn read<'de, S: DeserializeSeed<'de>>(mut self, seed: S) -> Result<S::Value, Fault> {
        let at = self.at();
        if let Given(node) = self.from
            && self.notes.is_example(node)
        {
            let (of, depth) = (Key::of_value(node.id), 0);
            self.from = Example { of, depth };
        }
        seed.deserialize(self).map_err(|fault| fault.at(at))
    }

    fn at(&self) -> At {
        match self.from {
            Given(node) => At::Value(node.id),
            Example { of, .. } => At::Example(of),
        }
    }
}
