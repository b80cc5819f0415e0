//! The promises of the protocol, and the cases for which they are searched.

use protocol::search::{Counts, search};
use protocol::verb::Verb;
use protocol::world::{Budget, Rules, VERBS, World};

/// Three verbs, and whether a daemon is ready from the beginning.
pub(crate) type Case = ([Verb; VERBS], bool);

pub(crate) const WHOLE: Rules = Rules {
    has_second: true,
    maps_name: true,
    page_first: true,
    counts_first: true,
    asks_named: true,
    asks_again: true,
    upgrade_queues: true,
    keeps_record: true,
    carries: true,
    reopens: true,
    follows_path: true,
};

/// The adversary does nothing, but hooks may fail.
pub(crate) const NOTHING: Budget = Budget {
    removals: 0,
    restores: 0,
    closes: 0,
    kills: 0,
    verb_kills: 0,
    losses: 0,
    failures: true,
    probes: true,
    hangs: 0,
};

/// Three verbs that make at most two daemons, with one that runs already. One of them is `with`, if
/// that is a verb that asks.
fn cases(with: Option<Verb>) -> Vec<Case> {
    let mut verbs = vec![Verb::Start, Verb::Run, Verb::Stop, Verb::Restart];
    match with {
        None => {}
        Some(Verb::Upgrade) => verbs.extend([Verb::Reload, Verb::Upgrade]),
        Some(asking) => verbs.push(asking),
    }
    let mut cases = Vec::new();
    for (second, b) in verbs.iter().enumerate() {
        for a in &verbs[..=second] {
            for c in &verbs[second..] {
                cases.extend([false, true].map(|runs| ([*a, *b, *c], runs)));
            }
        }
    }
    cases.retain(|(verbs, runs)| {
        let making = verbs.iter().filter(|verb| verb.makes_daemon()).count();
        making + usize::from(*runs) <= 2 && with.is_none_or(|with| verbs.contains(&with))
    });
    cases
}

/// Searches each case. Returns the sum of the figures, or the first fault with its trace.
pub(crate) fn search_all(with: Option<Verb>, left: Budget, rules: Rules) -> Result<Counts, String> {
    let mut sum = Counts::default();
    for case in cases(with) {
        let counts = search_case(case, left, rules)?;
        sum.states += counts.states;
        sum.steps += counts.steps;
        sum.quiet += counts.quiet;
    }
    println!("{with:?}, {left:?}: {sum:?}");
    Ok(sum)
}

pub(crate) fn search_case(
    (verbs, runs): Case,
    left: Budget,
    rules: Rules,
) -> Result<Counts, String> {
    let begin = World::new(verbs, runs, left, rules);
    let ends = |verb: &Verb| matches!(verb, Verb::Stop | Verb::Restart);
    let is_spared = left.kills + left.hangs + left.removals == 0 && !left.failures;
    let made = verbs.iter().filter(|verb| verb.makes_daemon()).count() + usize::from(runs);
    let must_stay = is_spared && !verbs.iter().any(ends) && made > usize::from(left.verb_kills);
    let check = |world: &World, is_quiet| {
        check(world, is_quiet, left, rules)?;
        if must_stay && is_quiet && world.ready().next().is_none() {
            return Err("no daemon stays");
        }
        Ok(())
    };
    search(begin, rules, check).map_err(|trace| format!("{verbs:?}, runs: {runs}: {trace}"))
}

/// The promises. A quiet state is one in which every keeper has looked and every verb is done.
fn check(world: &World, is_quiet: bool, all: Budget, rules: Rules) -> Result<(), &'static str> {
    let moved = all.removals - world.left.removals + all.restores - world.left.restores;
    if world.ready().count() > 1 + usize::from(moved) {
        return Err("two daemons are ready");
    }
    if all.probes && world.is_free_in_upgrade() {
        return Err("the lock is free during an upgrade");
    }
    if world.has_lost_all {
        return Err("a keeper ended the only daemon");
    }
    if !is_quiet {
        return Ok(());
    }
    // A daemon whose hook never returns does not look.
    if world.ready().filter(|daemon| !daemon.hangs()).count() > 1 {
        return Err("two daemons stay");
    }
    if !world.verbs_are_done() {
        return Err("a verb waits for ever");
    }
    if !world.ready_are_found(rules) {
        return Err("no verb finds a daemon");
    }
    Ok(())
}

#[track_caller]
pub(crate) fn assert_holds(with: Option<Verb>, left: Budget, at_least: usize) {
    let counts = search_all(with, left, WHOLE).unwrap_or_else(|trace| panic!("{trace}"));
    assert!(counts.states > at_least, "too few: {counts:?}");
    assert!(counts.quiet > 100, "too few: {counts:?}");
}

/// Asserts that a protocol without a part keeps the promises that are searched.
#[track_caller]
pub(crate) fn assert_keeps(with: Option<Verb>, left: Budget, rules: Rules) {
    search_all(with, left, rules).unwrap_or_else(|trace| panic!("{trace}"));
}

/// Asserts that the search finds `fault` by a trace with these steps, in this order.
#[track_caller]
pub(crate) fn assert_finds(
    with: Option<Verb>,
    left: Budget,
    rules: Rules,
    fault: &str,
    steps: &[&str],
) {
    let trace = search_all(with, left, rules).expect_err("a fault");
    assert_trace(&trace, fault, steps);
}

#[track_caller]
pub(crate) fn assert_trace(trace: &str, fault: &str, steps: &[&str]) {
    println!("{trace}");
    let mut rest = trace;
    for text in [fault].iter().chain(steps) {
        let found = rest.split_once(text);
        rest = found.unwrap_or_else(|| panic!("no {text:?}:\n{trace}")).1;
    }
}
