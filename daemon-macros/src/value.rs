//! The values of keys: read, checked, and kept with the user's tokens.

use proc_macro2::{Ident, Span};
use quote::ToTokens;
use syn::{Error, LitBool, LitInt, LitStr, Result};

use crate::args::Given;
use crate::duration::{self, Period};
use crate::list;
use crate::suggest;

/// A checked value.
pub(crate) enum Value {
    Text(LitStr),
    /// A text that may be absent.
    Maybe(Option<LitStr>),
    Umask(LitInt),
    Time(Period),
    /// The variables to keep; none: the cleaned environment.
    Variables(Option<Vec<LitStr>>),
    /// Names of the runtime's.
    Names(Vec<LitStr>),
    Flag(LitBool),
    /// A variant of one of the enums that [`Words`] names.
    Word(&'static Words, Ident),
}

impl Value {
    pub(crate) fn text(text: &str) -> Self {
        Self::Text(LitStr::new(text, Span::call_site()))
    }

    pub(crate) fn umask(octal: &str) -> Self {
        Self::Umask(LitInt::new(octal, Span::call_site()))
    }

    pub(crate) fn seconds(seconds: u64) -> Self {
        Self::Time(Period::seconds(seconds))
    }

    pub(crate) fn word(words: &'static Words, variant: &str) -> Self {
        Self::Word(words, Ident::new(variant, Span::call_site()))
    }
}

/// Words that stand for the variants of an enum of the runtime.
pub(crate) struct Words {
    /// The enum, below the runtime's crate.
    pub(crate) path: [&'static str; 2],
    words: &'static [(&'static str, &'static str)],
}

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

static LEVELS: [&str; 7] = ["trace", "debug", "info", "warn", "error", "fatal", "off"];

/// A string literal without a NUL, which no file, variable or title can hold.
pub(crate) fn string(given: &Given) -> Result<LitStr> {
    let text: LitStr = given.literal("a string literal")?;
    no_nul(&text, &given.key)?;
    Ok(text)
}

fn no_nul(text: &LitStr, key: &Ident) -> Result<()> {
    if text.value().contains('\0') {
        return Err(Error::new_spanned(
            text,
            format!("`{key}` cannot hold a NUL character"),
        ));
    }
    Ok(())
}

/// The daemon's name.
pub(crate) fn name(given: &Given) -> Result<LitStr> {
    let name: LitStr = given.literal("a string literal")?;
    let text = name.value();
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if text.is_empty() || text.starts_with(['-', '.']) || !text.chars().all(allowed) {
        let message = "`name` may hold only letters, digits, `-`, `_` and `.`, and begins with \
                       none of `-` and `.`, because it names the pid file";
        return Err(Error::new_spanned(name, message));
    }
    Ok(name)
}

fn absolute(given: &Given) -> Result<LitStr> {
    let path = string(given)?;
    if !path.value().starts_with('/') {
        let key = &given.key;
        let message = format!("`{key}` must be absolute: the daemon changes its working directory");
        return Err(Error::new_spanned(path, message));
    }
    Ok(path)
}

pub(crate) fn folder(given: &Given) -> Result<Value> {
    absolute(given).map(Value::Text)
}

pub(crate) fn file(given: &Given) -> Result<Value> {
    let path = absolute(given)?;
    if path.value().ends_with('/') {
        let message = format!("`{}` names a file, not a folder", given.key);
        return Err(Error::new_spanned(path, message));
    }
    Ok(Value::Maybe(Some(path)))
}

/// A file, or the socket of syslogd.
pub(crate) fn log_file(given: &Given) -> Result<Value> {
    let text = string(given)?;
    match text.value().strip_prefix("syslog:") {
        None => file(given),
        Some(socket) if socket.is_empty() || socket.starts_with('/') => {
            Ok(Value::Maybe(Some(text)))
        }
        Some(_) => {
            let message = "write `syslog:`, or the absolute path of a socket behind it";
            Err(Error::new_spanned(text, message))
        }
    }
}

fn filled(given: &Given) -> Result<LitStr> {
    let text = string(given)?;
    if text.value().is_empty() {
        return Err(Error::new_spanned(
            text,
            format!("`{}` cannot be empty", given.key),
        ));
    }
    Ok(text)
}

pub(crate) fn account(given: &Given) -> Result<Value> {
    filled(given).map(|name| Value::Maybe(Some(name)))
}

pub(crate) fn title(given: &Given) -> Result<Value> {
    filled(given).map(Value::Text)
}

pub(crate) fn umask(given: &Given) -> Result<Value> {
    let message = "`umask` is an octal number, such as `0o027`";
    let mask: LitInt =
        syn::parse2(given.value.clone()).map_err(|_| Error::new_spanned(&given.value, message))?;
    let text = mask.to_string();
    if !text.starts_with("0o") || !matches!(mask.base10_parse::<u32>(), Ok(0..=0o777)) {
        return Err(Error::new_spanned(mask, message));
    }
    Ok(Value::Umask(mask))
}

pub(crate) fn time(given: &Given) -> Result<Value> {
    let text: LitStr = given.literal("a string literal")?;
    duration::read(&text).map(Value::Time)
}

pub(crate) fn format(given: &Given) -> Result<Value> {
    word(given, &FORMATS)
}

pub(crate) fn core(given: &Given) -> Result<Value> {
    word(given, &CORE)
}

pub(crate) fn flag(given: &Given) -> Result<Value> {
    given.literal("a flag without quotes").map(Value::Flag)
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

pub(crate) fn variables(given: &Given) -> Result<Value> {
    let wrong = |at: &dyn ToTokens| {
        let message = "`env` is a list of names, such as `[\"PATH\", \"LANG\"]`";
        Error::new_spanned(at, message)
    };
    let elements = given.elements().ok_or_else(|| wrong(&given.value))?;
    let mut names = vec![];
    for element in list::split(elements) {
        let name: LitStr = syn::parse2(element.clone()).map_err(|_| wrong(&element))?;
        no_nul(&name, &given.key)?;
        if name.value().is_empty() || name.value().contains('=') {
            return Err(Error::new_spanned(name, "not the name of a variable"));
        }
        names.push(name);
    }
    Ok(Value::Variables(Some(names)))
}

/// A level, or a comma list of `level` and `target=level`.
pub(crate) fn levels(given: &Given) -> Result<Value> {
    let text = string(given)?;
    let value = text.value();
    let mut general = false;
    for part in value.split(',') {
        let level = match part.split_once('=') {
            Some((target, level)) if !target.trim().is_empty() => level.trim(),
            Some(_) => return Err(Error::new_spanned(text, "no target before `=`")),
            None if general => {
                let message = "a second level without a target; write `target=level`";
                return Err(Error::new_spanned(text, message));
            }
            None => {
                general = true;
                part.trim()
            }
        };
        if !LEVELS.contains(&level) {
            return Err(Error::new_spanned(text, unknown_level(level)));
        }
    }
    Ok(Value::Text(text))
}

fn unknown_level(level: &str) -> String {
    match suggest::nearest(level, LEVELS) {
        Some(near) => format!("unknown level `{level}`; did you mean `{near}`?"),
        None => format!(
            "unknown level `{level}`; expected one of {}",
            suggest::listed(LEVELS)
        ),
    }
}
