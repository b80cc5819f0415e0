//! The methods by which serde asks the reader for a value, with the example of each kind.

use serde::de::{DeserializeSeed, Deserializer, VariantAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::access::{Date, Elements, Entries, Read, Variant, word};
use super::fault::{At, Fault, Fields};
use super::reader::{Example, Given, Reader};
use super::shown;
use super::tree::{Node, Value};
use super::wording;

/// A number that few types refuse.
const NUMBER: i64 = 1;

/// The result of a visitor.
type Got<'de, V> = Result<<V as Visitor<'de>>::Value, Fault>;

impl Reader<'_> {
    /// Reads an array of `length` values, and no more.
    fn tuple<'de, V: Visitor<'de>>(self, length: usize, visitor: V) -> Got<'de, V> {
        self.wants(|| shown::array(length));
        match self.from {
            Example { .. } => {
                let inner = self.inner()?;
                let readers = std::iter::repeat_n(inner, length);
                visitor.visit_seq(Elements::new(readers))
            }
            Given(Node {
                value: Value::Array(nodes),
                ..
            }) if nodes.len() > length => Err(Fault::wanted(&shown::array(length)).at(self.at())),
            Given(_) => self.deserialize_any(visitor),
        }
    }
}

/// Writes the methods for values that are neither array nor table, with the kind of each and its
/// example.
macro_rules! scalars {
    ($($method:ident $kind:literal $visit:ident($example:expr))*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Got<'de, V> {
            match self.from {
                Given(_) => self.deserialize_any(visitor),
                Example { .. } => {
                    self.wants(|| wording::wanted($kind));
                    visitor.$visit($example)
                }
            }
        }
    )*};
}

