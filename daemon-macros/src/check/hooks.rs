//! The hooks: which names the runtime calls, and with what.

/// What an event brings, and a method may take, between `&mut self` and the context.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Payload {
    Signal,
    Child,
}

/// A method that the runtime calls by its name.
pub(crate) struct Hook {
    pub(crate) name: &'static str,
    /// The variant of `daemon_rt::Event`.
    pub(crate) event: &'static str,
    /// What it takes between `&mut self` and the context.
    pub(crate) payload: Option<Payload>,
}

const fn hook(name: &'static str, event: &'static str, payload: Option<Payload>) -> Hook {
    Hook {
        name,
        event,
        payload,
    }
}

/// In the order of a daemon's life.
pub(crate) static HOOKS: &[Hook] = &[
    hook("on_start", "Start", None),
    hook("run", "Run", None),
    hook("on_reload", "Reload", None),
    hook("on_stop", "Stop", None),
    hook("on_signal", "Signal", Some(Payload::Signal)),
    hook("on_child", "Child", Some(Payload::Child)),
];

/// The constructor, which has no receiver and so is no hook.
pub(crate) const NEW: &str = "new";

pub(crate) fn find(name: &str) -> Option<&'static Hook> {
    HOOKS.iter().find(|hook| hook.name == name)
}
