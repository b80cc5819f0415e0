//! Numbers, flags and times.

use syn::{Error, LitInt, LitStr, Result};

use crate::given::Given;
use crate::values::duration;
use crate::values::value::Value;

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

pub(crate) fn flag(given: &Given) -> Result<Value> {
    given.literal("a flag without quotes").map(Value::Flag)
}

pub(crate) fn time(given: &Given) -> Result<Value> {
    let text: LitStr = given.literal("a string literal")?;
    duration::read(&text).map(Value::Time)
}
