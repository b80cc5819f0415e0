//! No end of a process loses a record.

use std::fs;

use daemon_rt::logger::Logger;
use tests::support::eventually;

use crate::probe::{self, Probe, at_least_once, checked};

const ENDS: [&str; 6] = ["return", "exit", "panic", "abort", "SIGTERM", "SIGKILL"];

#[test]
fn no_end_loses_a_record() {
    assert_eq!(lost_at_each_end(0), ENDS.map(|end| (end, 0)));
}

#[test]
fn no_end_loses_a_buffered_record() {
    assert_eq!(lost_at_each_end(65536), ENDS.map(|end| (end, 0)));
}

/// Of 1,000 records, how many are missing after each kind of end, and a recovery.
fn lost_at_each_end(buffer: usize) -> Vec<(&'static str, u64)> {
    let directory = tempfile::tempdir().unwrap();
    let lost_at = |end: &&'static str| {
        let log = directory.path().join(end);
        let mut probe = Probe::buffered(&log, buffer);
        probe.tell("many x 1000");
        probe.send(&format!("end {end}"));
        drop(probe);
        Logger::recover(&log).unwrap();
        (*end, 1000 - checked(&[log])["x"])
    };
    let lost = ENDS.iter().map(lost_at).collect();
    probe::logs(directory.path());
    lost
}

/// Four processes of three threads each are killed while they log and the file is rotated: each
/// thread's records are whole in the log, from the first to some last one. Each process may leave a
/// partial record besides, on a line of its own. Only records of its last batch may be there twice.
#[test]
fn kill_at_any_moment_leaves_each_record_whole_at_least_once() {
    for round in 0..12 {
        let directory = tempfile::tempdir().unwrap();
        let log = directory.path().join("log");
        let mut probes: Vec<Probe> = (0..4).map(|_| Probe::buffered(&log, 8192)).collect();
        for (number, probe) in probes.iter_mut().enumerate() {
            probe.send(&format!("threads 3 1000000 p{number}"));
        }
        eventually("they log", || {
            fs::metadata(&log).unwrap().len() > 100_000 * round
        });
        if round % 2 == 1 {
            fs::rename(&log, directory.path().join("log.1")).unwrap();
        }
        probes.into_iter().for_each(Probe::kill);
        Logger::recover(&log).unwrap();
        assert_eq!(Logger::recover(&log).unwrap(), 0);
        let found = at_least_once(&probe::logs(directory.path()));
        assert!(!found.counts.is_empty());
        assert!(found.partial.len() <= 4, "{:?}", found.partial);
        // A batch is at most the buffer, and a record at least 40 bytes.
        assert!(found.doubled <= 4 * 8192 / 40, "{}", found.doubled);
    }
}
