//! One run of one subject in a process of its own.

use std::alloc::{GlobalAlloc, Layout, System};
use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::subject::Subject;

/// How many refused records are timed.
const REFUSED: usize = 3_000_000;

struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

// SAFETY: passes everything on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The figures of one run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Figures {
    /// Nanoseconds a record: the wall time of all threads over the number of their records.
    pub(crate) record: f64,
    /// The 99.9th percentile of the time of one call, in nanoseconds.
    pub(crate) tail: f64,
    /// Nanoseconds a record that a filter by target refuses.
    pub(crate) refused: f64,
    /// Allocations a record.
    pub(crate) allocations: f64,
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {} {} {}",
            self.record, self.tail, self.refused, self.allocations
        )
    }
}

impl FromStr for Figures {
    type Err = std::num::ParseFloatError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let numbers: Vec<f64> = text
            .split_whitespace()
            .map(str::parse)
            .collect::<Result<_, _>>()?;
        let [record, tail, refused, allocations] = numbers[..] else {
            panic!("{text}")
        };
        Ok(Self {
            record,
            tail,
            refused,
            allocations,
        })
    }
}

/// How many records a run writes in all: a tenth to warm up, all timed together, half one by one.
pub(crate) fn total(threads: usize, records: usize) -> usize {
    let each = records / threads;
    threads * (each / 10 + each + each / 2)
}

#[allow(clippy::cast_precision_loss, reason = "figures for people")]
pub(crate) fn run(subject: &Subject, threads: usize, records: usize, file: &Path) -> Figures {
    let _guard = (subject.install)(file);
    let each = records / threads;
    together(threads, |_| timed(subject, each / 10));
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    let start = Instant::now();
    together(threads, |_| timed(subject, each));
    let record = start.elapsed().as_nanos() as f64 / (each * threads) as f64;
    let allocations = ALLOCATIONS.load(Ordering::Relaxed) - before;
    let mut calls: Vec<Duration> = together(threads, |_| one_by_one(subject, each / 2)).concat();
    calls.sort_unstable();
    let start = Instant::now();
    (subject.refused)(REFUSED);
    Figures {
        record,
        tail: calls[calls.len() * 999 / 1000].as_nanos() as f64,
        refused: start.elapsed().as_nanos() as f64 / REFUSED as f64,
        allocations: (allocations as f64 / (each * threads) as f64 * 100.0).floor() / 100.0,
    }
}

/// Runs `work` in `count` threads that begin at once.
fn together<T: Send>(count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let (work, barrier) = (&work, &Barrier::new(count));
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..count)
            .map(|thread| {
                scope.spawn(move || {
                    barrier.wait();
                    work(thread)
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    })
}

fn timed(subject: &Subject, records: usize) {
    (0..records).for_each(|number| (subject.emit)(number));
}

fn one_by_one(subject: &Subject, records: usize) -> Vec<Duration> {
    let call = |number| {
        let start = Instant::now();
        (subject.emit)(number);
        start.elapsed()
    };
    (0..records).map(call).collect()
}
