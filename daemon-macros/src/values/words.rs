//! Words that stand for a variant of an enum in the runtime.

use proc_macro2::Ident;
use syn::{Error, LitStr, Result};

use crate::given::Given;
use crate::suggest;
use crate::values::value::{Value, Words};

pub(super) static FORMATS: Words = Words {
    path: ["logger", "Format"],
    words: &[
        ("short", "Short"),
        ("full", "Full"),
        ("json", "Json"),
        // The word of earlier programs.
        ("seed", "Short"),
    ],
};

pub(super) static CHILDREN: Words = Words {
    path: ["spec", "Children"],
    words: &[("own", "Own"), ("reap", "Reap")],
};

pub(super) static CORE: Words = Words {
    path: ["spec", "Core"],
    words: &[("on", "On"), ("off", "Off")],
};

static ON_PANIC: Words = Words {
    path: ["spec", "OnPanic"],
    words: &[("exit", "Exit"), ("restart", "Restart")],
};

static REPEATS: Words = Words {
    path: ["logger", "Repeats"],
    words: &[("all", "All"), ("fold", "Fold")],
};

pub(super) fn format(given: &Given) -> Result<Value> {
    word(given, &FORMATS)
}

pub(super) fn core(given: &Given) -> Result<Value> {
    word(given, &CORE)
}

pub(super) fn children(given: &Given) -> Result<Value> {
    word(given, &CHILDREN)
}

pub(super) fn on_panic(given: &Given) -> Result<Value> {
    word(given, &ON_PANIC)
}

fn word(given: &Given, words: &'static Words) -> Result<Value> {
    let text: LitStr = given.literal("a string literal")?;
    let value = text.value();
    if let Some((_, variant)) = words.words.iter().find(|(word, _)| *word == value) {
        return Ok(Value::Word(words, Ident::new(variant, text.span())));
    }
    // Of two words for one variant only the first is shown.
    let is_first = |(at, (_, variant)): &(usize, &(&str, &str))| {
        let mut before = words.words.iter().take(*at);
        before.all(|(_, other)| other != variant)
    };
    let shown = words.words.iter().enumerate().filter(is_first);
    Err(unknown(given, &text, shown.map(|(_, (word, _))| *word)))
}

pub(super) fn repeats(given: &Given) -> Result<Value> {
    word(given, &REPEATS)
}

fn unknown<'a>(
    given: &Given,
    text: &LitStr,
    known: impl IntoIterator<Item = &'a str> + Clone,
) -> Error {
    let value = text.value();
    let subject = format!("value `{value}` for `{}`", given.key);
    Error::new_spanned(text, suggest::unknown(subject, &value, known))
}
