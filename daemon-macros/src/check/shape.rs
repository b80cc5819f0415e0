//! Checks the signatures of the methods that the runtime calls for an event. Only the syntax is
//! checked here, the compiler checks the types.

use proc_macro2::{Ident, Span};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{PatType, Receiver, ReceiverKind, Signature, Type};

use crate::check::hooks::{Hook, Payload};
use crate::check::life::{Life, Terms};
use crate::check::parameter::{self, described, is_context, is_handle, is_mutable};
use crate::errors::Errors;

/// A call of a method with a valid signature.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) method: Ident,
    /// True for `self: Arc<Self>`.
    pub(crate) shares_self: bool,
    pub(crate) is_async: bool,
    /// The value of the event, with the span of the parameter's type.
    pub(crate) payload: Option<(Payload, Span)>,
    /// The context or the handle, if the method takes it.
    pub(crate) access: Option<Access>,
    /// The span at which the compiler reports a wrong return type.
    pub(crate) returns: Span,
}

/// The parameter by which a method reaches the runtime.
#[derive(Clone, Copy)]
pub(crate) struct Access {
    /// The span of its type.
    pub(crate) at: Span,
    /// True for a handle by value.
    pub(crate) is_owned: bool,
}

/// The signature that a method must have.
pub(crate) struct Wanted {
    life: Life,
    /// The kind of the method, or its name, as a message shows it.
    subject: String,
    payload: Option<Payload>,
    payload_required: bool,
    /// The whole signature in words.
    sentence: String,
    /// The advice for a parameter too many.
    advice: &'static str,
}

impl Wanted {
    pub(crate) fn of_hook(hook: &Hook, terms: &Terms) -> Self {
        let name = hook.name;
        let (receiver, access) = (terms.life.receiver(), terms.life.access());
        let is_reload = hook.payload == Some(Payload::Settings);
        let no_settings = is_reload && terms.config.is_none();
        let payload = hook.payload.filter(|_| !no_settings);
        let (given, parameter) = match payload {
            None => ("", String::new()),
            Some(Payload::Signal) => ("", ", signal: Signal".into()),
            Some(Payload::Child) => ("", ", child: ChildExit".into()),
            Some(Payload::Settings) => (
                "with `config`, ",
                format!(", settings: {}", terms.settings()),
            ),
        };
        let advice = if no_settings {
            "; settings need `config = Settings` in `#[daemon(…)]`"
        } else {
            ""
        };
        Self {
            life: terms.life,
            subject: format!("`{name}`"),
            payload,
            payload_required: true,
            sentence: format!(
                "{given}`{name}` must have the signature `fn {name}({receiver}{parameter})` or \
                 `fn {name}({receiver}{parameter}, {access})`"
            ),
            advice,
        }
    }

    pub(crate) fn of_signal_method(terms: &Terms) -> Self {
        Self::of_marked("a signal method", Some(Payload::Signal), terms)
    }

    pub(crate) fn of_timer(terms: &Terms) -> Self {
        Self::of_marked("a timer method", None, terms)
    }

    fn of_marked(subject: &str, payload: Option<Payload>, terms: &Terms) -> Self {
        let receiver = terms.life.receiver();
        let access = match terms.life {
            Life::Turns => "`&mut Context`",
            Life::Tasks => "`Handle`",
        };
        let optional = match payload {
            Some(_) => format!("`SignalInfo` and {access}"),
            None => access.to_owned(),
        };
        Self {
            life: terms.life,
            subject: subject.into(),
            payload,
            payload_required: false,
            sentence: format!("{subject} takes `{receiver}`, then optionally {optional}"),
            advice: "",
        }
    }

