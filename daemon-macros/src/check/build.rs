//! Checks the functions without `self`: `new` and `validate`.

use proc_macro2::Span;
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{Attribute, Ident, Pat, PatIdent, PatType, ReturnType, Signature, Type};

use crate::check::hooks::VALIDATE;
use crate::check::life::{Life, Terms};
use crate::check::listeners;
use crate::check::parameter::{self, is_context, is_handle};
use crate::check::shape::Access;
use crate::errors::Errors;
use crate::suggest;
use crate::values::{Kind, Listener as Listened};

/// A `new`.
pub(crate) struct Constructor {
    pub(crate) cfgs: Vec<Attribute>,
    pub(crate) is_async: bool,
    /// The parameters in their order.
    pub(crate) parameters: Vec<Parameter>,
    /// The span at which the compiler reports a wrong return type.
    pub(crate) returns: Span,
}

/// A parameter of `new`.
pub(crate) enum Parameter {
    /// The context or the handle.
    Access(Access),
    /// The settings, with the span of their type.
    Settings(Span),
    Listener(Box<Listener>),
}

/// A listener that `new` takes.
pub(crate) struct Listener {
    /// The name, at the parameter. That of the parameter may begin with a `_`, as of an unused one.
    pub(crate) name: Ident,
    pub(crate) kind: Kind,
    pub(crate) typed: Type,
}

/// A `validate`.
pub(crate) struct Validator {
    pub(crate) cfgs: Vec<Attribute>,
    /// The span of the parameter's type.
    pub(crate) settings: Span,
    /// The span at which the compiler reports a wrong return type.
    pub(crate) returns: Span,
}

impl Constructor {
    /// Returns the `new` with this signature, and reports parameters that nothing brings.
    pub(super) fn of(
        signature: &Signature,
        cfgs: Vec<Attribute>,
        terms: &Terms,
        errors: &mut Errors,
    ) -> Self {
        let before = errors.len();
        let mut new = Self {
            cfgs,
            is_async: signature.asyncness.is_some(),
            parameters: vec![],
            returns: parameter::returns(signature),
        };
        if new.is_async && terms.life == Life::Turns {
            // Without a runtime, which is reported, its parameters are not decided.
            return new;
        }
        parameter::qualifiers("`new`", signature, errors);
        if let Some(receiver) = signature.receiver() {
            let message = "`new` has no `self`, because it builds the daemon";
            errors.at(receiver, message);
        }
        for parameter in parameter::after_self(signature) {
            new.take(parameter, terms, errors);
        }
        if errors.len() == before && terms.config.is_some() && !new.has_settings() {
            let message = format!(
                "with `config`, `new` must take the settings; write `fn new({})`",
                settings(terms)
            );
            errors.at(&signature.ident, message);
        }
        if errors.len() == before {
            for listener in terms.listeners.iter().filter(|one| !new.takes(one)) {
                errors.at(&listener.name, listeners::untaken(listener));
            }
        }
        new
    }

    fn takes(&self, listener: &Listened) -> bool {
        self.parameters.iter().any(|parameter| match parameter {
            Parameter::Listener(taken) => taken.name == listener.name,
            _ => false,
        })
    }

    fn has_settings(&self) -> bool {
        let is_settings = |parameter: &Parameter| matches!(parameter, Parameter::Settings(_));
        self.parameters.iter().any(is_settings)
    }

    fn take(&mut self, parameter: &PatType, terms: &Terms, errors: &mut Errors) {
        let PatType { pat, ty: typed, .. } = parameter;
        if !is_name(pat) {
            let message = "a parameter of `new` must have a name, such as `settings`; take the \
                           value apart in the body";
            return errors.at(pat, message);
        }
        if let Type::ImplTrait(typed) = &**typed {
            let message = "a parameter of `new` cannot be an `impl Trait`; name its type";
            return errors.at(typed, message);
        }
        if let Some(listener) = listeners::of(parameter, terms).filter(|one| !self.takes(one)) {
            parameter::by_value(typed, "listeners", errors);
            return self.take_listener(listener, parameter);
        }
        let at = typed.span();
        let has_access = || {
            self.parameters
                .iter()
                .any(|p| matches!(p, Parameter::Access(_)))
        };
        match (terms.life, is_context(parameter), is_handle(parameter)) {
            (Life::Turns, true, _) | (Life::Tasks, _, true) if !has_access() => {
                let is_owned = !matches!(**typed, Type::Reference(_));
                let access = Access { at, is_owned };
                self.parameters.push(Parameter::Access(access));
            }
            (Life::Turns, _, true) => errors.at(
                typed,
                "`new` takes `context: &mut Context`, because no hook is `async`; \
                 `context.handle()` returns a `Handle`",
            ),
            (Life::Tasks, true, _) => errors.at(
                typed,
                "`new` takes `handle: Handle`, because a daemon with `async` hooks has no \
                 `Context`",
            ),
            (_, false, false) if listeners::is_socket(typed) => {
                // The key may be the one with the mistake.
                if !terms.broken {
                    errors.at(pat, listeners::unknown(parameter, terms));
                }
            }
            (_, false, false) if !self.has_settings() && terms.config.is_some() => {
                parameter::by_value(typed, "the settings", errors);
                self.parameters.push(Parameter::Settings(at));
            }
            // The key may be the one with the mistake.
            (_, false, false) if terms.broken && terms.config.is_none() => {}
            _ => errors.at(parameter, superfluous(parameter, terms)),
        }
    }

