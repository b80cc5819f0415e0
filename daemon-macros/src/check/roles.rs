//! What each method of the block is for: `new`, a hook, the handler of signals, a timer.

use proc_macro2::{Ident, Span};
use syn::Attribute;
use syn::ext::IdentExt;

use crate::check::hooks::{self, HOOKS, Hook, NEW};
use crate::check::shape::{self, Call, Wanted};
use crate::errors::Errors;
use crate::parse::{Helper, Kind, Method};
use crate::suggest;
use crate::values::{Period, Signal};

/// The methods by role. One with a wrong signature is listed without a call.
#[derive(Default)]
pub(crate) struct Roles {
    pub(crate) constructors: Vec<Constructor>,
    pub(crate) hooks: Vec<(&'static Hook, Handler)>,
    pub(crate) signals: Vec<(Vec<Signal>, Handler)>,
    pub(crate) timers: Vec<(Period, Handler)>,
    /// Whether a method could not be told to be one of these.
    pub(crate) unclear: bool,
}

/// A `new`.
pub(crate) struct Constructor {
    pub(crate) cfgs: Vec<Attribute>,
    /// Where a wrong return type is to be reported.
    pub(crate) returns: Span,
}

/// A method that an event leads to.
pub(crate) struct Handler {
    pub(crate) name: Ident,
    pub(crate) cfgs: Vec<Attribute>,
    pub(crate) call: Option<Call>,
}

impl Roles {
    pub(crate) fn find(methods: Vec<Method>, errors: &mut Errors) -> Self {
        let mut roles = Self::default();
        for method in methods {
            let name = method.signature.ident.unraw().to_string();
            if !method.helpers.is_empty() {
                roles.helped(method, &name, errors);
            } else if name == NEW {
                shape::check_new(&method.signature, errors);
                let returns = shape::returns(&method.signature);
                let cfgs = method.cfgs;
                roles.constructors.push(Constructor { cfgs, returns });
            } else if let Some(hook) = hooks::find(&name) {
                let handler = Handler::new(&method, &Wanted::of_hook(hook), errors);
                roles.hooks.push((hook, handler));
            } else if let Some(near) = near_miss(&name) {
                let message = format!("no hook is called `{name}`; did you mean `{near}`?");
                errors.at(&method.signature.ident, message);
                roles.unclear = true;
            }
        }
        roles
    }

    /// Whether there is a method for this hook.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.hooks.iter().any(|(hook, _)| hook.name == name)
    }

    /// Sorts in a method with helper attributes.
    fn helped(&mut self, mut method: Method, name: &str, errors: &mut Errors) {
        let helpers = std::mem::take(&mut method.helpers);
        if refused(&helpers, name, errors) {
            self.unclear = true;
            return;
        }
        let mut signals = vec![];
        for helper in helpers {
            match helper.kind {
                Kind::Signal(listed) => signals.extend(listed),
                Kind::Every(period) => {
                    let handler = Handler::new(&method, &Wanted::of_timer(), errors);
                    self.timers.push((period, handler));
                }
                Kind::Broken => self.unclear = true,
            }
        }
        if !signals.is_empty() {
            let handler = Handler::new(&method, &Wanted::of_signal_method(), errors);
            self.signals.push((signals, handler));
        }
    }
}

impl Handler {
    fn new(method: &Method, wanted: &Wanted, errors: &mut Errors) -> Self {
        Self {
            name: method.signature.ident.clone(),
            cfgs: method.cfgs.clone(),
            call: wanted.check(&method.signature, errors),
        }
    }
}

/// Refuses helper attributes on a hook, and those that do not go together.
fn refused(helpers: &[Helper], name: &str, errors: &mut Errors) -> bool {
    if name == NEW || hooks::find(name).is_some() {
        // A broken attribute has its error already.
        let whole = helpers
            .iter()
            .filter(|helper| !matches!(helper.kind, Kind::Broken));
        for Helper { attribute, .. } in whole {
            let path = attribute.path();
            let written = path
                .segments
                .last()
                .map(|s| s.ident.to_string())
                .unwrap_or_default();
            let message =
                format!("`#[{written}]` goes on a method of its own: `{name}` has its own meaning");
            errors.at(attribute, message);
        }
        return true;
    }
    let is_timer = |helper: &&Helper| matches!(helper.kind, Kind::Every(_));
    let Some(timer) = helpers.iter().rfind(is_timer).filter(|_| helpers.len() > 1) else {
        return false;
    };
    errors.at(
        &timer.attribute,
        "`#[every]` stands alone: a method has one period, such as `#[every(\"30s\")]`, and is no \
         signal method",
    );
    true
}

/// The hook that was meant by a name that looks like one.
fn near_miss(name: &str) -> Option<&'static str> {
    let names = HOOKS
        .iter()
        .map(|hook| hook.name)
        .filter(|name| name.starts_with("on"));
    suggest::nearest(name, names).filter(|_| name.starts_with("on"))
}