/// Writes the methods for text.
macro_rules! texts {
    ($($method:ident $kind:literal)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Got<'de, V> {
            self.wants(|| wording::wanted($kind));
            match self.given_text() {
                Some(text) => visitor.visit_str(text.read()),
                None => self.deserialize_any(visitor),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Reader<'_> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Got<'de, V> {
        let node = match self.from {
            Given(node) => node,
            Example { of, .. } => return visitor.visit_str(self.notes.example_text(of)),
        };
        if let Some(text) = self.given_text().filter(|_| self.notes.is_text(node)) {
            return visitor.visit_str(text.read());
        }
        match &node.value {
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
            Value::Float(number, _) => visitor.visit_f64(*number),
            Value::Date(date) => visitor.visit_map(Date(Some(date))),
            Value::Huge(_) => Err(Fault::wanted("a number of at most 64 bits")),
            Value::Array(nodes) => {
                let readers = nodes.iter().map(|node| Reader::new(node, self.notes));
                visitor.visit_seq(Elements::new(readers))
            }
            Value::Table(_) => visitor.visit_map(self.entries(node, None, "")),
        }
    }

    scalars! {
        deserialize_bool "a boolean" visit_bool(false)
        deserialize_i8 "i8" visit_i64(NUMBER)
        deserialize_i16 "i16" visit_i64(NUMBER)
        deserialize_i32 "i32" visit_i64(NUMBER)
        deserialize_i64 "i64" visit_i64(NUMBER)
        deserialize_i128 "i128" visit_i64(NUMBER)
        deserialize_u8 "u8" visit_i64(NUMBER)
        deserialize_u16 "u16" visit_i64(NUMBER)
        deserialize_u32 "u32" visit_i64(NUMBER)
        deserialize_u64 "u64" visit_i64(NUMBER)
        deserialize_u128 "u128" visit_i64(NUMBER)
        deserialize_f32 "f32" visit_f64(1.0)
        deserialize_f64 "f64" visit_f64(1.0)
    }

    texts! {
        deserialize_str "a string"
        deserialize_string "a string"
        deserialize_char "a character"
        deserialize_identifier "a string"
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Got<'de, V> {
        match self.from {
            Given(_) => visitor.visit_some(self),
            Example { .. } => visitor.visit_none(),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &str, visitor: V) -> Got<'de, V> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Got<'de, V> {
        self.wants(|| wording::wanted("a sequence"));
        let Given(Node {
            value: Value::Array(nodes),
            ..
        }) = self.from
        else {
            return match self.from {
                Example { .. } => visitor.visit_seq(Elements::<Self>::new([])),
                Given(_) => self.deserialize_any(visitor),
            };
        };
        // Elements of one type may be read in any order.
        let is_last = |node: &&Node| self.notes.is_last(node.id);
        let first = nodes.iter().filter(|node| !is_last(node));
        let nodes = first.chain(nodes.iter().filter(is_last));
        let readers = nodes.map(|node| Reader::new(node, self.notes));
        visitor.visit_seq(Elements::new(readers))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, length: usize, visitor: V) -> Got<'de, V> {
        self.tuple(length, visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &str,
        length: usize,
        visitor: V,
    ) -> Got<'de, V> {
        self.tuple(length, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Got<'de, V> {
        self.wants(|| wording::wanted("a map"));
        match self.from {
            Given(_) => self.deserialize_any(visitor),
            Example { .. } => visitor.visit_map(Entries::<Self>::new(Vec::new())),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: Fields,
        visitor: V,
    ) -> Got<'de, V> {
        // The types of the crate toml pass themselves by private names.
        self.wants(|| {
            wording::wanted(if name.starts_with('$') {
                "a date"
            } else {
                "a map"
            })
        });
        match self.from {
            Given(node) if node.as_table().is_some() => {
                self.notes.note_struct(node, fields);
                visitor.visit_map(self.entries(node, Some(fields), name))
            }
            Given(_) => self.deserialize_any(visitor),
            Example { .. } => {
                let inner = self.inner()?;
                let required = self.notes.required(fields).into_iter();
                let entries: Vec<_> = required.map(|key| (key, inner, None)).collect();
                let read = visitor.visit_map(Entries::new(entries));
                read.map_err(|fault| fault.in_example(fields))
            }
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: Fields,
        visitor: V,
    ) -> Got<'de, V> {
        self.wants(|| wording::one_of(variants));
        let node = match self.from {
            Given(node) => node,
            Example { .. } => {
                let variant = variants.first().copied().unwrap_or_default();
                let reader = self.inner()?;
                return visitor.visit_enum(Variant { variant, reader });
            }
        };
        let read = match (&node.value, self.given_text()) {
            (Value::Text(text), _) => visitor.visit_enum(word(text)),
            (Value::Table(table), _) => match table.iter().next() {
                Some((variant, node)) if table.len() == 1 => {
                    let reader = Reader::new(node, self.notes);
                    visitor.visit_enum(Variant { variant, reader })
                }
                _ => Err(Fault::one_of(variants)),
            },
            (_, Some(text)) => visitor.visit_enum(word(text.read())),
            _ => Err(Fault::one_of(variants)),
        };
        // Serde reads an enum with `tag` and `content` as a struct of its name.
        let is_tag = name == self.inside;
        read.map_err(|fault| {
            if is_tag {
                fault.at(At::Tag(node.id))
            } else {
                fault
            }
        })
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Got<'de, V> {
        if let (Given(node), Some(known)) = (self.from, self.unknown_in) {
            self.notes.note_unknown(node.id, known);
        }
        visitor.visit_unit()
    }

    forward_to_deserialize_any! { bytes byte_buf unit unit_struct }
}

impl<'de> VariantAccess<'de> for Reader<'_> {
    type Error = Fault;

    fn unit_variant(self) -> Result<(), Fault> {
        match self.from {
            Given(node) if !node.is_empty() => Err(Fault::wanted("an empty table").at(self.at())),
            _ => Ok(()),
        }
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Fault> {
        self.read(seed)
    }

    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Got<'de, V> {
        let read = match self.from {
            // The crate toml also takes a table of the keys 0, 1, 2.
            Given(node) if node.is_numbered(length) => {
                let nodes = node.as_table().into_iter().flatten();
                let readers = nodes.map(|(_, node)| Reader::new(node, self.notes));
                visitor.visit_seq(Elements::new(readers))
            }
            _ => self.tuple(length, visitor),
        };
        read.map_err(|fault| fault.at(self.at()))
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: Fields, visitor: V) -> Got<'de, V> {
        let read = self.deserialize_struct("", fields, visitor);
        read.map_err(|fault| fault.at(self.at()))
    }
}