    fn take_listener(&mut self, listener: &Listened, parameter: &PatType) {
        let mut name = listener.name.clone();
        name.set_span(parameter.pat.span());
        let taken = Listener {
            name,
            kind: listener.kind,
            typed: (*parameter.ty).clone(),
        };
        self.parameters.push(Parameter::Listener(Box::new(taken)));
    }
}

/// True for a plain name. A listener is found by it, so a pattern has no meaning here.
fn is_name(pat: &Pat) -> bool {
    match pat {
        Pat::Ident(PatIdent { by_ref, subpat, .. }) => by_ref.is_none() && subpat.is_none(),
        other => matches!(other, Pat::Wild(_)),
    }
}

fn settings(terms: &Terms) -> String {
    format!("settings: {}", terms.settings())
}

/// Returns the message for a parameter that nothing brings, with all that there is.
fn superfluous(parameter: &PatType, terms: &Terms) -> String {
    let listeners = terms.listeners.iter().map(Listened::parameter);
    let mut offered: Vec<_> = listeners
        .chain(terms.config.map(|_| settings(terms)))
        .collect();
    offered.push(terms.life.access().to_owned());
    let offered = suggest::listed(offered.iter().map(String::as_str));
    let more = match terms.config {
        Some(_) => ", each once",
        None => ", and with `config = Settings` in `#[daemon(…)]` its settings",
    };
    let found = match &*parameter.pat {
        name @ Pat::Ident(_) => format!("the parameter `{}`", name.to_token_stream()),
        _ => "another parameter".into(),
    };
    format!("`new` may take {offered}{more}; found {found}")
}

impl Validator {
    /// Returns the `validate` with this signature, and reports any other signature.
    pub(super) fn of(
        signature: &Signature,
        cfgs: Vec<Attribute>,
        terms: &Terms,
        errors: &mut Errors,
    ) -> Option<Self> {
        let before = errors.len();
        if let Some(token) = &signature.asyncness {
            let message = "`validate` cannot be `async`, because `check` calls it without a \
                           runtime";
            errors.at(token, message);
        }
        parameter::qualifiers("`validate`", signature, errors);
        let mut report = |at: &dyn ToTokens, found: &str| {
            let typed = terms.settings();
            let message = format!(
                "`validate` must have the signature `fn validate(settings: &{typed}) -> \
                 Result<(), E>`; found {found}"
            );
            errors.at(at, message);
        };
        let mut parameters = parameter::after_self(signature);
        let settings = parameters.next();
        if let Some(receiver) = signature.receiver() {
            report(receiver, "`self`");
        } else if let Some(extra) = parameters.next() {
            report(extra, &parameter::described(extra));
        } else if let Some(settings) = settings {
            if !is_shared_reference(&settings.ty) {
                report(&settings.ty, "the settings by value");
            } else if matches!(signature.output, ReturnType::Default) {
                report(&signature.ident, "no `Result`");
            }
        } else {
            report(&signature.ident, "no parameter");
        }
        let settings = settings.filter(|_| errors.len() == before)?;
        Some(Self {
            cfgs,
            settings: settings.ty.span(),
            returns: parameter::returns(signature),
        })
    }
}

/// Reports a function that has the form of `validate`: by its name without settings to validate, or
/// by almost its name.
pub(super) fn check_almost_validate(
    name: &str,
    signature: &Signature,
    terms: &Terms,
    errors: &mut Errors,
) {
    let mut parameters = parameter::after_self(signature);
    let has_form = signature.receiver().is_none()
        && parameters
            .next()
            .is_some_and(|first| is_shared_reference(&first.ty))
        && parameters.next().is_none();
    if !has_form || suggest::nearest(name, [VALIDATE]).is_none() {
        return;
    }
    let message = match terms.config {
        Some(_) => format!(
            "unknown function `{name}`; did you mean `validate`? (a function of your own goes into \
             another impl block)"
        ),
        None if name == VALIDATE && !terms.broken => {
            "`validate` needs settings; write `config = Settings` in `#[daemon(…)]` (a function of \
             your own goes into another impl block)"
                .into()
        }
        None => return,
    };
    errors.at(&signature.ident, message);
}

fn is_shared_reference(typed: &Type) -> bool {
    match typed {
        Type::Reference(reference) => reference.mutability.is_none(),
        Type::Group(group) => is_shared_reference(&group.elem),
        Type::Paren(paren) => is_shared_reference(&paren.elem),
        _ => false,
    }
}
