//! An upgrade leaves one daemon, whose lock is never free, and gives each verb an answer.

use protocol::verb::Verb;
use protocol::world::{Budget, Rules};

use crate::promises::{NOTHING, WHOLE, assert_finds, assert_holds, assert_keeps, search_case};

const UPGRADE: Option<Verb> = Some(Verb::Upgrade);

#[test]
fn upgrade_beside_other_verbs_leaves_one_daemon() {
    let left = Budget {
        kills: 1,
        closes: 1,
        ..NOTHING
    };
    assert_holds(UPGRADE, left, 100_000);
}

#[test]
fn hanging_upgrade_keeps_no_verb_waiting() {
    let left = Budget {
        hangs: 1,
        ..NOTHING
    };
    assert_holds(UPGRADE, left, 50_000);
}

#[test]
fn upgrade_without_its_lock_file_leaves_one_daemon() {
    let left = Budget {
        removals: 1,
        ..NOTHING
    };
    assert_holds(UPGRADE, left, 100_000);
}

#[test]
fn exec_that_ends_the_record_lock_frees_nothing() {
    let left = Budget {
        losses: 1,
        verb_kills: 1,
        ..NOTHING
    };
    assert_holds(UPGRADE, left, 50_000);
    let without = Rules {
        reopens: false,
        ..WHOLE
    };
    assert_keeps(UPGRADE, left, without);
}

#[test]
fn moved_lock_file_that_comes_back_in_an_upgrade_leaves_one_daemon() {
    let left = Budget {
        removals: 1,
        restores: 1,
        ..NOTHING
    };
    let case = [Verb::Start, Verb::Stop, Verb::Upgrade];
    let counts = search_case((case, true), left, WHOLE).unwrap_or_else(|trace| panic!("{trace}"));
    assert!(counts.states > 10_000, "too few: {counts:?}");
}

#[test]
fn exec_that_closes_the_lock_file_frees_the_lock_of_a_daemon_that_carries_none() {
    let rules = Rules {
        keeps_record: false,
        carries: false,
        ..WHOLE
    };
    let steps = ["holds the record lock", "executes the new program"];
    assert_finds(
        UPGRADE,
        NOTHING,
        rules,
        "the lock is free during an upgrade",
        &steps,
    );
}

#[test]
fn kernel_that_ends_the_record_lock_frees_it_where_none_is_carried() {
    let rules = Rules {
        carries: false,
        ..WHOLE
    };
    let left = Budget {
        losses: 1,
        ..NOTHING
    };
    let steps = ["loses the record lock as it executes the other program"];
    assert_finds(
        UPGRADE,
        left,
        rules,
        "the lock is free during an upgrade",
        &steps,
    );
}

#[test]
fn verb_lock_alone_keeps_no_start_away_after_the_verb_is_killed() {
    let rules = Rules {
        carries: false,
        ..WHOLE
    };
    let covered = Budget {
        losses: 1,
        failures: false,
        probes: false,
        ..NOTHING
    };
    assert_keeps(UPGRADE, covered, rules);
    let left = Budget {
        verb_kills: 1,
        ..covered
    };
    let steps = [
        "is killed",
        "loses the record lock",
        "takes the second lock",
        "finds the lock of another daemon, and ends",
        "daemon 0 ends",
    ];
    assert_finds(UPGRADE, left, rules, "no daemon stays", &steps);
}

#[test]
fn start_in_the_exec_of_a_daemon_that_carries_no_lock_ends_both() {
    let rules = Rules {
        carries: false,
        ..WHOLE
    };
    let left = Budget {
        verb_kills: 1,
        failures: false,
        ..NOTHING
    };
    let steps = [
        "executes the new program",
        "takes the second lock",
        "finds the lock of another daemon, and ends",
    ];
    assert_finds(UPGRADE, left, rules, "no daemon stays", &steps);
}

#[test]
fn keeper_that_forgets_its_path_at_the_exec_never_restores_its_file() {
    let rules = Rules {
        follows_path: false,
        ..WHOLE
    };
    let left = Budget {
        removals: 1,
        ..NOTHING
    };
    let steps = [
        "the adversary removes the lock file",
        "executes the new program",
    ];
    assert_finds(UPGRADE, left, rules, "no verb finds a daemon", &steps);
}
