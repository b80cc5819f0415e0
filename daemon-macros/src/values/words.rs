//! Words that stand for the variants of an enum of the runtime.

use proc_macro2::Ident;
use syn::{Error, LitStr, Result};

use crate::given::Given;
use crate::suggest;
use crate::values::value::{Value, Words};

pub(crate) static FORMATS: Words = Words {
    path: ["logger", "Format"],
    words: &[("seed", "Seed"), ("full", "Full"), ("json", "Json")],
};

pub(crate) static CHILDREN: Words = Words {
    path: ["spec", "Children"],
    words: &[("own", "Own"), ("reap", "Reap")],
};

pub(crate) static CORE: Words = Words {
    path: ["spec", "Core"],
    words: &[("on", "On"), ("off", "Off")],
};

static ON_PANIC: Words = Words {
    path: ["spec", "OnPanic"],
    words: &[("exit", "Exit"), ("restart", "Restart")],
};

pub(crate) fn format(given: &Given) -> Result<Value> {
    word(given, &FORMATS)
}

pub(crate) fn core(given: &Given) -> Result<Value> {
    word(given, &CORE)
}

pub(crate) fn children(given: &Given) -> Result<Value> {
    word(given, &CHILDREN)
}

pub(crate) fn on_panic(given: &Given) -> Result<Value> {
    word(given, &ON_PANIC)
}

fn word(given: &Given, words: &'static Words) -> Result<Value> {
    let text: LitStr = given.literal("a string literal")?;
    let value = text.value();
    if let Some((_, variant)) = words.words.iter().find(|(word, _)| *word == value) {
        return Ok(Value::Word(words, Ident::new(variant, text.span())));
    }
    let known = suggest::listed(words.words.iter().map(|(word, _)| *word));
    let message = format!("unknown value `{value}`; expected one of {known}");
    Err(Error::new_spanned(text, message))
}
