//! Clients on threads of their own, until they are ended.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::report::Report;
use crate::request::{Target, get};

/// The stack of a client. The default one would take 128 MB for 64 of them.
const STACK: usize = 128 * 1024;

/// The requests of a load.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The server.
    pub target: Target,
    /// The path of each request.
    pub path: String,
    /// The number of clients, each with one request at a time.
    pub clients: usize,
    /// The pause of a client between two requests.
    pub pause: Duration,
    /// How long each step of a request may take.
    pub limit: Duration,
}

impl Plan {
    /// Plans requests for `/` at `target`, without a pause and with steps of at most 10 s.
    #[must_use]
    pub fn new(target: Target, clients: usize) -> Self {
        Self {
            target,
            path: "/".to_owned(),
            clients,
            pause: Duration::ZERO,
            limit: Duration::from_secs(10),
        }
    }
}

/// Clients at work. A drop ends them without a report.
#[derive(Debug)]
pub struct Load {
    shared: Arc<Shared>,
    clients: Vec<JoinHandle<Report>>,
    begun: Instant,
}

#[derive(Debug, Default)]
struct Shared {
    is_over: AtomicBool,
    requests: AtomicU64,
}

impl Load {
    /// Starts the clients.
    ///
    /// # Panics
    /// The system has no thread for a client.
    #[must_use]
    #[allow(clippy::expect_used, reason = "a test or a bench ends there")]
    pub fn begin(plan: &Plan) -> Self {
        let shared = Arc::<Shared>::default();
        let client = |_| {
            let (plan, shared) = (plan.clone(), shared.clone());
            let thread = thread::Builder::new().name("client".to_owned());
            let begun = thread
                .stack_size(STACK)
                .spawn(move || client(&plan, &shared));
            begun.expect("a thread for a client")
        };
        let clients = (0..plan.clients).map(client).collect();
        Self {
            shared,
            clients,
            begun: Instant::now(),
        }
    }

    /// Returns the number of requests so far.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.shared.requests.load(Ordering::Relaxed)
    }

    /// Ends the clients after their present requests, and reports what all of them saw.
    ///
    /// # Panics
    /// A client panicked.
    #[must_use]
    #[allow(clippy::expect_used, reason = "a test or a bench ends there")]
    pub fn end(mut self) -> Report {
        self.shared.is_over.store(true, Ordering::Relaxed);
        let reports = self.clients.drain(..);
        let reports = reports.map(|client| client.join().expect("a client"));
        Report::of(reports, self.begun.elapsed())
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::Relaxed);
    }
}

fn client(plan: &Plan, shared: &Shared) -> Report {
    let mut report = Report::default();
    while !shared.is_over.load(Ordering::Relaxed) {
        let begin = Instant::now();
        let answer = get(&plan.target, &plan.path, plan.limit);
        report.note(answer, begin.elapsed());
        shared.requests.fetch_add(1, Ordering::Relaxed);
        if !plan.pause.is_zero() {
            thread::sleep(plan.pause);
        }
    }
    report
}
