//! The finished declaration: every part is checked, every default is filled in.

use proc_macro2::{Ident, Span};
use syn::ext::IdentExt;
use syn::{Attribute, ImplItem, ItemImpl, LitStr, Path, Token, Type};

use crate::check::{
    self, Call, Constructor, HOOKS, Handler, Life, Payload, Roles, Terms, Validator,
};
use crate::errors::Errors;
use crate::parse::{Args, Block};
use crate::values::{KEYS, Key, Listener, Period, Role, Runtime, Signal, Value};

/// A daemon. The expansion of a model cannot fail.
pub(crate) struct Model {
    pub(crate) krate: Path,
    pub(crate) item: ItemImpl,
    pub(crate) name: Value,
    pub(crate) about: Option<LitStr>,
    /// The key as written, and the listed signals.
    pub(crate) signals: (Ident, Vec<Signal>),
    /// The key as written, and the listeners.
    pub(crate) listen: Option<(Ident, Vec<Listener>)>,
    pub(crate) life: Life,
    pub(crate) runtime: Option<Runtime>,
    /// The key as written, and the type of the settings.
    pub(crate) config: Option<(Ident, Type)>,
    /// All other keys, in the order of the table.
    pub(crate) settings: Vec<(Ident, Value)>,
    pub(crate) timers: Vec<Timer>,
    pub(crate) constructors: Vec<Constructor>,
    pub(crate) validators: Vec<Validator>,
    pub(crate) arms: Vec<Arm>,
}

/// An entry of `SPEC.timers`.
pub(crate) struct Timer {
    pub(crate) cfgs: Vec<Attribute>,
    pub(crate) name: LitStr,
    pub(crate) period: Period,
}

/// An arm of `dispatch`.
pub(crate) struct Arm {
    pub(crate) cfgs: Vec<Attribute>,
    /// The conditions under which another method handles the event.
    pub(crate) unless: Vec<Vec<Attribute>>,
    pub(crate) event: Event,
    pub(crate) call: Call,
}

