//! How the hooks of a daemon run, and what its keys mean for their signatures.

use quote::ToTokens;
use syn::Type;
use syn::ext::IdentExt;

use crate::check::hooks::{self, NEW};
use crate::errors::Errors;
use crate::parse::{Args, Method};
use crate::values::Listener;

/// How the hooks run. The variants have the names of the runtime's types.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Life {
    /// One at a time, with `&mut self`.
    Turns,
    /// Beside each other, with `&self`, in a runtime of the user.
    Tasks,
}

impl Life {
    /// Returns the receiver of a hook, as messages show it.
    pub(crate) fn receiver(self) -> &'static str {
        match self {
            Self::Turns => "&mut self",
            Self::Tasks => "&self",
        }
    }

    /// Returns the name of that by which a hook reaches the runtime.
    pub(crate) fn access_name(self) -> &'static str {
        match self {
            Self::Turns => "context",
            Self::Tasks => "handle",
        }
    }

    /// Returns the parameter by which a hook reaches the runtime, as messages show it.
    pub(crate) fn access(self) -> &'static str {
        match self {
            Self::Turns => "context: &mut Context",
            Self::Tasks => "handle: Handle",
        }
    }
}

/// The part of the attribute that the signatures of the methods depend on.
pub(crate) struct Terms<'a> {
    pub(crate) life: Life,
    pub(crate) config: Option<&'a Type>,
    pub(crate) listeners: &'a [Listener],
    /// True if a key has a mistake, so that a missing key may be that key.
    pub(crate) broken: bool,
}

impl<'a> Terms<'a> {
    /// Finds out how the methods run, and reports an `async` that nothing can run.
    pub(crate) fn of(methods: &[Method], args: &'a Args, errors: &mut Errors) -> Self {
        let (has_runtime, broken) = (args.runtime.is_some(), args.broken);
        let mut called = methods.iter().filter(|method| is_called(method));
        let first = called.find(|method| method.signature.asyncness.is_some());
        let life = match first {
            Some(_) if has_runtime => Life::Tasks,
            _ => Life::Turns,
        };
        if let Some(method) = first.filter(|_| !has_runtime && !broken) {
            let message = format!(
                "`{}` can be `async` only with a runtime; write `runtime = tokio` in \
                 `#[daemon(…)]`",
                method.signature.ident
            );
            errors.at(method.signature.asyncness, message);
        }
        Self {
            life,
            config: args.config.as_ref().map(|(_, config)| config),
            listeners: args.listen.as_ref().map_or(&[], |(_, listeners)| listeners),
            broken,
        }
    }

    /// Returns the type of the settings as messages show it, without the spaces between its tokens.
    pub(crate) fn settings(&self) -> String {
        let typed = self
            .config
            .map(|config| config.to_token_stream().to_string());
        let mut text = typed.unwrap_or_else(|| "Settings".into());
        for (spaced, close) in [
            (" :: ", "::"),
            (":: ", "::"),
            (" < ", "<"),
            (" >", ">"),
            (" ,", ","),
        ] {
            text = text.replace(spaced, close);
        }
        text
    }
}

/// True if the runtime calls the method.
fn is_called(method: &Method) -> bool {
    let name = method.signature.ident.unraw().to_string();
    !method.helpers.is_empty() || name == NEW || hooks::find(&name).is_some()
}
