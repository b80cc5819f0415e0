//! The settings as a tree. Each value knows where it came from, and has a number of its own.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A table, by key.
pub(super) type Table = BTreeMap<String, Node>;

/// Deeper tables are refused: their readers would need more stack than a thread has.
pub(super) const DEEPEST: usize = 100;

/// A value of the settings.
pub(super) struct Node {
    pub id: u32,
    pub place: Place,
    pub value: Value,
    pub text: Option<GivenText>,
}

/// The text of an override. Where the type asks for text, it is that text.
pub(super) struct GivenText {
    text: String,
    /// Whether a type has asked for it.
    is_read: AtomicBool,
}

impl GivenText {
    pub(super) fn new(text: String) -> Self {
        let is_read = AtomicBool::new(false);
        Self { text, is_read }
    }

    /// Returns the text for the user's type.
    pub(super) fn read(&self) -> &str {
        self.is_read.store(true, Ordering::Relaxed);
        &self.text
    }

    /// Returns the text if the value is text for the user's type.
    pub(super) fn shown(&self) -> Option<&str> {
        let is_read = self.is_read.load(Ordering::Relaxed);
        is_read.then_some(&self.text)
    }
}

pub(super) enum Value {
    Text(String),
    Bool(bool),
    Integer(i128),
    /// With the text, since to write a float anew needs much code.
    Float(f64, String),
    /// A date, a time or both, as TOML writes it.
    Date(String),
    /// A number outside of the range of its kind, as it was written.
    Huge(String),
    Array(Vec<Node>),
    Table(Table),
}

/// The place from which a value came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// The file, with the offsets of the key and of the value.
    File { key: usize, value: usize },
    /// The override of this index.
    Override(usize),
}

/// A step on the way to a value.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step<'a> {
    Key(&'a str),
    Index(usize),
}

impl Node {
    pub(super) fn as_table(&self) -> Option<&Table> {
        match &self.value {
            Value::Table(table) => Some(table),
            _ => None,
        }
    }

    /// Returns whether it is an array or a table, and empty.
    pub(super) fn is_empty(&self) -> bool {
        match &self.value {
            Value::Array(nodes) => nodes.is_empty(),
            Value::Table(table) => table.is_empty(),
            _ => false,
        }
    }

    /// Returns whether it is a table of the keys 0, 1, 2 up to `length`.
    pub(super) fn is_numbered(&self, length: usize) -> bool {
        self.as_table().is_some_and(|table| {
            let mut keys = (0..length).zip(table.keys());
            table.len() == length && keys.all(|(at, key)| key.parse() == Ok(at))
        })
    }

    /// Returns the values directly below this one.
    pub(super) fn children(&self) -> Vec<(Step<'_>, &Self)> {
        match &self.value {
            Value::Array(nodes) => (0..).map(Step::Index).zip(nodes).collect(),
            Value::Table(table) => {
                let keys = table.keys().map(|key| Step::Key(key));
                keys.zip(table.values()).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// The nodes below a root by number, each with the number of the node above.
pub(super) struct Index<'a> {
    root: &'a Node,
    below: Vec<Option<(u32, Step<'a>, &'a Node)>>,
}

impl<'a> Index<'a> {
    pub(super) fn new(root: &'a Node) -> Self {
        let below = Vec::new();
        let mut index = Self { root, below };
        index.add(root);
        index
    }

    fn add(&mut self, above: &'a Node) {
        for (step, node) in above.children() {
            let at = node.id as usize;
            if self.below.len() <= at {
                self.below.resize(at + 1, None);
            }
            self.below[at] = Some((above.id, step, node));
            self.add(node);
        }
    }

    fn get(&self, id: u32) -> Option<(u32, Step<'a>, &'a Node)> {
        self.below.get(id as usize).copied().flatten()
    }

    pub(super) fn node(&self, id: u32) -> &'a Node {
        self.get(id).map_or(self.root, |(.., node)| node)
    }

    /// Returns the number of the table or array that has the node. The root is in itself.
    pub(super) fn above(&self, id: u32) -> u32 {
        self.get(id).map_or(self.root.id, |(above, ..)| above)
    }

    /// Returns the way from the root to the node.
    pub(super) fn way(&self, mut id: u32) -> Vec<Step<'a>> {
        let mut way = Vec::new();
        while let Some((above, step, _)) = self.get(id) {
            way.push(step);
            id = above;
        }
        way.reverse();
        way
    }
}

/// The number of the next node.
#[derive(Debug, Default)]
pub(super) struct Numbers(u32);

/// The offset of a value that is nested too deeply.
#[derive(Debug)]
pub(super) struct TooDeep(pub usize);

impl Numbers {
    pub(super) fn node(&mut self, place: Place, value: Value) -> Node {
        self.0 = self.0.saturating_add(1);
        Node {
            id: self.0,
            place,
            value,
            text: None,
        }
    }

    /// Converts the value of an override.
    pub(super) fn given(&mut self, value: Spanned<DeValue<'_>>, place: Place) -> Option<Node> {
        self.value(value, Some(place), None, 0).ok()
    }

    /// Converts the table of a file.
    pub(super) fn file(&mut self, table: DeTable<'_>) -> Result<Node, TooDeep> {
        let value = self.table(table, None, 0)?;
        Ok(self.node(Place::File { key: 0, value: 0 }, value))
    }

    fn value(
        &mut self,
        value: Spanned<DeValue<'_>>,
        given: Option<Place>,
        key: Option<usize>,
        depth: usize,
    ) -> Result<Node, TooDeep> {
        let start = value.span().start;
        let place = given.unwrap_or(Place::File {
            key: key.unwrap_or(start),
            value: start,
        });
        if depth >= DEEPEST {
            return Err(TooDeep(start));
        }
        let value = match value.into_inner() {
            DeValue::Table(table) => self.table(table, given, depth)?,
            DeValue::Array(array) => {
                let nodes = array.into_iter();
                let nodes = nodes.map(|value| self.value(value, given, None, depth + 1));
                Value::Array(nodes.collect::<Result<_, _>>()?)
            }
            DeValue::String(text) => Value::Text(text.into_owned()),
            DeValue::Boolean(is_set) => Value::Bool(is_set),
            DeValue::Datetime(date) => Value::Date(date.to_string()),
            DeValue::Integer(number) => i128::from_str_radix(number.as_str(), number.radix())
                .map_or_else(|_| Value::Huge(number.to_string()), Value::Integer),
            DeValue::Float(number) => match number.as_str().parse::<f64>() {
                Ok(float) if float.is_finite() || !number.as_str().contains(['e', 'E', '.']) => {
                    Value::Float(float, number.to_string())
                }
                _ => Value::Huge(number.to_string()),
            },
        };
        Ok(self.node(place, value))
    }

    fn table(
        &mut self,
        table: DeTable<'_>,
        given: Option<Place>,
        depth: usize,
    ) -> Result<Value, TooDeep> {
        // To collect would sort, which needs as much code for each type.
        let mut nodes = Table::new();
        for (key, value) in table {
            let node = self.value(value, given, Some(key.span().start), depth + 1)?;
            nodes.insert(key.into_inner().into_owned(), node);
        }
        Ok(Value::Table(nodes))
    }
}
