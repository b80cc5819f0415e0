//! The lock protocol holds in every state, and each of its parts is needed.
//!
//! Three verbs run beside at most two daemons. Fairness is assumed: a step that stays possible is
//! made at some time. `a process waits for ever` then means that no order of steps ends the wait.
#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by a panic")]

use protocol::search::{Counts, search};
use protocol::verb::Verb;
use protocol::world::{Budget, Rules, VERBS, World};

const WHOLE: Rules = Rules {
    has_second: true,
    maps_name: true,
    page_first: true,
};

const NOTHING: Budget = Budget {
    removals: 0,
    restores: 0,
    closes: 0,
    kills: 0,
    hangs: 0,
};

/// Three verbs that make at most two daemons, with one that runs already.
fn cases() -> Vec<([Verb; VERBS], bool)> {
    let all = [Verb::Start, Verb::Run, Verb::Stop, Verb::Restart];
    let mut cases = Vec::new();
    for (second, b) in all.iter().enumerate() {
        for a in &all[..=second] {
            for c in &all[second..] {
                cases.extend([false, true].map(|runs| ([*a, *b, *c], runs)));
            }
        }
    }
    cases.retain(|(verbs, runs)| {
        let making = verbs.iter().filter(|verb| **verb != Verb::Stop).count();
        making + usize::from(*runs) <= 2
    });
    cases
}

/// Searches each case. Returns the sum of the figures, or the first fault with its trace.
fn search_all(left: Budget, rules: Rules) -> Result<Counts, String> {
    let mut sum = Counts::default();
    for case in cases() {
        let counts = search_case(case, left, rules)?;
        sum.states += counts.states;
        sum.steps += counts.steps;
        sum.quiet += counts.quiet;
    }
    println!("{left:?}: {sum:?}");
    Ok(sum)
}

fn search_case(
    (verbs, runs): ([Verb; VERBS], bool),
    left: Budget,
    rules: Rules,
) -> Result<Counts, String> {
    let begin = World::new(verbs, runs, left, rules);
    let check = |world: &World, is_quiet| check(world, is_quiet, left, rules);
    search(begin, rules, check).map_err(|trace| format!("{verbs:?}, runs: {runs}: {trace}"))
}

/// The promises. A quiet state is one in which every keeper has looked and every verb is done.
fn check(world: &World, is_quiet: bool, all: Budget, rules: Rules) -> Result<(), &'static str> {
    let moved = all.removals - world.left.removals + all.restores - world.left.restores;
    if world.ready().count() > 1 + usize::from(moved) {
        return Err("two daemons are ready");
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
fn assert_holds(left: Budget, at_least: usize) {
    let counts = search_all(left, WHOLE).unwrap_or_else(|trace| panic!("{trace}"));
    assert!(counts.states > at_least, "too few: {counts:?}");
    assert!(counts.quiet > 100, "too few: {counts:?}");
}

/// Asserts that the search finds `fault` by a trace with these steps, in this order.
#[track_caller]
fn assert_finds(left: Budget, rules: Rules, fault: &str, steps: &[&str]) {
    let trace = search_all(left, rules).expect_err("a fault");
    assert_trace(&trace, fault, steps);
}

#[track_caller]
fn assert_trace(trace: &str, fault: &str, steps: &[&str]) {
    println!("{trace}");
    let mut rest = trace;
    for text in [fault].iter().chain(steps) {
        let found = rest.split_once(text);
        rest = found.unwrap_or_else(|| panic!("no {text:?}:\n{trace}")).1;
    }
}

#[test]
fn lock_file_in_place_admits_one_daemon() {
    let left = Budget {
        closes: 1,
        kills: 1,
        hangs: 1,
        ..NOTHING
    };
    assert_holds(left, 100_000);
}

#[test]
fn removed_lock_file_leaves_one_daemon_at_the_next_look() {
    let left = Budget {
        removals: 1,
        closes: 1,
        ..NOTHING
    };
    assert_holds(left, 500_000);
}

#[test]
fn lock_file_that_comes_back_leaves_one_daemon_at_the_next_look() {
    let left = Budget {
        removals: 1,
        restores: 1,
        ..NOTHING
    };
    assert_holds(left, 500_000);
}

#[test]
fn hanging_daemon_without_its_file_keeps_no_verb_waiting() {
    let left = Budget {
        removals: 1,
        hangs: 1,
        ..NOTHING
    };
    assert_holds(left, 100_000);
}

#[test]
fn record_lock_alone_admits_two_daemons() {
    let rules = Rules {
        has_second: false,
        ..WHOLE
    };
    let steps = [
        "daemon 0 is ready",
        "daemon 0 closes a descriptor of the lock file",
        "verb 1 finds the lock free and forks",
        "daemon 1 is ready",
    ];
    let left = Budget {
        closes: 1,
        ..NOTHING
    };
    assert_finds(left, rules, "two daemons are ready", &steps);
}

#[test]
fn hanging_daemon_that_only_its_loop_names_keeps_a_verb_waiting() {
    let rules = Rules {
        maps_name: false,
        ..WHOLE
    };
    let steps = [
        "daemon 0 closes a descriptor of the lock file",
        "daemon 0 hangs in a hook",
    ];
    let left = Budget {
        closes: 1,
        hangs: 1,
        ..NOTHING
    };
    assert_finds(left, rules, "a verb waits for ever", &steps);
}

/// Two starts and a stop beside a daemon: the second start finds the page of the killed one.
const THREE_DAEMONS: ([Verb; VERBS], bool) = ([Verb::Start, Verb::Start, Verb::Stop], true);

#[test]
fn third_daemon_that_starts_ends_no_ready_one() {
    let left = Budget {
        removals: 1,
        ..NOTHING
    };
    let counts = search_case(THREE_DAEMONS, left, WHOLE).unwrap_or_else(|trace| panic!("{trace}"));
    println!("{counts:?}");
    let rules = Rules {
        page_first: false,
        ..WHOLE
    };
    let steps = [
        "the adversary removes the lock file",
        "kills the daemon after the time-out",
        "takes the record lock",
        "daemon 3 finds the lock of a daemon that is ready, and ends",
    ];
    let trace = search_case(THREE_DAEMONS, left, rules).expect_err("a fault");
    assert_trace(&trace, "a keeper ended the only daemon", &steps);
}
