//! Reads the parts of a value: the elements of an array, the entries of a table, the variant of an
//! enum.

use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeSeed, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess,
};

use super::fault::{At, Fault};
use super::key::KeyReader;

/// The field under which the crate toml passes a date.
const DATE: &str = "$__toml_private_datetime";

pub(super) fn word(text: &str) -> StrDeserializer<'_, Fault> {
    text.into_deserializer()
}

/// Passes a date as the crate toml does.
pub(super) struct Date<'a>(pub Option<&'a str>);

impl<'de> MapAccess<'de> for Date<'_> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Fault> {
        let key = self.0.map(|_| seed.deserialize(word(DATE)));
        key.transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        seed.deserialize(word(self.0.take().unwrap_or_default()))
    }
}

/// Reads one value.
pub(super) trait Read {
    fn read<'de, S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Fault>;

    /// Returns where its error is.
    fn at(&self) -> At;
}

/// Reads the elements of an array.
pub(super) struct Elements<R>(std::vec::IntoIter<R>);

impl<R: Read> Elements<R> {
    pub(super) fn new(readers: impl IntoIterator<Item = R>) -> Self {
        Self(Vec::from_iter(readers).into_iter())
    }
}

impl<'de, R: Read> SeqAccess<'de> for Elements<R> {
    type Error = Fault;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Fault> {
        let reader = self.0.next();
        reader.map(|reader| reader.read(seed)).transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

/// Reads the keys and values of a table. A key of the table has its number.
pub(super) struct Entries<'a, R> {
    entries: std::vec::IntoIter<(&'a str, R, Option<u32>)>,
    next: Option<R>,
}

impl<'a, R: Read> Entries<'a, R> {
    pub(super) fn new(entries: Vec<(&'a str, R, Option<u32>)>) -> Self {
        Self {
            entries: entries.into_iter(),
            next: None,
        }
    }
}

impl<'de, R: Read> MapAccess<'de> for Entries<'_, R> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Fault> {
        let Some((key, reader, id)) = self.entries.next() else {
            return Ok(None);
        };
        let at = id.map_or_else(|| reader.at(), At::Key);
        self.next = Some(reader);
        let read = seed.deserialize(KeyReader(key));
        read.map(Some).map_err(|fault| fault.at(at))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        match self.next.take() {
            Some(reader) => reader.read(seed),
            None => Err(Fault::wanted("a key before its value")),
        }
    }
}

/// Reads an enum: a table of one key, the variant, or an example.
pub(super) struct Variant<'a, R> {
    pub variant: &'a str,
    pub reader: R,
}

impl<'de, R: Read + VariantAccess<'de, Error = Fault>> EnumAccess<'de> for Variant<'_, R> {
    type Error = Fault;
    type Variant = R;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, R), Fault> {
        let at = match self.reader.at() {
            At::Value(id) => At::Key(id),
            at => at,
        };
        let variant = seed.deserialize(KeyReader(self.variant));
        Ok((variant.map_err(|fault| fault.at(at))?, self.reader))
    }
}
