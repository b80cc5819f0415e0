//! Checks the signatures of the methods that the runtime calls. Only the syntax is checked here,
//! the compiler checks the types.

use proc_macro2::{Ident, Span};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{FnArg, Pat, PatType, Receiver, ReceiverKind, ReturnType, Safety, Signature, Type};

use crate::check::hooks::{Hook, Payload};
use crate::errors::Errors;

/// A call of a method with a valid signature.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) method: Ident,
    /// The value of the event, with the span of the parameter's type.
    pub(crate) payload: Option<(Payload, Span)>,
    /// The span of the context's type, if the method takes the context.
    pub(crate) context: Option<Span>,
    /// The span at which the compiler reports a wrong return type.
    pub(crate) returns: Span,
}

/// The signature that a method must have.
pub(crate) struct Wanted {
    /// The kind of the method, or its name, as a message shows it.
    subject: String,
    payload: Option<Payload>,
    payload_required: bool,
    /// The whole signature in words.
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
            subject: format!("`{name}`"),
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
            subject: "a signal method".into(),
            payload: Some(Payload::Signal),
            payload_required: false,
            sentence: "a signal method takes `&mut self`, then optionally `SignalInfo` and \
                       `&mut Context`"
                .into(),
        }
    }

    pub(crate) fn of_timer() -> Self {
        Self {
            subject: "a timer method".into(),
            payload: None,
            payload_required: false,
            sentence: "a timer method takes `&mut self`, then optionally `&mut Context`".into(),
        }
    }

    /// Returns the call of a method with this signature, and reports any other signature.
    pub(crate) fn check(&self, signature: &Signature, errors: &mut Errors) -> Option<Call> {
        let before = errors.len();
        qualifiers(&self.subject, signature, errors);
        let mut inputs = signature.inputs.iter().peekable();
        match inputs.next() {
            Some(FnArg::Receiver(receiver)) if is_mutable_reference(receiver) => {}
            Some(FnArg::Receiver(receiver)) => self.report(receiver, &shown(receiver), errors),
            _ => self.report(&signature.ident, "no `self`", errors),
        }
        let payload = inputs.next_if(|input| self.payload.is_some() && !is_context(input));
        let context = inputs.next_if(|input| is_context(input));
        if let Some(extra) = inputs.next() {
            self.report(extra, &parameter(extra), errors);
        } else if self.payload_required && self.payload.is_some() && payload.is_none() {
            self.report(&signature.ident, "no parameter after `&mut self`", errors);
        }
        (errors.len() == before).then(|| Call {
            method: signature.ident.clone(),
            payload: self.payload.zip(payload.map(type_span)),
            context: context.map(type_span),
            returns: returns(signature),
        })
    }

    fn report(&self, at: impl ToTokens, found: &str, errors: &mut Errors) {
        errors.at(at, format!("{}; found {found}", self.sentence));
    }
}

/// Reports a `new` that the runtime cannot call.
pub(crate) fn check_new(signature: &Signature, errors: &mut Errors) {
    qualifiers("`new`", signature, errors);
    if !signature.inputs.is_empty() {
        errors.at(
            &signature.inputs,
            "`new` cannot take parameters, because the daemon process calls it; read options in \
             `on_start` or from the environment",
        );
    }
}

/// Reports qualifiers that the runtime cannot call. `const` is fine, because a lint asks for it.
fn qualifiers(subject: &str, signature: &Signature, errors: &mut Errors) {
    if let Some(token) = &signature.asyncness {
        errors.at(
            token,
            format!("{subject} cannot be `async`; call `block_on` inside it"),
        );
    }
    if let Safety::Unsafe(token) = &signature.safety {
        errors.at(token, format!("{subject} cannot be `unsafe`"));
    }
    if let Some(abi) = &signature.abi {
        errors.at(abi, format!("{subject} cannot be `extern`"));
    }
    if !signature.generics.params.is_empty() {
        errors.at(&signature.generics, format!("{subject} cannot be generic"));
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

/// True for the context, the only parameter that is passed by reference.
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

/// Describes a parameter by its name. Its type would show the spacing of tokens, not the user's.
fn parameter(input: &FnArg) -> String {
    match input {
        FnArg::Typed(PatType { pat, .. }) if matches!(**pat, Pat::Ident(_)) => {
            format!("the extra parameter `{}`", pat.to_token_stream())
        }
        _ => "an extra parameter".into(),
    }
}

fn type_span(input: &FnArg) -> Span {
    match input {
        FnArg::Typed(parameter) => parameter.ty.span(),
        FnArg::Receiver(receiver) => receiver.span(),
    }
}

/// The span at which the compiler reports a wrong return type.
pub(crate) fn returns(signature: &Signature) -> Span {
    match &signature.output {
        ReturnType::Default => signature.ident.span(),
        ReturnType::Type(_, typed) => typed.span(),
    }
}
