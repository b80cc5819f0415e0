//! Compares keys with the methods that they need, and with each other.

use proc_macro2::Ident;
use syn::{Error, ItemImpl};

use crate::check::life::Life;
use crate::check::roles::Roles;
use crate::errors::Errors;
use crate::manifest;
use crate::parse::Args;
use crate::values::{Runtime, Value};

/// Reports methods that the block or a key cannot be without.
pub(crate) fn absences(
    args: &Args,
    item: &ItemImpl,
    roles: &Roles,
    life: Life,
    errors: &mut Errors,
) {
    if !roles.has("run") && roles.timers.is_empty() {
        let message = format!(
            "a daemon needs `fn run({})` in this impl block, or an `#[every]` method",
            life.receiver()
        );
        errors.at(&item.self_ty, message);
    }
    if let Some(runtime) = &args.runtime {
        unusable(runtime, life, errors);
    }
    if let Some((key, listeners)) = &args.listen
        && let Some(first) = listeners.first().filter(|_| roles.constructors.is_empty())
    {
        let message = format!(
            "`listen` needs a `new` that takes the listeners; write `fn new({})`",
            first.parameter()
        );
        errors.at(key, message);
    }
    match &args.config {
        Some((key, _)) if roles.constructors.is_empty() => errors.at(
            key,
            "`config` needs a `new` that takes the settings; write `fn new(settings: Settings)`",
        ),
        None if !args.broken => {
            let file = args.settings.iter().find(|(key, _)| key == "config_file");
            if let Some((key, _)) = file {
                let message = "`config_file` needs the type of the settings; write \
                               `config = Settings`";
                errors.at(key, message);
            }
        }
        _ => {}
    }
}

/// Reports a runtime that cannot run anything.
fn unusable(runtime: &Runtime, life: Life, errors: &mut Errors) {
    let (word, features) = match runtime {
        Runtime::Tokio(word) => (word, "rt-multi-thread"),
        Runtime::TokioCurrent(word) => (word, "rt"),
        Runtime::Function(_) => return,
    };
    if manifest::lacks("tokio") {
        let message = format!(
            "`runtime = {word}` needs a dependency; run `cargo add tokio --features {features}`"
        );
        errors.at(word, message);
    } else if life == Life::Turns && matches!(runtime, Runtime::TokioCurrent(_)) {
        errors.at(
            word,
            "`tokio_current` runs nothing beside a hook that is not `async`; write \
             `runtime = tokio`, or make a hook `async`",
        );
    }
}

/// Reports a `drain` that leaves nothing of the time of which it is a part.
pub(crate) fn times(settings: &[(Ident, Value)], errors: &mut Errors) {
    let time = |name: &str| {
        settings.iter().find_map(|(key, value)| match value {
            Value::Time(period) if key == name => Some(period),
            _ => None,
        })
    };
    if let (Some(drain), Some(stop)) = (time("drain"), time("stop_timeout"))
        && drain.milliseconds >= stop.milliseconds
    {
        let message = format!(
            "`drain` is a part of `stop_timeout`, so it must be shorter than {}",
            stop.text()
        );
        errors.push(Error::new(drain.at, message));
    }
}
