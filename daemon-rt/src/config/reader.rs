//! Reads a tree as the user's type, by the rules of the crate toml.
//!
//! Beyond those it notes the keys that nobody reads, the names that a struct has, and the number of
//! the value that is wrong. It reads an override's text as text where the type asks for text.

use std::collections::btree_map;

use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::example::Example;
use super::fault::{At, Fault};
use super::key::KeyReader;
use super::notes::Notes;
use super::overrides::is_same;
use super::shown;
use super::tree::{Node, Place, Table, Value};

/// The field under which the crate toml passes a date.
const DATE: &str = "$__toml_private_datetime";

/// Reads one value.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    node: &'a Node,
    notes: &'a Notes<'a>,
    /// The keys of its struct, if the value's own is not among them.
    unknown_in: Option<&'static [&'static str]>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(node: &'a Node, notes: &'a Notes<'a>) -> Self {
        Self {
            node,
            notes,
            unknown_in: None,
        }
    }

    /// Reads the value, or an example in its place.
    pub(super) fn read<'de, S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Fault> {
        let Self { node, notes, .. } = self;
        if notes.is_example(node) {
            seed.deserialize(Example::new(notes))
        } else {
            seed.deserialize(self)
        }
        .map_err(|fault| fault.at(At::Value(node.id)))
    }

    /// Returns the text of an override, if the value is not a string anyway.
    fn given_text(&self) -> Option<&'a str> {
        match &self.node.value {
            Value::Text(_) => None,
            _ => self.node.text.as_deref(),
        }
    }

    /// Reads an array of `length` values, and no more.
    fn tuple<'de, V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Fault> {
        match &self.node.value {
            Value::Array(nodes) if nodes.len() > length => {
                Err(Fault::wanted(&shown::array(length)).at(At::Value(self.node.id)))
            }
            _ => self.deserialize_any(visitor),
        }
    }
}

impl<'de> Deserializer<'de> for Reader<'_> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if let Some(text) = self.given_text().filter(|_| self.notes.is_text(self.node)) {
            return visitor.visit_str(text);
        }
        match &self.node.value {
            Value::Text(text) => visitor.visit_str(text),
            Value::Bool(is_set) => visitor.visit_bool(*is_set),
            Value::Integer(number) => {
                if let Ok(number) = i64::try_from(*number) {
                    visitor.visit_i64(number)
                } else if let Ok(number) = u64::try_from(*number) {
                    visitor.visit_u64(number)
                } else {
                    visitor.visit_i128(*number)
                }
            }
            Value::Float(number) => visitor.visit_f64(*number),
            Value::Date(date) => visitor.visit_map(Date(Some(date))),
            Value::Huge(_) => Err(Fault::wanted("a number of at most 64 bits")),
            Value::Array(nodes) => visitor.visit_seq(Elements::new(nodes, self.notes)),
            Value::Table(table) => visitor.visit_map(Entries::new(table, None, self)),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.given_text() {
            Some(text) => visitor.visit_str(text),
            None => self.deserialize_any(visitor),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_str(visitor)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_str(visitor)
    }

    /// Only the tag of an enum is asked for by this. Another tag would need another content.
    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.tuple(length, visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.tuple(length, visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let Some(table) = self.node.as_table() else {
            return self.deserialize_any(visitor);
        };
        self.notes.note_struct(self.node, fields);
        visitor.visit_map(Entries::new(table, Some(fields), self))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match (&self.node.value, self.given_text()) {
            (Value::Text(text), _) => visitor.visit_enum(word(text)),
            (Value::Table(table), _) => match table.iter().next() {
                Some((variant, node)) if table.len() == 1 => visitor.visit_enum(Variant {
                    variant,
                    reader: Self::new(node, self.notes),
                }),
                _ => Err(Fault::one_of(variants)),
            },
            (_, Some(text)) => visitor.visit_enum(word(text)),
            _ => Err(Fault::one_of(variants)),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if let Some(known) = self.unknown_in {
            self.notes.note_unknown(self.node.id, known);
        }
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool u8 u16 u32 u64 i8 i16 i32 i64 u128 i128 f32 f64 bytes byte_buf unit unit_struct seq map
    }
}

fn word(text: &str) -> StrDeserializer<'_, Fault> {
    text.into_deserializer()
}

/// Passes a date as the crate toml does.
struct Date<'a>(Option<&'a str>);

impl<'de> MapAccess<'de> for Date<'_> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Fault> {
        match self.0 {
            Some(_) => seed.deserialize(word(DATE)).map(Some),
            None => Ok(None),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        seed.deserialize(word(self.0.take().unwrap_or_default()))
    }
}

