//! `listen`: the names and addresses of the sockets at which the daemon listens.

use proc_macro2::{Ident, TokenStream};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Error, LitStr, Result, Token};

use crate::errors;
use crate::given::Given;
use crate::values::address::{self, Kind};

/// A listener.
pub(crate) struct Listener {
    pub(crate) name: Ident,
    pub(crate) address: LitStr,
    pub(crate) kind: Kind,
}

impl Listener {
    /// Returns the name, by which a parameter and the service manager find it.
    pub(crate) fn text(&self) -> String {
        self.name.unraw().to_string()
    }

    /// Returns the parameter of `new` that takes it, as messages show it.
    pub(crate) fn parameter(&self) -> String {
        format!("{}: {}", self.name, self.kind.socket())
    }
}

/// Reads a list of `name = "address"`.
pub(crate) fn listeners(given: &Given) -> Result<Vec<Listener>> {
    let mut seen: Vec<String> = vec![];
    given.list(|element| {
        let listener = read(given, &element)?;
        let name = listener.text();
        if seen.contains(&name) {
            let message = format!("the listener `{name}` is given twice");
            return Err(Error::new_spanned(&listener.name, message));
        }
        seen.push(name);
        Ok(listener)
    })
}

fn read(given: &Given, element: &TokenStream) -> Result<Listener> {
    let halves = |input: ParseStream| {
        let name = input.call(Ident::parse_any)?;
        input.parse::<Token![=]>()?;
        Ok((name, input.parse::<TokenStream>()?))
    };
    let (name, value) = halves.parse2(element.clone()).map_err(|_| {
        let expected = format!("a list of names and addresses, such as `{}`", given.example);
        given.mismatch(element, expected)
    })?;
    check_name(&name)?;
    let subject = format!("the address of `{name}`");
    let address: LitStr = syn::parse2(value.clone()).map_err(|_| {
        let at = if value.is_empty() { element } else { &value };
        errors::mismatch(at, &subject, "a string literal, such as \"127.0.0.1:8080\"")
    })?;
    let kind = address::parse(&address.value());
    let kind = kind.map_err(|expected| errors::mismatch(&address, &subject, expected))?;
    Ok(Listener {
        name,
        address,
        kind,
    })
}

/// Reports a name that no parameter can have.
fn check_name(name: &Ident) -> Result<()> {
    let text = name.to_string();
    let reason = if ["settings", "context", "handle", "resources"].contains(&text.as_str()) {
        "which the generated code uses"
    } else if syn::parse_str::<Ident>(&text).is_err() {
        "which is a keyword"
    } else if !text.is_ascii() {
        "because the service manager takes ASCII only"
    } else {
        return Ok(());
    };
    let message = format!("a listener cannot have the name `{text}`, {reason}; choose another one");
    Err(Error::new_spanned(name, message))
}
