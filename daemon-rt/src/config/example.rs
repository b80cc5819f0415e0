//! Answers in the place of a value that is missing or wrong, so that the rest of the settings is
//! still read. One run then finds every mistake.
//!
//! An example is of the kind that the type asks for. That kind is also what the error of a missing
//! key says.

use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, IntoDeserializer, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};

use super::fault::Fault;
use super::notes::Notes;
use super::wording;

/// Examples within examples. A type may contain itself.
const DEEPEST: u8 = 16;

/// A number that few types refuse, also as text.
const NUMBER: i64 = 1;
const TEXT: &str = "1";

/// Answers in the place of one value.
#[derive(Clone, Copy)]
pub(super) struct Example<'a> {
    notes: &'a Notes<'a>,
    /// The table and the key of a value that is missing.
    missing: Option<(u32, &'static str)>,
    depth: u8,
}

impl<'a> Example<'a> {
    pub(super) fn new(notes: &'a Notes<'a>) -> Self {
        Self {
            notes,
            missing: None,
            depth: 0,
        }
    }

    pub(super) fn of_missing(notes: &'a Notes<'a>, missing: (u32, &'static str)) -> Self {
        Self {
            missing: Some(missing),
            ..Self::new(notes)
        }
    }

    /// Notes the kind that the type asks for.
    fn is(self, wanted: impl FnOnce() -> String) -> Self {
        if let Some(missing) = self.missing {
            self.notes.note_wanted(missing, wanted());
        }
        self
    }

    /// Notes the kind by a word of serde, such as `u16`.
    fn is_a(self, word: &str) -> Self {
        self.is(|| wording::wanted(word))
    }

    fn inner(self) -> Result<Self, Fault> {
        if self.depth == DEEPEST {
            return Err(Fault::custom("too deep"));
        }
        Ok(Self {
            missing: None,
            depth: self.depth + 1,
            ..self
        })
    }

    fn seq<'de, V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Fault> {
        let inner = self.inner()?;
        visitor.visit_seq(Several { inner, length })
    }

    fn fields<'de, V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let inner = self.inner()?;
        let fields_read = self.notes.required(fields).into_iter();
        let read = visitor.visit_map(Fields {
            inner,
            fields: fields_read,
        });
        read.map_err(|fault| fault.in_example(fields))
    }
}

/// Writes the methods that answer with a value of one kind.
macro_rules! answers {
    ($($method:ident $word:literal $visit:ident($value:expr))*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            self.is_a($word);
            visitor.$visit($value)
        }
    )*};
}

impl<'de> Deserializer<'de> for Example<'_> {
    type Error = Fault;

    answers! {
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
        deserialize_char "a character" visit_char('1')
        deserialize_str "a string" visit_str(TEXT)
        deserialize_string "a string" visit_str(TEXT)
        deserialize_bytes "a string" visit_bytes(TEXT.as_bytes())
        deserialize_byte_buf "a string" visit_bytes(TEXT.as_bytes())
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_str(TEXT)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_unit()
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        visitor.visit_unit()
    }

    /// It is the tag of an enum, which says how to read the value beside it.
    fn deserialize_identifier<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Fault> {
        Err(Fault::custom("a tag"))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_none()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.is_a("a sequence").seq(0, visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.is(|| super::shown::array(length)).seq(length, visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.deserialize_tuple(length, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.is_a("a map").fields(&[], visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        // The types of the crate toml pass themselves by private names.
        let word = if name.starts_with('$') {
            "a date"
        } else {
            "a map"
        };
        self.is_a(word).fields(fields, visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let inner = self.is(|| wording::one_of(variants)).inner()?;
        let variant = variants.first().copied().unwrap_or_default();
        visitor.visit_enum(First { variant, inner })
    }
}

/// Several examples.
struct Several<'a> {
    inner: Example<'a>,
    length: usize,
}

impl<'de> SeqAccess<'de> for Several<'_> {
    type Error = Fault;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Fault> {
        if self.length == 0 {
            return Ok(None);
        }
        self.length -= 1;
        seed.deserialize(self.inner).map(Some)
    }
}

/// The required fields of a struct, each an example.
struct Fields<'a> {
    inner: Example<'a>,
    fields: std::vec::IntoIter<&'static str>,
}

impl<'de> MapAccess<'de> for Fields<'_> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Fault> {
        let field = self.fields.next();
        field.map(|field| seed.deserialize(word(field))).transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        seed.deserialize(self.inner)
    }
}

fn word(text: &str) -> StrDeserializer<'_, Fault> {
    text.into_deserializer()
}

/// The first variant of an enum.
struct First<'a> {
    variant: &'static str,
    inner: Example<'a>,
}

impl<'de, 'a> EnumAccess<'de> for First<'a> {
    type Error = Fault;
    type Variant = Example<'a>;

    fn variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<(S::Value, Example<'a>), Fault> {
        Ok((seed.deserialize(word(self.variant))?, self.inner))
    }
}

impl<'de> VariantAccess<'de> for Example<'_> {
    type Error = Fault;

    fn unit_variant(self) -> Result<(), Fault> {
        Ok(())
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Fault> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Fault> {
        self.seq(length, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.fields(fields, visitor)
    }
}
