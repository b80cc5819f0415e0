//! Medians with their intervals, shared by all benches.

use std::fmt;

/// The median of the ratios of runs that were neighbours, with its 95 % interval.
#[derive(Debug, Clone, Copy)]
pub struct Ratio {
    /// The median itself.
    pub median: f64,
    low: f64,
    high: f64,
}

impl Ratio {
    /// The ratio of each of `ours` to the one of `theirs` that ran beside it.
    ///
    /// # Panics
    /// When there are none.
    #[must_use]
    pub fn of(ours: &[f64], theirs: &[f64]) -> Self {
        let pairs = ours.iter().zip(theirs);
        let mut ratios: Vec<f64> = pairs.map(|(our, their)| our / their).collect();
        ratios.sort_by(f64::total_cmp);
        let (low, high) = interval(ratios.len());
        Self {
            median: median(&ratios),
            low: ratios[low],
            high: ratios[high],
        }
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2} [{:.2} {:.2}]", self.median, self.low, self.high)
    }
}

/// The order statistics that enclose the median of `count` values with 95 % confidence: the
/// binomial distribution, approximated by the normal one.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "small and positive"
)]
fn interval(count: usize) -> (usize, usize) {
    let half = count as f64 / 2.0;
    let reach = 1.96 * half.sqrt() / 2_f64.sqrt();
    let low = (half - reach).floor().max(0.0) as usize;
    (
        low.saturating_sub(usize::from(low > 0)),
        ((half + reach).ceil() as usize).min(count - 1),
    )
}

/// The value in the middle.
///
/// # Panics
/// When there are none.
#[must_use]
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    f64::midpoint(sorted[(sorted.len() - 1) / 2], sorted[sorted.len() / 2])
}
