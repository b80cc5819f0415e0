//! The signatures of the methods that the runtime calls, checked as far as syntax goes; types are
//! left to the compiler.

use proc_macro2::{Ident, Span};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{FnArg, Pat, PatType, Receiver, ReceiverKind, ReturnType, Safety, Signature, Type};

use crate::check::hooks::{Hook, Payload};
use crate::errors::Errors;

/// A call of a method that has a right signature.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) method: Ident,
    /// What it takes from the event, with the place of the parameter's type.
    pub(crate) payload: Option<(Payload, Span)>,
    /// The place of the context's type, if it takes the context.
    pub(crate) context: Option<Span>,
    /// Where a wrong return type is to be reported.
    pub(crate) returns: Span,
}

/// A signature that a method must have.
pub(crate) struct Wanted {
    /// The kind of method, or its name, as a message shows it.
    what: String,
    payload: Option<Payload>,
    payload_required: bool,
    /// The whole of it in words.
    sentence: String,
}

impl Wanted {
    pub(crate) fn of_hook(hook: &Hook) -> Self {
        let name = hook.name;
        let parameter = match hook.payload {
            None => "",
            Some(Payload::Signal) => ", signal: Signal",
            Some(Payload::Child) => ", child: ChildExit",
        };
        Self {
            what: format!("`{name}`"),
            payload: hook.payload,
            payload_required: true,
            sentence: format!(
                "`{name}` must have the signature `fn {name}(&mut self{parameter})` or \
                 `fn {name}(&mut self{parameter}, context: &mut Context)`"
            ),
        }
    }

    pub(crate) fn of_signal_method() -> Self {
        Self {
            what: "a signal method".into(),
            payload: Some(Payload::Signal),
            payload_required: false,
            sentence: "a signal method takes `&mut self`, and `SignalInfo` and `&mut Context` if \
                       it needs them"
                .into(),
        }
    }

    pub(crate) fn of_timer() -> Self {
        Self {
            what: "a timer method".into(),
            payload: None,
            payload_required: false,
            sentence: "a timer method takes `&mut self`, and `&mut Context` if it needs it".into(),
        }
    }

    /// The call of a method of this signature; none when it has another, which is noted.
    pub(crate) fn check(&self, signature: &Signature, errors: &mut Errors) -> Option<Call> {
        let before = errors.len();
        qualifiers(&self.what, signature, errors);
        let mut inputs = signature.inputs.iter().peekable();
        match inputs.next() {
            Some(FnArg::Receiver(receiver)) if is_mutable_reference(receiver) => {}
            Some(FnArg::Receiver(receiver)) => self.other(receiver, &shown(receiver), errors),
            _ => self.other(&signature.ident, "no `self`", errors),
        }
        let payload = inputs.next_if(|input| self.payload.is_some() && !is_context(input));
        let context = inputs.next_if(|input| is_context(input));
        if let Some(extra) = inputs.next() {
            self.other(extra, &parameter(extra), errors);
        } else if self.payload_required && self.payload.is_some() && payload.is_none() {
            self.other(&signature.ident, "no such parameter", errors);
        }
        (errors.len() == before).then(|| Call {
            method: signature.ident.clone(),
            payload: self.payload.zip(payload.map(type_span)),
            context: context.map(type_span),
            returns: returns(signature),
        })
    }

    fn other(&self, at: impl ToTokens, found: &str, errors: &mut Errors) {
        errors.at(at, format!("{}; found {found}", self.sentence));
    }
}

/// Refuses a `new` that the runtime could not call.
pub(crate) fn check_new(signature: &Signature, errors: &mut Errors) {
    qualifiers("`new`", signature, errors);
    if !signature.inputs.is_empty() {
        errors.at(
            &signature.inputs,
            "`new` takes nothing: it runs in the detached process; read options in `on_start` or \
             from the environment",
        );
    }
}

/// Refuses what makes a function something else than a plain one. `const` does not: lints ask for it.
fn qualifiers(what: &str, signature: &Signature, errors: &mut Errors) {
    if let Some(token) = &signature.asyncness {
        errors.at(
            token,
            format!("{what} cannot be `async`; block on your runtime inside it"),
        );
    }
    if let Safety::Unsafe(token) = &signature.safety {
        errors.at(token, format!("{what} cannot be `unsafe`"));
    }
    if let Some(abi) = &signature.abi {
        errors.at(abi, format!("{what} cannot be `extern`"));
    }
    if !signature.generics.params.is_empty() {
        errors.at(&signature.generics, format!("{what} cannot be generic"));
    }
}

fn is_mutable_reference(receiver: &Receiver) -> bool {
    match &receiver.kind {
        ReceiverKind::Reference(_, _, mutability) => mutability.is_some(),
        ReceiverKind::Typed(_, typed) => is_mutable(typed),
        _ => false,
    }
}

fn is_mutable(typed: &Type) -> bool {
    match typed {
        Type::Reference(reference) => reference.mutability.is_some(),
        Type::Group(group) => is_mutable(&group.elem),
        Type::Paren(paren) => is_mutable(&paren.elem),
        _ => false,
    }
}

/// Whether a parameter is the context: all the others are passed by value.
fn is_context(input: &FnArg) -> bool {
    matches!(input, FnArg::Typed(parameter) if is_mutable(&parameter.ty))
}

fn shown(receiver: &Receiver) -> String {
    match &receiver.kind {
        ReceiverKind::Reference(..) => "`&self`".into(),
        ReceiverKind::Value => "`self`".into(),
        _ => format!("`{}`", receiver.to_token_stream()),
    }
}

/// A parameter by its name; its type would show the tokens' spacing, not the user's.
fn parameter(input: &FnArg) -> String {
    match input {
        FnArg::Typed(PatType { pat, .. }) if matches!(**pat, Pat::Ident(_)) => {
            format!("a parameter `{}`", pat.to_token_stream())
        }
        _ => "one more parameter".into(),
    }
}

fn type_span(input: &FnArg) -> Span {
    match input {
        FnArg::Typed(parameter) => parameter.ty.span(),
        FnArg::Receiver(receiver) => receiver.span(),
    }
}

/// Where a wrong return type is to be reported.
pub(crate) fn returns(signature: &Signature) -> Span {
    match &signature.output {
        ReturnType::Default => signature.ident.span(),
        ReturnType::Type(_, typed) => typed.span(),
    }
}