/// The pattern of an arm.
pub(crate) enum Event {
    /// A variant without data.
    Plain(&'static str),
    /// Signals that one method handles.
    Signals(Vec<Signal>),
    Timer(LitStr),
    Child,
}

/// Returns the path of the runtime. By default it resolves as if it were written in the block.
pub(crate) fn krate(args: &Args, block: Span) -> Path {
    let at = Span::call_site().resolved_at(block);
    args.krate.clone().unwrap_or_else(|| Path {
        leading_colon: Some(Token![::](at)),
        ..Ident::new("daemon_rt", at).into()
    })
}

impl Model {
    /// Checks rules that concern both the attribute and the block. Returns `None` after an error,
    /// or if the compiler will report one.
    pub(crate) fn new(args: Args, block: Block, errors: &mut Errors) -> Option<Self> {
        let terms = Terms::of(&block.methods, &args, errors);
        let life = terms.life;
        let roles = Roles::find(block.methods, &terms, errors);
        let listed = args.signals.as_ref().map(|(_, signals)| &signals[..]);
        check::duplicates(listed.unwrap_or_default(), &roles, errors);
        let clear = !block.broken && !roles.unclear;
        if clear && (args.signals.is_some() || !args.broken) {
            check::gaps(listed, &roles, life, errors);
        }
        if clear {
            check::absences(&args, &block.item, &roles, life, errors);
        }
        if args.name.is_none() && !args.broken {
            let message = "missing `name`; write `#[daemon(name = \"server\")]`";
            match &args.start {
                Some(start) => errors.at(start, message),
                None => errors.at(block.item.impl_token, message),
            }
        }
        let krate = krate(&args, block.item.impl_token.span);
        let name = args.name?;
        let settings = settings(args.settings, &name);
        check::times(&settings, errors);
        let signals = args.signals.unwrap_or_else(|| {
            let key = Ident::new("signals", Span::call_site());
            (key, vec![])
        });
        (errors.len() == 0 && !defined_twice(&block.item)).then(|| Self {
            krate,
            settings,
            name,
            arms: arms(&signals.1, &roles),
            timers: timers(&roles),
            constructors: roles.constructors,
            validators: roles.validators,
            life,
            runtime: args.runtime,
            config: args.config,
            listen: args.listen,
            signals,
            about: block.about,
            item: block.item,
        })
    }
}

/// True if two functions have one name. The compiler reports that, and their calls would only add
/// errors.
fn defined_twice(item: &ItemImpl) -> bool {
    let mut names = vec![];
    item.items.iter().any(|inner| match inner {
        ImplItem::Fn(function) if function.attrs.iter().all(|a| !a.path().is_ident("cfg")) => {
            let twice = names.contains(&&function.sig.ident);
            names.push(&function.sig.ident);
            twice
        }
        _ => false,
    })
}

/// Returns the settings of the table, as given or by default.
fn settings(mut given: Vec<(Ident, Value)>, name: &Value) -> Vec<(Ident, Value)> {
    let complete = |key: &Key| {
        let Role::Setting(setting) = &key.role else {
            return None;
        };
        let at = given.iter().position(|(written, _)| written == key.name);
        match at {
            Some(at) => Some(given.swap_remove(at)),
            None => setting
                .default
                .map(|default| (Ident::new(key.name, Span::call_site()), default(name))),
        }
    };
    KEYS.iter().filter_map(complete).collect()
}

fn timers(roles: &Roles) -> Vec<Timer> {
    let timer = |(period, handler): &(Period, Handler)| Timer {
        cfgs: handler.cfgs.clone(),
        name: timer_name(handler),
        period: period.clone(),
    };
    roles.timers.iter().map(timer).collect()
}

fn timer_name(handler: &Handler) -> LitStr {
    LitStr::new(&handler.name.unraw().to_string(), handler.name.span())
}

/// Returns the arms of `dispatch`: hooks in the order of the table, signals and timers in the order
/// of the block.
fn arms(listed: &[Signal], roles: &Roles) -> Vec<Arm> {
    let mut arms = vec![];
    for hook in HOOKS {
        let handlers = roles
            .hooks
            .iter()
            .filter(|(other, _)| other.name == hook.name);
        match hook.payload {
            None | Some(Payload::Settings) => {
                arms.extend(handlers.filter_map(|(_, h)| h.arm(Event::Plain(hook.event))));
            }
            Some(Payload::Child) => {
                arms.extend(timer_arms(roles));
                arms.extend(handlers.filter_map(|(_, handler)| handler.arm(Event::Child)));
            }
            Some(Payload::Signal) => {
                let handlers: Vec<_> = handlers.map(|(_, handler)| handler).collect();
                let (own, others): (Vec<_>, Vec<_>) =
                    listed.iter().partition(|signal| roles.handle(signal));
                arms.extend(own.iter().flat_map(|s| signal_arms(s, roles, &handlers)));
                if !others.is_empty() {
                    let all = || Event::Signals(others.iter().copied().cloned().collect());
                    arms.extend(handlers.iter().filter_map(|handler| handler.arm(all())));
                }
            }
        }
    }
    arms
}

fn timer_arms(roles: &Roles) -> impl Iterator<Item = Arm> {
    let timers = roles.timers.iter();
    timers.filter_map(|(_, handler)| handler.arm(Event::Timer(timer_name(handler))))
}

/// Returns the arms of one signal: its own methods, or `on_signal`.
fn signal_arms(signal: &Signal, roles: &Roles, general: &[&Handler]) -> Vec<Arm> {
    let mut arms = vec![];
    let mut unless = vec![];
    for (signals, handler) in &roles.signals {
        if let Some(own) = signals.iter().find(|own| own.is(signal)) {
            arms.extend(handler.arm(Event::Signals(vec![own.clone()])));
            unless.push(handler.cfgs.clone());
        }
    }
    if unless.iter().all(|cfgs| !cfgs.is_empty()) {
        arms.extend(general.iter().filter_map(|handler| {
            let arm = handler.arm(Event::Signals(vec![signal.clone()]))?;
            Some(Arm {
                unless: unless.clone(),
                ..arm
            })
        }));
    }
    arms
}

impl Handler {
    fn arm(&self, event: Event) -> Option<Arm> {
        Some(Arm {
            cfgs: self.cfgs.clone(),
            unless: vec![],
            event,
            call: self.call.clone()?,
        })
    }
}
