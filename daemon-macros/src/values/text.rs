//! Texts: names, paths, accounts and variables.

use proc_macro2::Ident;
use quote::ToTokens;
use syn::{Error, LitStr, Result};

use crate::given::Given;
use crate::list;
use crate::values::value::Value;

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
