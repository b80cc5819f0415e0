//! `reload` gets its answer, or learns that there is none.

use protocol::verb::Verb;
use protocol::world::{Budget, Rules};

use crate::promises::{NOTHING, WHOLE, assert_finds, assert_holds};

const RELOAD: Option<Verb> = Some(Verb::Reload);

#[test]
fn reload_beside_other_verbs_returns() {
    let left = Budget {
        closes: 1,
        kills: 1,
        hangs: 1,
        ..NOTHING
    };
    assert_holds(RELOAD, left, 100_000);
}

#[test]
fn reload_of_a_daemon_without_its_file_returns() {
    let left = Budget {
        removals: 1,
        kills: 1,
        ..NOTHING
    };
    assert_holds(RELOAD, left, 100_000);
}

#[test]
fn reload_that_counts_after_it_asked_waits_for_ever() {
    let rules = Rules {
        counts_first: false,
        ..WHOLE
    };
    let steps = [
        "verb 2 sends SIGHUP",
        "begins a reload",
        "verb 2 reads the number of the last one",
    ];
    assert_finds(RELOAD, NOTHING, rules, "a verb waits for ever", &steps);
}

#[test]
fn reload_of_a_daemon_that_only_its_mapping_names_waits_for_ever() {
    let rules = Rules {
        asks_named: false,
        ..WHOLE
    };
    let left = Budget {
        kills: 1,
        ..NOTHING
    };
    let steps = [
        "daemon 0 takes the second lock",
        "verb 2 reads the number of the last one",
        "daemon 0 writes its state page",
    ];
    assert_finds(RELOAD, left, rules, "a verb waits for ever", &steps);
}

#[test]
fn reload_that_reads_only_a_removed_file_waits_for_ever() {
    let rules = Rules {
        asks_again: false,
        ..WHOLE
    };
    let left = Budget {
        removals: 1,
        ..NOTHING
    };
    let steps = [
        "asks for the holder",
        "the adversary removes the lock file",
        "moves its state page",
    ];
    assert_finds(RELOAD, left, rules, "a verb waits for ever", &steps);
}
