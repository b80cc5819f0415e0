//! The result of a load.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use crate::request::Failure;

/// How many different answers a report tells apart.
const KINDS: usize = 100;

/// The result of a load.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// How long the clients were at work.
    pub took: Duration,
    /// The number of failed requests by kind.
    pub failed: BTreeMap<Failure, u64>,
    /// The number of answers by their text. A server that names its build shows here which builds
    /// answered.
    pub answers: BTreeMap<String, u64>,
    /// The time of each request in microseconds, sorted. That of a failed one counts as well.
    latencies: Vec<u32>,
}

impl Report {
    /// Unites the reports of clients that were at work for the same time.
    pub(crate) fn of(clients: impl Iterator<Item = Self>, took: Duration) -> Self {
        let mut all = Self::default();
        clients.for_each(|client| all.add(client));
        Self { took, ..all }
    }

    /// Adds the report of another load.
    pub fn add(&mut self, mut other: Self) {
        self.took += other.took;
        for (kind, count) in other.failed {
            *self.failed.entry(kind).or_default() += count;
        }
        for (text, count) in other.answers {
            *self.answers.entry(text).or_default() += count;
        }
        self.latencies.append(&mut other.latencies);
        self.latencies.sort_unstable();
    }

    /// Notes one request.
    pub(crate) fn note(&mut self, answer: Result<Vec<u8>, Failure>, took: Duration) {
        let micros = u32::try_from(took.as_micros()).unwrap_or(u32::MAX);
        self.latencies.push(micros);
        match answer {
            Ok(bytes) => {
                let text = String::from_utf8_lossy(&bytes).trim().to_owned();
                let is_one_too_many =
                    self.answers.len() >= KINDS && !self.answers.contains_key(&text);
                let text = if is_one_too_many {
                    "others".to_owned()
                } else {
                    text
                };
                *self.answers.entry(text).or_default() += 1;
            }
            Err(kind) => *self.failed.entry(kind).or_default() += 1,
        }
    }

    /// Returns the number of requests.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.latencies.len()
    }

    /// Returns the number of failed requests.
    #[must_use]
    pub fn failures(&self) -> u64 {
        self.failed.values().sum()
    }

    /// Returns the time of the slowest request; zero without any.
    #[must_use]
    pub fn worst(&self) -> Duration {
        self.percentile(100)
    }

    /// Returns the time within which `percent` of the requests were over; zero without any.
    #[must_use]
    pub fn percentile(&self, percent: usize) -> Duration {
        let last = (self.latencies.len() * percent).div_ceil(100).max(1) - 1;
        let micros = self.latencies.get(last).copied().unwrap_or_default();
        Duration::from_micros(u64::from(micros))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} requests in {:.1?}, {} failed, worst {:.1?}, p99 {:.1?}",
            self.requests(),
            self.took,
            self.failures(),
            self.worst(),
            self.percentile(99)
        )?;
        for (kind, count) in &self.failed {
            writeln!(f, "  failed: {count} by {kind}")?;
        }
        for (text, count) in &self.answers {
            writeln!(f, "  answered: {count} by {text:?}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Report;

    #[test]
    fn percentiles_are_those_of_all_clients() {
        let client = |times: &[u64]| {
            let mut report = Report::default();
            for time in times {
                report.note(Ok(b"1\n".to_vec()), Duration::from_millis(*time));
            }
            report
        };
        let clients = [client(&[3, 1]), client(&[2, 4]), client(&[])];
        let report = Report::of(clients.into_iter(), Duration::ZERO);
        let at = |percent| report.percentile(percent).as_millis();
        assert_eq!([at(0), at(25), at(26), at(99), at(100)], [1, 1, 2, 4, 4]);
        assert_eq!((report.requests(), report.answers["1"]), (4, 4));
        assert_eq!(Report::default().worst(), Duration::ZERO);
    }
}
