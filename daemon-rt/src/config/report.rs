//! Writes the mistakes as one error, a line each, in the order of the file.

use serde::de::DeserializeOwned;

use super::document::Document;
use super::fault::{Fields, What};
use super::notes::{Found, MOST, Mistake};
use super::pass::Pass;
use super::shown;
use super::tree::{Index, Node, Place, Step, Value};
use super::wording::{cure, keys, nearest, one_of, wanted};
use crate::error::Error;
use crate::os::escape::printable;

impl Document {
    /// Reads everything but the table `[daemon]` as a `T`.
    ///
    /// # Errors
    /// `ErrorKind::NotConfigured` with every mistake, a line each.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T, Error> {
        Pass::new(self).read().map_err(|found| self.error(&found))
    }

    fn error(&self, found: &Found) -> Error {
        let report = Report {
            document: self,
            index: Index::new(&self.root),
            found,
        };
        let mut mistakes: Vec<_> = found.mistakes.iter().collect();
        mistakes.retain(|mistake| !report.is_misspelled(mistake));
        let places: Vec<_> = mistakes
            .iter()
            .map(|mistake| report.place(mistake))
            .collect();
        let order = Self::in_order(&places).into_iter();
        let more = mistakes.len().saturating_sub(MOST);
        let lines = order.take(MOST).filter_map(|at| mistakes.get(at));
        let mut lines: Vec<_> = lines
            .map(|mistake| printable(&report.line(mistake)))
            .collect();
        if !found.is_whole {
            lines.push("more mistakes may follow; correct these first".to_owned());
        } else if more > 0 {
            lines.push(format!("{more} more mistakes; correct these first"));
        }
        Error::not_configured(lines.join("\n"))
    }
}

/// The mistakes in one document.
struct Report<'a> {
    document: &'a Document,
    index: Index<'a>,
    found: &'a Found,
}

impl<'a> Report<'a> {
    fn line(&self, mistake: &Mistake) -> String {
        let node = self.index.node(mistake.id());
        let name = self.name(mistake.id());
        let is_key = !matches!(mistake, Mistake::Wrong { is_key: false, .. });
        let place = self.document.place(node, is_key);
        let name = match mistake {
            Mistake::Missing { key, .. } if name.is_empty() => shown::key(key),
            Mistake::Missing { key, .. } => format!("{name}.{}", shown::key(key)),
            // The option has the name.
            _ if name.is_empty() || place == format!("--set {name}") => String::new(),
            _ => name,
        };
        let name = shown::short(&name);
        let rest = match mistake {
            Mistake::Missing { key, wanted, .. } => self.missing(key, wanted.as_deref()),
            Mistake::Unknown { id, known } => self.unknown(*id, known),
            Mistake::Wrong { id, is_key, what } => self.wrong(*id, *is_key, what),
        };
        let colon = match mistake {
            Mistake::Missing { .. } => " ",
            _ if name.is_empty() => "",
            _ => ": ",
        };
        format!("{place}: {name}{colon}{rest}")
    }

    fn place(&self, mistake: &Mistake) -> Place {
        let node = self.index.node(mistake.id());
        if node.id == self.document.root.id {
            // The file has no place for what is missing on top, so it is the last.
            return Place::Override(usize::MAX);
        }
        node.place
    }

    fn name(&self, id: u32) -> String {
        shown::dotted(self.index.way(id))
    }

    fn missing(&self, key: &str, wanted: Option<&str>) -> String {
        let key = shown::key(key);
        let advice = match wanted {
            _ if self.document.is_absent() => "create the file, or pass --set".to_owned(),
            Some("a table") => format!("add the table `{key}`"),
            _ => format!("add `{key} = …`"),
        };
        let wanted = wanted.map_or_else(String::new, |wanted| format!(", wanted {wanted}"));
        format!("is missing{wanted}; {advice}")
    }

    /// Hides the secrets of the document in a text of the user's type, which may quote them.
    fn without_secrets(&self, text: &str) -> String {
        let mut secrets = Vec::new();
        collect(&self.document.root, false, &mut secrets);
        secrets.iter().fold(text.to_owned(), |text, secret| {
            text.replace(secret.as_str(), shown::HIDDEN)
        })
    }

