//! Gives each method of the block its role: `new`, `validate`, a hook, the handler of signals, or a
//! timer.

use proc_macro2::Ident;
use syn::Attribute;
use syn::ext::IdentExt;

use crate::check::build::{self, Constructor, Validator};
use crate::check::hooks::{self, Hook, NEW, VALIDATE};
use crate::check::life::Terms;
use crate::check::meaning::unknown_hook;
use crate::check::shape::{Call, Wanted};
use crate::errors::Errors;
use crate::parse::{Helper, Kind, Method};
use crate::values::{Period, Signal};

/// The methods by role. A method with a wrong signature is listed without a call.
#[derive(Default)]
pub(crate) struct Roles {
    pub(crate) constructors: Vec<Constructor>,
    pub(crate) validators: Vec<Validator>,
    pub(crate) hooks: Vec<(&'static Hook, Handler)>,
    pub(crate) signals: Vec<(Vec<Signal>, Handler)>,
    pub(crate) timers: Vec<(Period, Handler)>,
    /// True if the role of a method is unknown, because it has a mistake.
    pub(crate) unclear: bool,
}

/// A method that handles an event.
pub(crate) struct Handler {
    pub(crate) name: Ident,
    pub(crate) cfgs: Vec<Attribute>,
    pub(crate) call: Option<Call>,
}

impl Roles {
    /// Sorts the methods by role and reports their mistakes.
    pub(crate) fn find(methods: Vec<Method>, terms: &Terms, errors: &mut Errors) -> Self {
        let mut roles = Self::default();
        for method in methods {
            let name = method.signature.ident.unraw().to_string();
            if !method.helpers.is_empty() {
                roles.add_marked(method, &name, terms, errors);
            } else if name == NEW {
                let new = Constructor::of(&method.signature, method.cfgs, terms, errors);
                roles.constructors.push(new);
            } else if name == VALIDATE && terms.config.is_some() {
                let validator = Validator::of(&method.signature, method.cfgs, terms, errors);
                roles.validators.extend(validator);
            } else if let Some(hook) = hooks::find(&name) {
                let handler = Handler::new(&method, &Wanted::of_hook(hook, terms), errors);
                roles.hooks.push((hook, handler));
            } else if let Some(message) = unknown_hook(&name) {
                errors.at(&method.signature.ident, message);
                roles.unclear = true;
            } else {
                build::check_almost_validate(&name, &method.signature, terms, errors);
            }
        }
        roles
    }

    /// True if a method handles this signal by name.
    pub(crate) fn handle(&self, signal: &Signal) -> bool {
        let mut signals = self.signals.iter().flat_map(|(signals, _)| signals);
        signals.any(|own| own.is(signal))
    }

    /// True if there is a method for this hook.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.hooks.iter().any(|(hook, _)| hook.name == name)
    }

    /// Adds a method with helper attributes.
    fn add_marked(&mut self, mut method: Method, name: &str, terms: &Terms, errors: &mut Errors) {
        let helpers = std::mem::take(&mut method.helpers);
        if conflict(&helpers, name, terms, errors) {
            self.unclear = true;
            return;
        }
        let mut signals = vec![];
        for helper in helpers {
            match helper.kind {
                Kind::Signal(listed) => signals.extend(listed),
                Kind::Every(period) => {
                    let handler = Handler::new(&method, &Wanted::of_timer(terms), errors);
                    self.timers.push((period, handler));
                }
                Kind::Broken => self.unclear = true,
            }
        }
        if !signals.is_empty() {
            let handler = Handler::new(&method, &Wanted::of_signal_method(terms), errors);
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

/// Reports helper attributes on `new` or a hook, and those that exclude each other.
fn conflict(helpers: &[Helper], name: &str, terms: &Terms, errors: &mut Errors) -> bool {
    let is_validate = name == VALIDATE && terms.config.is_some();
    if name == NEW || is_validate || hooks::find(name).is_some() {
        let role = if name == NEW {
            "the constructor"
        } else {
            "a hook"
        };
        // An attribute with a mistake is already reported.
        let whole = helpers
            .iter()
            .filter(|helper| !matches!(helper.kind, Kind::Broken));
        for Helper { attribute, kind } in whole {
            let helper = kind.name();
            let message = format!("`{name}` is {role}; put `#[{helper}]` on a method of its own");
            errors.at(attribute, message);
        }
        return true;
    }
    let is_timer = |helper: &&Helper| matches!(helper.kind, Kind::Every(_));
    let Some(timer) = helpers.iter().rfind(is_timer).filter(|_| helpers.len() > 1) else {
        return false;
    };
    let message = if helpers.iter().filter(is_timer).count() > 1 {
        "a method can have only one `#[every]`"
    } else {
        "a method cannot have both `#[every]` and `#[signal]`; write two methods"
    };
    errors.at(&timer.attribute, message);
    true
}
