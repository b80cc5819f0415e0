//! Texts: names, paths, accounts and variables.

use syn::{Error, Expr, LitStr, Result};

use crate::given::Given;
use crate::values::value::Value;

/// Reads a string literal without a NUL, which no file name, variable or title can contain.
pub(super) fn string(given: &Given) -> Result<LitStr> {
    let text: LitStr = given.literal("a string literal")?;
    no_nul(&text, given, "a text without a NUL character")?;
    Ok(text)
}

fn no_nul(text: &LitStr, given: &Given, expected: &str) -> Result<()> {
    if text.value().contains('\0') {
        return Err(given.mismatch(text, expected));
    }
    Ok(())
}

/// Returns a macro call or the path of a constant, or `None` for any other value.
fn constant(given: &Given) -> Option<Value> {
    let expression: Expr = syn::parse2(given.value.clone()).ok()?;
    is_constant(&expression).then(|| Value::Expression(Box::new(expression)))
}

fn is_constant(expression: &Expr) -> bool {
    match expression {
        Expr::Group(group) => is_constant(&group.expr),
        Expr::Macro(_) => true,
        // Constants are in upper case. Another path is rather a text without its quotes.
        Expr::Path(path) => path.path.segments.last().is_some_and(|last| {
            let name = last.ident.to_string();
            name.chars().any(char::is_uppercase) && !name.chars().any(char::is_lowercase)
        }),
        _ => false,
    }
}

/// Reads the name of the daemon.
pub(crate) fn name(given: &Given) -> Result<Value> {
    if let Some(constant) = constant(given) {
        return Ok(constant);
    }
    let name: LitStr = given.literal("a string literal or a constant")?;
    let text = name.value();
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if text.is_empty() || text.starts_with(['-', '.']) || !text.chars().all(allowed) {
        let expected = "a text of letters, digits, `-`, `_` and `.` that begins with neither `-` nor \
                        `.`, because it names the pid file";
        return Err(given.mismatch(&name, expected));
    }
    Ok(Value::Text(name))
}

fn absolute(given: &Given) -> Result<LitStr> {
    let path = string(given)?;
    if !path.value().starts_with('/') {
        let expected = "an absolute path, because the daemon changes its working directory";
        return Err(given.mismatch(&path, expected));
    }
    Ok(path)
}

pub(super) fn directory(given: &Given) -> Result<Value> {
    constant(given).map_or_else(|| absolute(given).map(Value::Text), Ok)
}

pub(super) fn file(given: &Given) -> Result<Value> {
    if let Some(constant) = constant(given) {
        return Ok(constant);
    }
    let path = absolute(given)?;
    if path.value().ends_with('/') {
        return Err(given.mismatch(&path, "the path of a file, without `/` at the end"));
    }
    Ok(Value::Text(path))
}

/// Reads the path of a file, or `syslog:` or `syslog-rfc5424:` with or without the path of a
/// socket.
pub(super) fn log_file(given: &Given) -> Result<Value> {
    if let Some(constant) = constant(given) {
        return Ok(constant);
    }
    let text = string(given)?;
    let value = text.value();
    let mut schemes = ["syslog:", "syslog-rfc5424:"].into_iter();
    match schemes.find_map(|scheme| value.strip_prefix(scheme)) {
        None if ["syslog", "/dev/log"].contains(&value.as_str()) => Err(given.mismatch(
            &text,
            "`syslog:` for syslogd, or the absolute path of a file",
        )),
        None => file(given),
        Some(socket) if socket.is_empty() || socket.starts_with('/') => Ok(Value::Text(text)),
        Some(_) => Err(given.mismatch(
            &text,
            "`syslog:` or `syslog-rfc5424:`, alone or with the absolute path of a socket",
        )),
    }
}

/// Reads an account or a title.
pub(super) fn filled(given: &Given) -> Result<Value> {
    if let Some(constant) = constant(given) {
        return Ok(constant);
    }
    let text = string(given)?;
    if text.value().is_empty() {
        return Err(given.mismatch(&text, "a text that is not empty"));
    }
    Ok(Value::Text(text))
}

pub(super) fn variables(given: &Given) -> Result<Value> {
    let names = given.texts(|name| {
        no_nul(&name, given, "a list of names without a NUL character")?;
        let text = name.value();
        if text.is_empty() || text.contains('=') {
            let message = format!("`{text}` is not the name of a variable, such as `PATH`");
            return Err(Error::new_spanned(name, message));
        }
        Ok(name)
    })?;
    Ok(Value::Variables(Some(names)))
}
