//! The table `[daemon]` of the file: those keys of the runtime that neither a verb nor anything
//! before the privilege drop needs. Otherwise root would obey a file of the daemon's user.

use super::document::{DAEMON, Document};
use super::shown;
use super::tree::{Node, Value};
use super::wording::{keys, nearest};
use crate::error::Error;
use crate::spec;

/// The keys that the file may set.
const KEYS: &[&str] = &[
    "log_level",
    "log_limit",
    "log_repeats",
    "interval",
    "hang_after",
    "drain",
];

/// Writes the names of all keys of the runtime.
macro_rules! names {
    ($(
        $(#[$doc:meta])*
        $key:ident($argument:ty) $into:path: $field:ty = $default:expr;
        $value:literal, $verbs:ident, $read:ident, $help:literal;
    )*) => {
        const ALL: &[&str] = &[$(stringify!($key)),*];
    };
}

spec::keys!(names);

impl Document {
    /// Returns the keys of the table `[daemon]` with their values as text.
    ///
    /// # Errors
    /// `ErrorKind::NotConfigured` with every key that the table may not have, and every value that
    /// is not text, a number, true or false.
    pub(crate) fn runtime_keys(&self) -> Result<Vec<(&'static str, String)>, Error> {
        let Some(own) = &self.own else {
            return Ok(Vec::new());
        };
        let Some(table) = own.as_table() else {
            let place = self.place(own, false);
            return Err(Error::not_configured(format!(
                "{place}: {DAEMON}: found {}, wanted a table; write [{DAEMON}]",
                shown::found(own, false)
            )));
        };
        let (mut read, mut mistakes) = (Vec::new(), Vec::new());
        let nodes: Vec<_> = table.iter().collect();
        let places: Vec<_> = table.values().map(|node| node.place).collect();
        let order = Self::in_order(&places).into_iter();
        for (name, node) in order.filter_map(|at| nodes.get(at).copied()) {
            match KEYS.iter().find(|key| *key == name) {
                None => mistakes.push(self.refused(name, node)),
                Some(key) => match text(node) {
                    Some(text) => read.push((*key, text)),
                    None => mistakes.push(format!(
                        "{}: {DAEMON}.{key}: found {}, wanted a string; write it in quotes",
                        self.place(node, false),
                        shown::found(node, false)
                    )),
                },
            }
        }
        if mistakes.is_empty() {
            Ok(read)
        } else {
            Err(Error::not_configured(mistakes.join("\n")))
        }
    }

    /// Creates the error of a value of `[daemon]` that its key does not take.
    pub(crate) fn wrong(&self, key: &str, why: &str) -> Error {
        let table = self.own.as_ref().and_then(Node::as_table);
        let place = table
            .and_then(|table| table.get(key))
            .map_or_else(|| self.file.to_string(), |node| self.place(node, false));
        Error::not_configured(format!("{place}: {DAEMON}.{key}: {why}"))
    }

    fn refused(&self, name: &str, node: &Node) -> String {
        let place = self.place(node, true);
        let shown = shown::short(&shown::key(name));
        let advice = if ALL.contains(&name) {
            let option = name.replace('_', "-");
            format!("the file may not set this key; pass the option --{option}")
        } else if let Some(near) = nearest(name, KEYS) {
            format!("unknown key; did you mean `{near}`?")
        } else {
            format!("unknown key; use {}, or remove it", keys(KEYS))
        };
        format!("{place}: {DAEMON}.{shown}: {advice}")
    }
}

fn text(node: &Node) -> Option<String> {
    match &node.value {
        Value::Text(text) => Some(text.clone()),
        Value::Array(_) | Value::Table(_) => None,
        _ => Some(shown::value(node, false)),
    }
}