/// Reads the elements of an array.
struct Elements<'a> {
    nodes: std::vec::IntoIter<&'a Node>,
    notes: &'a Notes<'a>,
}

impl<'a> Elements<'a> {
    fn new(nodes: impl IntoIterator<Item = &'a Node>, notes: &'a Notes<'a>) -> Self {
        let nodes: Vec<_> = nodes.into_iter().collect();
        let nodes = nodes.into_iter();
        Self { nodes, notes }
    }
}

impl<'de> SeqAccess<'de> for Elements<'_> {
    type Error = Fault;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Fault> {
        let node = self.nodes.next();
        node.map(|node| Reader::new(node, self.notes).read(seed))
            .transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.nodes.len())
    }
}

/// Reads the keys and values of a table, then the examples of what it lacks.
struct Entries<'a> {
    given: btree_map::Iter<'a, String, Node>,
    lacking: std::vec::IntoIter<&'static str>,
    fields: Option<&'static [&'static str]>,
    notes: &'a Notes<'a>,
    table: u32,
    next: Option<Entry<'a>>,
}

#[derive(Clone, Copy)]
enum Entry<'a> {
    Given(Reader<'a>),
    Lacking(&'static str),
}

impl<'a> Entries<'a> {
    fn new(table: &'a Table, fields: Option<&'static [&'static str]>, reader: Reader<'a>) -> Self {
        Self {
            given: table.iter(),
            lacking: reader.notes.lacking(reader.node.id).into_iter(),
            fields,
            notes: reader.notes,
            table: reader.node.id,
            next: None,
        }
    }

    /// Returns the name by which the type knows a key. A variable's has neither case nor dashes.
    fn name(&self, key: &'a str, node: &Node) -> &'a str {
        let fields = self.fields.unwrap_or_default();
        let is_variable = || match node.place {
            Place::Override(index) => self.notes.is_variable(index),
            Place::File { .. } => false,
        };
        if fields.contains(&key) || !is_variable() {
            return key;
        }
        let mut fields = fields.iter();
        fields.find(|field| is_same(field, key)).unwrap_or(&key)
    }
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Fault> {
        for (key, node) in self.given.by_ref() {
            if self.notes.is_left_out(node) {
                continue;
            }
            let name = self.name(key, node);
            let mut reader = Reader::new(node, self.notes);
            reader.unknown_in = self.fields.filter(|fields| !fields.contains(&name));
            self.next = Some(Entry::Given(reader));
            let read = seed.deserialize(KeyReader(name));
            return read.map(Some).map_err(|fault| fault.at(At::Key(node.id)));
        }
        let Some(name) = self.lacking.next() else {
            return Ok(None);
        };
        self.next = Some(Entry::Lacking(name));
        seed.deserialize(KeyReader(name)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        match self.next.take() {
            Some(Entry::Given(reader)) => reader.read(seed),
            Some(Entry::Lacking(name)) => seed
                .deserialize(Example::of_missing(self.notes, (self.table, name)))
                .map_err(|fault| fault.at(At::Example(self.table))),
            None => Err(Fault::wanted("a key before its value")),
        }
    }
}

/// Reads an enum that is a table of one key, the variant.
struct Variant<'a> {
    variant: &'a str,
    reader: Reader<'a>,
}

impl<'de, 'a> EnumAccess<'de> for Variant<'a> {
    type Error = Fault;
    type Variant = Reader<'a>;

    fn variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<(S::Value, Reader<'a>), Fault> {
        let variant = seed.deserialize(KeyReader(self.variant));
        let at = At::Key(self.reader.node.id);
        Ok((variant.map_err(|fault| fault.at(at))?, self.reader))
    }
}

impl<'de> VariantAccess<'de> for Reader<'_> {
    type Error = Fault;

    fn unit_variant(self) -> Result<(), Fault> {
        match &self.node.value {
            Value::Array(nodes) if nodes.is_empty() => Ok(()),
            Value::Table(table) if table.is_empty() => Ok(()),
            _ => Err(Fault::wanted("an empty table").at(At::Value(self.node.id))),
        }
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Fault> {
        self.read(seed)
    }

    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Fault> {
        let read = match &self.node.value {
            // The crate toml also takes a table of the keys 0, 1, 2.
            Value::Table(table)
                if table.len() == length
                    && (0..)
                        .zip(table.keys())
                        .all(|(at, key): (usize, _)| key.parse() == Ok(at)) =>
            {
                visitor.visit_seq(Elements::new(table.values(), self.notes))
            }
            _ => self.tuple(length, visitor),
        };
        read.map_err(|fault| fault.at(At::Value(self.node.id)))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let at = At::Value(self.node.id);
        self.deserialize_struct("", fields, visitor)
            .map_err(|fault| fault.at(at))
    }
}
