//! The key-values of a record, for all formats.

use std::fmt;

use log::kv::{Error, Key, Source, Value, VisitSource, VisitValue};

/// Writes the key-values of one format.
pub(super) trait Pairs {
    /// Writes the key and the text before its value.
    fn key(&mut self, key: &str);

    /// Writes a value that is a number, `true`, `false` or `null`.
    fn bare(&mut self, value: &dyn fmt::Display);

    /// Writes a value that is text.
    fn text(&mut self, value: &dyn fmt::Display);

    /// Writes a value that is one string slice.
    fn str(&mut self, value: &str) {
        self.text(&value);
    }
}

/// Writes all pairs of `source`.
pub(super) fn write(source: &dyn Source, pairs: &mut impl Pairs) {
    // `Each` returns no error. If a source fails by itself, its earlier pairs are kept.
    let _ = source.visit(&mut Each(pairs));
}

struct Each<'a, P>(&'a mut P);

impl<'kvs, P: Pairs> VisitSource<'kvs> for Each<'_, P> {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), Error> {
        self.0.key(key.as_str());
        value.visit(Each(self.0))
    }
}

/// Implements the visits of values that are bare in every format.
macro_rules! bare {
    ($($visit:ident: $value:ty),+) => {$(
        fn $visit(&mut self, value: $value) -> Result<(), Error> {
            self.0.bare(&value);
            Ok(())
        }
    )+};
}

impl<P: Pairs> VisitValue<'_> for Each<'_, P> {
    fn visit_any(&mut self, value: Value<'_>) -> Result<(), Error> {
        self.0.text(&value);
        Ok(())
    }

    fn visit_null(&mut self) -> Result<(), Error> {
        self.0.bare(&"null");
        Ok(())
    }

    bare!(visit_bool: bool, visit_u64: u64, visit_i64: i64, visit_u128: u128, visit_i128: i128);

    /// Writes infinity and NaN as text, because JSON has no number for them.
    fn visit_f64(&mut self, value: f64) -> Result<(), Error> {
        if value.is_finite() {
            self.0.bare(&value);
        } else {
            self.0.text(&value);
        }
        Ok(())
    }

    fn visit_str(&mut self, value: &str) -> Result<(), Error> {
        self.0.str(value);
        Ok(())
    }
}
