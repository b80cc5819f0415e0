//! The lock protocol holds in every state, and each of its parts is needed.
//!
//! Three verbs run beside at most two daemons. Fairness is assumed: a step that stays possible is
//! made at some time. `a process waits for ever` then means that no order of steps ends the wait.
#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by a panic")]

mod promises;
mod reloads;
mod upgrades;

use protocol::verb::Verb;
use protocol::world::{Budget, Rules};

use crate::promises::{
    Case, NOTHING, WHOLE, assert_finds, assert_holds, assert_trace, search_case,
};

#[test]
fn lock_file_in_place_admits_one_daemon() {
    let left = Budget {
        closes: 1,
        kills: 1,
        hangs: 1,
        ..NOTHING
    };
    assert_holds(None, left, 100_000);
}

#[test]
fn removed_lock_file_leaves_one_daemon_at_the_next_look() {
    let left = Budget {
        removals: 1,
        closes: 1,
        ..NOTHING
    };
    assert_holds(None, left, 500_000);
}

#[test]
fn lock_file_that_comes_back_leaves_one_daemon_at_the_next_look() {
    let left = Budget {
        removals: 1,
        restores: 1,
        ..NOTHING
    };
    assert_holds(None, left, 500_000);
}

#[test]
fn hanging_daemon_without_its_file_keeps_no_verb_waiting() {
    let left = Budget {
        removals: 1,
        hangs: 1,
        ..NOTHING
    };
    assert_holds(None, left, 100_000);
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
    assert_finds(None, left, rules, "two daemons are ready", &steps);
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
    assert_finds(None, left, rules, "a verb waits for ever", &steps);
}

/// Two starts and a stop beside a daemon: the second start finds the page of the killed one.
const THREE_DAEMONS: Case = ([Verb::Start, Verb::Start, Verb::Stop], true);

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