    /// Returns those of the keys that the table with the unknown key does not have.
    fn absent(&self, id: u32, known: Fields) -> (&'a str, Vec<&'static str>) {
        let table = self.index.node(self.index.above(id)).as_table();
        let is_absent = |key: &&&str| !table.is_some_and(|table| table.contains_key(**key));
        let key = match self.index.way(id).last() {
            Some(Step::Key(key)) => *key,
            _ => "",
        };
        (key, known.iter().filter(is_absent).copied().collect())
    }

    /// Returns whether the key is missing because it is misspelled, which is told already.
    fn is_misspelled(&self, mistake: &Mistake) -> bool {
        let Mistake::Missing { table, key, .. } = mistake else {
            return false;
        };
        self.found.mistakes.iter().any(|other| match other {
            Mistake::Unknown { id, known } if self.index.above(*id) == *table => {
                let (word, absent) = self.absent(*id, known);
                nearest(word, &absent) == Some(key)
            }
            _ => false,
        })
    }

    fn unknown(&self, id: u32, known: Fields) -> String {
        let (key, absent) = self.absent(id, known);
        let mut structs = self.found.structs.iter();
        let mut elsewhere = || structs.find(|(_, fields)| fields.contains(&key));
        let advice = if let Some(near) = nearest(key, &absent) {
            format!("did you mean `{}`?", shown::key(near))
        } else if let Some((table, _)) = elsewhere() {
            match self.name(*table).as_str() {
                "" => "move it above the first [table]".to_owned(),
                table => format!("move it to [{}]", shown::short(table)),
            }
        } else if absent.is_empty() {
            "remove it".to_owned()
        } else {
            format!("use {}, or remove it", keys(&absent))
        };
        format!("unknown key; {advice}")
    }

    fn wrong(&self, id: u32, is_key: bool, what: &What) -> String {
        let node = self.index.node(id);
        let is_secret = self.index.way(id).into_iter().any(shown::is_secret);
        // Serde does not say which value it is, and its description may be a secret.
        let is_inner = match what {
            What::Wrong { found, .. } | What::Word { found, .. } => {
                !node.children().is_empty() && found.starts_with("the ")
            }
            _ => false,
        };
        let found = match (is_key, is_inner) {
            (true, _) => "the key".to_owned(),
            (_, true) => "a value of another kind in it".to_owned(),
            _ => shown::found(node, is_secret),
        };
        let value = (!is_key && !is_inner).then_some(&node.value);
        match what {
            What::Word { known, .. } => {
                let word = match value {
                    Some(Value::Text(text)) if !is_secret => text,
                    _ if is_key => self.absent(id, &[]).0,
                    _ => "",
                };
                let advice = nearest(word, known).map_or_else(
                    || "write one of these".to_owned(),
                    |near| format!("did you mean {}?", shown::quoted(near)),
                );
                format!("found {found}, wanted {}; {advice}", one_of(known))
            }
            What::Wrong { wanted: serde, .. } => {
                let wanted = wanted(serde);
                format!("found {found}, wanted {wanted}; {}", cure(value, &wanted))
            }
            What::Refused(_) if is_secret => {
                format!("found {found}, refused by the program; change the value")
            }
            What::Refused(why) => {
                let why = shown::short(&shown::without_password(&self.without_secrets(why)));
                let what = if is_key { "key" } else { "value" };
                format!("found {found}, refused: {why}; change the {what}")
            }
            What::Unknown { key, .. } => {
                format!("unknown key {}; remove it", shown::short(&shown::key(key)))
            }
            What::Missing(key) => format!("`{key}` is missing; add it"),
        }
    }
}

/// Collects the texts of the secrets in a value.
fn collect(node: &Node, is_secret: bool, into: &mut Vec<String>) {
    match &node.value {
        Value::Array(_) | Value::Table(_) => {
            for (step, child) in node.children() {
                collect(child, is_secret || shown::is_secret(step), into);
            }
        }
        Value::Text(text) if is_secret && !text.is_empty() => into.push(text.clone()),
        Value::Text(_) => {}
        _ if is_secret => into.push(shown::value(node, false)),
        _ => {}
    }
}
