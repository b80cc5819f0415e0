//! Values of the environment and of the command line, put into the tree of the file.

use toml::de::DeValue;

use super::shown;
use super::syntax::too_many_braces;
use super::tree::{DEEPEST, GivenText, Node, Numbers, Place, Table, Value};
use crate::error::Error;

/// The source of an override.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// The variable of this name.
    Variable(String),
    /// The option `--set`.
    Option,
}

/// A value that a variable or an option sets.
#[derive(Clone)]
pub(crate) struct Override {
    /// The dotted key, such as `db.url`.
    pub path: String,
    pub text: String,
    pub source: Source,
}

impl Override {
    /// Reads a variable whose name begins with `prefix`, such as `SERVER__`. The rest of the name
    /// is the key: two underscores are a dot, and case is not significant. One underscore is also
    /// the dash of a key `max-size`. A key that itself has two underscores needs the option.
    pub(crate) fn variable(prefix: &str, name: &str, text: &str) -> Option<Self> {
        let rest = name.strip_prefix(prefix)?;
        let keys: Vec<_> = rest
            .split("__")
            .map(|key| shown::key(&key.to_ascii_lowercase()))
            .collect();
        Some(Self {
            path: keys.join("."),
            text: text.to_owned(),
            source: Source::Variable(name.to_owned()),
        })
    }

    /// Reads the argument of `--set`: `db.url=…`.
    ///
    /// # Errors
    /// `ErrorKind::Usage` if it has no `=`.
    pub(crate) fn option(argument: &str) -> Result<Self, Error> {
        let mut quote = None;
        let end = argument.find(|c: char| {
            match (quote, c) {
                (Some(open), _) if open == c => quote = None,
                (None, '"' | '\'') => quote = Some(c),
                _ => {}
            }
            quote.is_none() && c == '='
        });
        let Some((path, text)) = end.map(|end| (&argument[..end], &argument[end + 1..])) else {
            let text = match quote {
                None => "--set: the value is missing; write KEY=VALUE",
                Some(_) => "--set: the key has a quote that is not closed; close it",
            };
            return Err(Error::usage(text));
        };
        Ok(Self {
            path: path.trim().to_owned(),
            text: text.to_owned(),
            source: Source::Option,
        })
    }

    pub(super) fn is_variable(&self) -> bool {
        matches!(self.source, Source::Variable(_))
    }

    /// Returns the error of two variables for one key, whose order the environment does not have.
    pub(super) fn ambiguous(given: &[Self]) -> Option<Error> {
        given.iter().enumerate().find_map(|(at, one)| {
            let mut before = given[..at].iter();
            let is_rival = |other: &&Self| {
                one.is_variable() && other.is_variable() && is_same(&one.path, &other.path)
            };
            let other = before.find(is_rival)?;
            let (one, other) = (one.name(), other.name());
            Some(Error::usage(format!(
                "{one}: {other} sets this key as well; unset one of them"
            )))
        })
    }

    /// Returns its rank among those that are applied. The environment has no order, so a whole table
    /// comes before its keys.
    pub(super) fn rank(&self) -> usize {
        match self.source {
            Source::Variable(_) => self.path.matches('.').count().min(DEEPEST),
            Source::Option => DEEPEST + 1,
        }
    }

    /// Names it in an error: the variable, or the option with its key.
    pub(super) fn name(&self) -> String {
        match &self.source {
            Source::Variable(name) => shown::short(name),
            Source::Option => format!("--set {}", shown::short(&self.path)),
        }
    }

    /// Puts the value into the `root`, but not into its table `own`.
    ///
    /// # Errors
    /// `ErrorKind::Usage` if the key is not one, or leads through a value that is not a table.
    pub(super) fn apply(
        &self,
        own: &str,
        index: usize,
        root: &mut Table,
        numbers: &mut Numbers,
    ) -> Result<(), Error> {
        let keys = keys(&self.path);
        let put = match keys.as_deref() {
            Some([first, ..]) if first == own => Err(format!(
                "the table [{own}] is for the file; use the option of that key"
            )),
            Some(keys) => self.put(Place::Override(index), root, keys, numbers),
            None => Err("the name is not a dotted key; write one such as db.url".to_owned()),
        };
        put.map_err(|why| Error::usage(format!("{}: {why}", self.name())))
    }

    fn put(
        &self,
        place: Place,
        table: &mut Table,
        keys: &[String],
        numbers: &mut Numbers,
    ) -> Result<(), String> {
        let Some((key, below)) = keys.split_first() else {
            return Ok(());
        };
        let key = self.known(table, key);
        if below.is_empty() {
            table.insert(key, self.node(place, numbers));
            return Ok(());
        }
        let name = shown::short(&shown::key(&key));
        let empty = || numbers.node(place, Value::Table(Table::new()));
        match &mut table.entry(key).or_insert_with(empty).value {
            Value::Table(table) => self.put(place, table, below, numbers),
            Value::Array(_) => Err(format!(
                "`{name}` is an array; set it as a whole, such as [1, 2]"
            )),
            _ => Err(format!("`{name}` is not a table; set it as a whole")),
        }
    }

    /// Returns the key of the table that a variable means.
    fn known(&self, table: &Table, key: &str) -> String {
        let mut keys = table.keys();
        let known = || keys.find(|known| self.is_variable() && is_same(known, key));
        let is_there = table.contains_key(key);
        (!is_there)
            .then(known)
            .flatten()
            .map_or(key, |known| known)
            .to_owned()
    }

    /// Reads the text as a TOML value, or as it is.
    fn node(&self, place: Place, numbers: &mut Numbers) -> Node {
        let text = Some(self.text.trim()).filter(|text| too_many_braces(text).is_none());
        let value = text.and_then(|text| DeValue::parse(text).ok());
        let node = value.and_then(|value| numbers.given(value, place));
        let mut node = node.unwrap_or_else(|| numbers.node(place, Value::Text(self.text.clone())));
        node.text = Some(GivenText::new(self.text.clone()));
        node
    }
}

/// Returns the keys of a dotted name, as TOML reads them.
fn keys(path: &str) -> Option<Vec<String>> {
    let (mut keys, mut rest) = (Vec::new(), path);
    loop {
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''));
        let (key, after) = if let Some(quote) = quote {
            rest[1..].split_once(quote)?
        } else {
            let bare = rest.split_at(rest.find('.').unwrap_or(rest.len()));
            shown::is_bare(bare.0).then_some(bare)?
        };
        keys.push(key.to_owned());
        if after.is_empty() {
            return (keys.len() < DEEPEST).then_some(keys);
        }
        rest = after.strip_prefix('.')?;
    }
}

/// Returns whether the names differ in case, dashes and underscores at most.
pub(super) fn is_same(a: &str, b: &str) -> bool {
    let letters = |name: &str| -> String {
        let letters = name.chars().filter(|c| !matches!(c, '-' | '_'));
        letters.map(|c| c.to_ascii_lowercase()).collect()
    };
    letters(a) == letters(b)
}
