//! The table of hooks, the methods that the runtime calls by their names.

/// The value of an event. A method takes it between `&mut self` and the context.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Payload {
    Signal,
    Child,
    /// The new settings, if the daemon has any.
    Settings,
}

/// A row of the table.
pub(crate) struct Hook {
    pub(crate) name: &'static str,
    /// The variant of `daemon_rt::Event`.
    pub(crate) event: &'static str,
    /// The value that the hook takes.
    pub(crate) payload: Option<Payload>,
}

const fn hook(name: &'static str, event: &'static str, payload: Option<Payload>) -> Hook {
    Hook {
        name,
        event,
        payload,
    }
}

/// All hooks, in the order of a daemon's life.
pub(crate) static HOOKS: &[Hook] = &[
    hook("on_start", "Start", None),
    hook("run", "Run", None),
    hook("on_reload", "Reload", Some(Payload::Settings)),
    hook("on_stop", "Stop", None),
    hook("on_signal", "Signal", Some(Payload::Signal)),
    hook("on_child", "Child", Some(Payload::Child)),
];

/// The constructor. It has no receiver, so it is not a hook.
pub(crate) const NEW: &str = "new";

/// The function that looks at settings before anything is stopped. A daemon without settings may
/// have a method of this name.
pub(crate) const VALIDATE: &str = "validate";

pub(crate) fn find(name: &str) -> Option<&'static Hook> {
    HOOKS.iter().find(|hook| hook.name == name)
}
