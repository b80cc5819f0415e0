//! Methods that are meant as hooks: the hooks of other services by their names, and misspelt ones.

use crate::check::hooks::HOOKS;
use crate::suggest;
use crate::values;

/// The words after `on_` in systemd, Windows services, .NET, Spring, Go, Node and Python, and the
/// text to write in their place.
#[rustfmt::skip]
static WORDS: &[(&str, &[&str])] = &[
    ("on_start", &[
        "init", "initialize", "initialise", "boot", "bootstrap", "launch", "begin", "startup",
        "started", "starting", "setup", "open", "load", "up", "ready", "create", "activate",
        "enable", "construct", "post_construct", "application_started",
    ]),
    ("run", &["run", "loop", "main", "execute", "work", "turn"]),
    ("on_reload", &[
        "reload_config", "config", "config_reload", "config_change", "config_changed",
        "configuration_change", "settings_changed", "refresh", "rehash", "reconfigure", "restart",
    ]),
    ("on_stop", &[
        "shutdown", "exit", "terminate", "termination", "quit", "close", "dispose", "destroy",
        "stopped", "stopping", "end", "finish", "teardown", "cleanup", "kill", "sigkill", "abort",
        "halt", "down", "unload", "deactivate", "disable", "interrupt", "cancel", "drop",
        "pre_destroy", "before_exit", "application_stopping", "application_stopped",
    ]),
    ("on_signal", &["sig", "signals", "user_signal", "signal_received"]),
    ("on_child", &[
        "child_exit", "child_exited", "child_end", "child_died", "children", "process_exit",
        "subprocess_exit", "reap",
    ]),
    ("validate", &[
        "validate", "validate_config", "validate_settings", "check", "check_config", "verify",
        "config_check",
    ]),
    ("#[signal(SIGTSTP)]", &["pause", "suspend"]),
    ("#[signal(SIGCONT)]", &["continue", "resume"]),
    ("#[signal(SIGWINCH)]", &["resize"]),
    ("#[every(\"30s\")]", &["timer", "tick", "interval", "every", "schedule", "cron", "heartbeat"]),
];

/// Returns the message for a method whose name looks like a hook, but is not the name of one.
pub(super) fn unknown_hook(name: &str) -> Option<String> {
    let rest = name.strip_prefix("on")?;
    let looks_like_one = rest.starts_with(|c: char| c == '_' || c.is_ascii_uppercase());
    let meant = meant(name, rest);
    let hooks = HOOKS.iter().map(|hook| hook.name);
    let advice = match meant {
        Some(meant) => format!("did you mean `{meant}`?"),
        None if looks_like_one => format!("expected one of {}", suggest::listed(hooks)),
        None => return None,
    };
    Some(format!(
        "unknown hook `{name}`; {advice} (a method that is not a hook goes into another impl block)"
    ))
}

/// Returns the text to write for a hook by its meaning, or by its spelling.
fn meant(name: &str, rest: &str) -> Option<String> {
    let by_word = |word: &str| {
        let mut rows = WORDS.iter();
        let (meant, _) = rows.find(|(_, words)| words.contains(&word))?;
        Some((*meant).to_owned())
    };
    let rest = suggest::normal(rest);
    let words = WORDS.iter().flat_map(|(_, words)| words.iter().copied());
    let same = words.clone().find(|word| suggest::normal(word) == rest);
    let hooks = HOOKS.iter().map(|hook| hook.name);
    let hooks = hooks.filter(|hook| hook.starts_with("on"));
    let rest: String = rest.iter().collect();
    same.and_then(by_word)
        .or_else(|| values::handler_of_signal(&rest))
        .or_else(|| suggest::nearest(name, hooks).map(str::to_owned))
        .or_else(|| suggest::nearest(&rest, words).and_then(by_word))
}
