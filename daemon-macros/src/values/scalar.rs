//! Numbers, flags, times and the version.

use proc_macro2::TokenStream;
use syn::{Expr, ExprLit, Lit, LitInt, Result};

use crate::given::Given;
use crate::values::duration;
use crate::values::value::Value;

/// Reads an octal number, which is written as the runtime reads it: without `_` and suffix.
pub(super) fn umask(given: &Given) -> Result<Value> {
    let fits = |mask: &LitInt| {
        let text = mask.to_string();
        let digits = text.strip_prefix("0o");
        digits.is_some_and(|digits| digits.bytes().all(|digit| digit.is_ascii_digit()))
            && matches!(mask.base10_parse::<u32>(), Ok(0..=0o777))
    };
    match syn::parse2(given.value.clone()) {
        Ok(mask) if fits(&mask) => Ok(Value::Umask(mask)),
        _ => {
            let expected = "an octal number up to `0o777`";
            Err(match octal(&given.value) {
                Some(mask) => given.correction(expected, format_args!("`{mask}`")),
                None => given.mismatch(&given.value, format!("{expected}, such as `0o027`")),
            })
        }
    }
}

/// Returns a mask without its `0o`, as a shell has it, in the form of the attribute.
fn octal(value: &TokenStream) -> Option<String> {
    let text = match syn::parse2(value.clone()).ok()? {
        Lit::Int(number) => number.to_string(),
        Lit::Str(text) => text.value(),
        _ => return None,
    };
    let digits = text.strip_prefix("0o").unwrap_or(&text);
    let digits = digits.trim_end_matches(|c: char| !c.is_ascii_digit());
    let mask = u32::from_str_radix(digits, 8).ok()?;
    (mask <= 0o777).then(|| format!("{mask:#05o}"))
}

/// Reads a string literal, or an expression that the compiler checks.
pub(super) fn version(given: &Given) -> Result<Value> {
    let expected = format!(
        "a string literal or an expression such as `{}`",
        given.example
    );
    match syn::parse2(given.value.clone()) {
        Ok(Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        })) if text.value().is_empty() => Err(given.mismatch(&text, "a text that is not empty")),
        Ok(Expr::Lit(ExprLit { lit, .. })) if !matches!(lit, Lit::Str(_)) => {
            Err(given.mismatch(&lit, expected))
        }
        Ok(version) => Ok(Value::Expression(Box::new(version))),
        Err(_) => Err(given.mismatch(&given.value, expected)),
    }
}

pub(super) fn flag(given: &Given) -> Result<Value> {
    match syn::parse2(given.value.clone()) {
        Ok(flag) => Ok(Value::Flag(flag)),
        Err(_) => Err(given.mismatch(&given.value, "`true` or `false`")),
    }
}

pub(super) fn time(given: &Given) -> Result<Value> {
    let subject = format!("`{}`", given.key);
    duration::read(&given.value, &subject).map(Value::Time)
}

/// Reads a time-out. Zero would mean "never" to some and "now" to others.
pub(super) fn timeout(given: &Given) -> Result<Value> {
    let time = time(given)?;
    match &time {
        Value::Time(period) if period.milliseconds == 0 => {
            Err(given.mismatch(&given.value, "longer than zero, such as \"30s\""))
        }
        _ => Ok(time),
    }
}
