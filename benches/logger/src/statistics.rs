//! Medians, and how sure they are.

use std::fmt;

use crate::run::Figures;

/// The median of the ratios of runs that were neighbours, with its 95 % interval.
#[derive(Debug)]
pub(crate) struct Ratio {
    median: f64,
    low: f64,
    high: f64,
}

impl Ratio {
    pub(crate) fn of(ours: &[Figures], theirs: &[Figures], of: fn(&Figures) -> f64) -> Self {
        let mut ratios: Vec<f64> = ours
            .iter()
            .zip(theirs)
            .map(|(our, their)| of(our) / of(their))
            .collect();
        ratios.sort_by(f64::total_cmp);
        let (low, high) = interval(ratios.len());
        Self {
            median: median(ratios.clone()),
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
    reason = "small and positive"
)]
#[allow(clippy::cast_precision_loss, reason = "as many rounds are never run")]
fn interval(count: usize) -> (usize, usize) {
    let half = count as f64 / 2.0;
    let reach = 1.96 * half.sqrt() / 2_f64.sqrt();
    let low = (half - reach).floor().max(0.0) as usize;
    (
        low.saturating_sub(usize::from(low > 0)),
        ((half + reach).ceil() as usize).min(count - 1),
    )
}

pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    f64::midpoint(values[(values.len() - 1) / 2], values[values.len() / 2])
}