    /// Returns the call of a method with this signature, and reports any other signature.
    pub(crate) fn check(&self, signature: &Signature, errors: &mut Errors) -> Option<Call> {
        if signature.asyncness.is_some() && self.life == Life::Turns {
            // Without a runtime, which is reported, its signature is not decided.
            return None;
        }
        let before = errors.len();
        parameter::qualifiers(&self.subject, signature, errors);
        let mut inputs = parameter::after_self(signature).peekable();
        let receiver = signature.receiver();
        self.check_receiver(receiver, signature, errors);
        let payload = inputs
            .next_if(|input| self.payload.is_some() && !is_context(input) && !is_handle(input));
        let access = inputs.next_if(|input| match self.life {
            Life::Turns => is_context(input),
            Life::Tasks => is_handle(input),
        });
        if let Some(extra) = inputs.next() {
            self.report_extra(extra, errors);
        } else if self.payload_required && self.payload.is_some() && payload.is_none() {
            let found = format!("no parameter after `{}`", self.life.receiver());
            self.report(&signature.ident, &found, errors);
        }
        if let (Some(Payload::Settings), Some(settings)) = (self.payload, payload) {
            parameter::by_value(&settings.ty, "the settings", errors);
        }
        (errors.len() == before).then(|| Call {
            method: signature.ident.clone(),
            shares_self: receiver.is_some_and(is_shared),
            is_async: signature.asyncness.is_some(),
            payload: self.payload.zip(payload.map(|input| input.ty.span())),
            access: access.map(|input| Access {
                at: input.ty.span(),
                is_owned: !matches!(*input.ty, Type::Reference(_)),
            }),
            returns: parameter::returns(signature),
        })
    }

    fn check_receiver(
        &self,
        receiver: Option<&Receiver>,
        signature: &Signature,
        errors: &mut Errors,
    ) {
        let Some(receiver) = receiver else {
            return self.report(&signature.ident, "no `self`", errors);
        };
        let fits = match (self.life, is_mutable_reference(receiver)) {
            (Life::Turns, is_mutable) => is_mutable,
            (Life::Tasks, true) => {
                let message = format!(
                    "{} takes `&self`, because the hooks of a daemon with `async` hooks run beside \
                     each other; put what it changes into a `Mutex` or an atomic",
                    self.subject
                );
                return errors.at(receiver, message);
            }
            (Life::Tasks, false) => is_reference(receiver) || is_shared(receiver),
        };
        if !fits {
            self.report(receiver, &shown(receiver), errors);
        }
    }

    /// Reports a parameter too many. The parameter of the other kind of daemon has an error of its
    /// own.
    fn report_extra(&self, extra: &PatType, errors: &mut Errors) {
        match self.life {
            Life::Turns if is_handle(extra) => {
                let message = format!(
                    "{} takes `context: &mut Context`, because no hook is `async`; \
                     `context.handle()` returns a `Handle`",
                    self.subject
                );
                errors.at(&extra.ty, message);
            }
            Life::Tasks if is_context(extra) => {
                let message = format!(
                    "{} takes `handle: Handle`, because a daemon with `async` hooks has no \
                     `Context`",
                    self.subject
                );
                errors.at(&extra.ty, message);
            }
            _ => {
                let found = format!("{}{}", described(extra), self.advice);
                self.report(extra, &found, errors);
            }
        }
    }

    fn report(&self, at: impl ToTokens, found: &str, errors: &mut Errors) {
        errors.at(at, format!("{}; found {found}", self.sentence));
    }
}

fn is_mutable_reference(receiver: &Receiver) -> bool {
    match &receiver.kind {
        ReceiverKind::Reference(_, _, mutability) => mutability.is_some(),
        ReceiverKind::Typed(_, typed) => is_mutable(typed),
        _ => false,
    }
}

fn is_reference(receiver: &Receiver) -> bool {
    match &receiver.kind {
        ReceiverKind::Reference(..) => true,
        ReceiverKind::Typed(_, typed) => matches!(**typed, Type::Reference(_)),
        _ => false,
    }
}

/// True for `self: Arc<Self>`.
fn is_shared(receiver: &Receiver) -> bool {
    matches!(&receiver.kind, ReceiverKind::Typed(_, typed) if parameter::is_named(typed, "Arc"))
}

fn shown(receiver: &Receiver) -> String {
    match &receiver.kind {
        ReceiverKind::Reference(..) => "`&self`".into(),
        ReceiverKind::Value => "`self`".into(),
        _ => format!("`{}`", receiver.to_token_stream()),
    }
}
