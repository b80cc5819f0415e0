//! Compares the listed signals with the methods that handle them.

use proc_macro2::Ident;

use crate::check::life::Life;
use crate::check::roles::Roles;
use crate::errors::Errors;
use crate::values::Signal;

/// Reports signals that are listed or handled twice.
pub(crate) fn duplicates(listed: &[Signal], roles: &Roles, errors: &mut Errors) {
    repeated(listed, errors);
    let mut handled: Vec<(&Signal, &Ident)> = vec![];
    for (signals, handler) in &roles.signals {
        repeated(signals, errors);
        // Another method may handle the signal under the opposite `#[cfg]`.
        if !handler.cfgs.is_empty() {
            continue;
        }
        for signal in signals {
            if let Some((_, other)) = handled.iter().find(|(known, _)| known.is(signal)) {
                errors.at(
                    signal.name(),
                    format!("`{signal}` is already handled by `{other}`"),
                );
            }
        }
        handled.extend(signals.iter().map(|signal| (signal, &handler.name)));
    }
}

fn repeated(signals: &[Signal], errors: &mut Errors) {
    for (at, signal) in signals.iter().enumerate() {
        if signals[..at].iter().any(|earlier| earlier.is(signal)) {
            errors.at(signal.name(), format!("`{signal}` is listed twice"));
        }
    }
}

/// Reports signals that are listed but not handled, and signals that are handled but not listed.
pub(crate) fn gaps(given: Option<&[Signal]>, roles: &Roles, life: Life, errors: &mut Errors) {
    let receiver = life.receiver();
    let listed = given.unwrap_or_default();
    let handled: Vec<_> = roles
        .signals
        .iter()
        .flat_map(|(signals, _)| signals)
        .collect();
    for signal in listed {
        if !roles.has("on_signal") && !handled.iter().any(|other| other.is(signal)) {
            let message = format!(
                "no handler for `{signal}`; add `#[signal({signal})] fn …({receiver})`, or \
                 `fn on_signal({receiver}, signal: Signal)` for all signals"
            );
            errors.at(signal.name(), message);
        }
    }
    let mut missing = handled;
    missing.retain(|signal| !listed.iter().any(|other| other.is(signal)));
    let mut complete: Vec<String> = vec![];
    for signal in listed.iter().chain(missing.iter().copied()) {
        let name = signal.to_string();
        if !complete.contains(&name) {
            complete.push(name);
        }
    }
    general(given, roles, errors);
    for signal in missing {
        let message = format!(
            "`{signal}` is handled here but missing from `signals`; write `signals = [{}]`",
            complete.join(", ")
        );
        errors.at(signal.name(), message);
    }
}

/// Reports an `on_signal` that no signal reaches. An empty list says that this is meant.
fn general(given: Option<&[Signal]>, roles: &Roles, errors: &mut Errors) {
    // Under a `#[cfg]` another method may handle the signal, or none.
    let always = roles
        .signals
        .iter()
        .filter(|(_, own)| own.cfgs.is_empty())
        .flat_map(|(signals, _)| signals);
    let is_left = |signal: &Signal| !always.clone().any(|own| own.is(signal));
    let message = match given {
        None if roles.signals.is_empty() => {
            "no signal is listed for `on_signal`; write `signals = [SIGUSR1]` in `#[daemon(…)]`"
        }
        Some(listed) if !listed.is_empty() && !listed.iter().any(is_left) => {
            "no signal is left for `on_signal`: each listed signal has a method of its own"
        }
        _ => return,
    };
    for (_, handler) in roles
        .hooks
        .iter()
        .filter(|(hook, _)| hook.name == "on_signal")
    {
        errors.at(&handler.name, message);
    }
}
