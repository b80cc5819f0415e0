//! Writes the mistakes as one error, a line each, in the order of the file.

use serde::de::DeserializeOwned;

use super::document::Document;
use super::fault::What;
use super::notes::{Found, Mistake};
use super::pass::Pass;
use super::shown::{self, dotted};
use super::tree::{Node, Place, Step, Value};
use super::wording::{cure, keys, nearest, one_of, wanted};
use crate::error::Error;
use crate::os::escape::printable;

/// The number of mistakes that an error lists.
const MOST: usize = 50;

/// A value, and the way to it.
struct Way<'a> {
    name: String,
    is_secret: bool,
    node: &'a Node,
}

impl Document {
    /// Reads everything but the table `[daemon]` as a `T`.
    ///
    /// # Errors
    /// `ErrorKind::NotConfigured` with every mistake, a line each.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T, Error> {
        Pass::new(self).read().map_err(|found| self.error(&found))
    }

    fn error(&self, found: &Found) -> Error {
        let wrong = found.mistakes.iter().map(|mistake| match mistake {
            Mistake::Wrong { id, is_key, what } => self.wrong_value(*id, *is_key, what),
            Mistake::Missing { table, key, wanted } => self.missing(*table, key, wanted.as_deref()),
        });
        let unknown = found.unknown.iter();
        let unknown = unknown.map(|(id, known)| self.unknown(*id, known, found));
        let mut lines: Vec<_> = wrong.chain(unknown).collect();
        lines.sort();
        let more = lines.len().saturating_sub(MOST);
        let mut text: Vec<_> = lines
            .into_iter()
            .take(MOST)
            .map(|(_, line)| printable(&line))
            .collect();
        if more > 0 {
            text.push(format!("{more} more mistakes"));
        }
        Error::not_configured(text.join("\n"))
    }

    fn way(&self, id: u32) -> Way<'_> {
        let way = self.root.way(id);
        Way {
            name: dotted(way.iter().map(|(step, _)| *step)),
            is_secret: way.iter().any(|(step, _)| shown::is_secret(*step)),
            node: way.last().map_or(&self.root, |(_, node)| node),
        }
    }

    /// Returns the beginning of an error: the place, and the key unless the place has it.
    fn beginning(&self, node: &Node, name: &str, is_key: bool) -> String {
        let place = self.place(node, is_key);
        if name.is_empty() || place == format!("--set {name}") {
            format!("{place}: ")
        } else {
            format!("{place}: {name}: ")
        }
    }

    fn wrong_value(&self, id: u32, is_key: bool, what: &What) -> (Place, String) {
        let Way {
            name,
            is_secret,
            node,
        } = self.way(id);
        let beginning = self.beginning(node, &name, is_key);
        let found = if is_key {
            "the key".to_owned()
        } else {
            shown::found(node, is_secret)
        };
        let rest = match what {
            What::Word { known, .. } => {
                let advice = match &node.value {
                    Value::Text(text) if !is_secret => nearest(text, known),
                    _ => None,
                };
                let advice = advice.map_or_else(
                    || "write one of these".to_owned(),
                    |near| format!("did you mean {}?", shown::quoted(near)),
                );
                format!("found {found}, wanted {}; {advice}", one_of(known))
            }
            What::Wrong { wanted: serde, .. } => {
                let wanted = wanted(serde);
                format!("found {found}, wanted {wanted}; {}", cure(node, &wanted))
            }
            What::Refused(_) if is_secret => {
                format!("found {found} that the program refuses; change the value")
            }
            What::Refused(why) => {
                let why = shown::without_password(why);
                format!("found {found}, refused: {why}; change the value")
            }
            What::Unknown { key, .. } => format!("unknown key {}; remove it", shown::key(key)),
            What::Missing(key) => format!("`{key}` is missing; add it"),
        };
        (node.place, beginning + &rest)
    }

    fn missing(&self, table: u32, key: &str, wanted: Option<&str>) -> (Place, String) {
        let Way { name, node, .. } = self.way(table);
        let steps = [Step::Key(key)];
        let name = match name.as_str() {
            "" => dotted(steps),
            name => format!("{name}.{}", dotted(steps)),
        };
        let wanted = wanted.map_or_else(String::new, |wanted| format!(", wanted {wanted}"));
        let place = self.place(node, true);
        let advice = if self.is_absent {
            "create the file, or pass --set".to_owned()
        } else {
            format!("add `{} = …`", shown::key(key))
        };
        (
            node.place,
            format!("{place}: {name} is missing{wanted}; {advice}"),
        )
    }

    fn unknown(&self, id: u32, known: &[&str], found: &Found) -> (Place, String) {
        let Way { name, node, .. } = self.way(id);
        let way = self.root.way(id);
        let key = match way.last() {
            Some((Step::Key(key), _)) => *key,
            _ => "",
        };
        let beginning = self.beginning(node, &name, true);
        let elsewhere = || {
            let tables = found.structs.iter();
            let mut tables = tables.filter(|(_, fields)| fields.contains(&key));
            tables.next().map(|(table, _)| self.way(*table).name)
        };
        let advice = if let Some(near) = nearest(key, known) {
            format!("did you mean `{}`?", shown::key(near))
        } else if let Some(table) = elsewhere() {
            match table.as_str() {
                "" => "move it above the first [table]".to_owned(),
                table => format!("move it to [{table}]"),
            }
        } else if known.is_empty() {
            "remove it".to_owned()
        } else {
            format!("use {}, or remove it", keys(known))
        };
        (node.place, format!("{beginning}unknown key; {advice}"))
    }
}
