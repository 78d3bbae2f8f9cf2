//! What was measured, beside its raw baseline and its goal, as scripts and as people read it.
use serde::Serialize;

/// What a figure is to reach.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Goal {
    /// Nothing was promised at this size; the figure is shown all the same.
    None,
    /// The value is at least this.
    AtLeast(f64),
    /// The value is at most this.
    AtMost(f64),
    /// Value divided by baseline is at least this.
    RatioAtLeast(f64),
    /// Value divided by baseline is at most this.
    RatioAtMost(f64),
}

/// One figure; the shape is part of the interface (`bench --json`).
#[derive(Debug, Clone, Serialize)]
pub(super) struct Figure {
    /// What and at how many records.
    pub name: String,
    /// The middle of the runs.
    pub value: f64,
    /// Of value and baseline.
    pub unit: &'static str,
    /// The raw baseline, measured in the same run.
    pub baseline: Option<f64>,
    /// Value divided by baseline.
    pub ratio: Option<f64>,
    /// The number that was promised, for value or ratio.
    pub goal: Option<f64>,
    /// Whether it is reached; none where nothing was promised.
    pub met: Option<bool>,
    /// The goal in words.
    #[serde(skip)]
    wanted: String,
    /// What the baseline is.
    #[serde(skip)]
    against: &'static str,
}

impl Figure {
    /// Compares; nothing is rounded before.
    pub(super) fn new(
        name: impl Into<String>,
        (value, unit): (f64, &'static str),
        baseline: Option<(f64, &'static str)>,
        goal: Goal,
    ) -> Self {
        let ratio = baseline.map(|(baseline, _)| value / baseline).filter(|ratio| ratio.is_finite());
        let (number, met, wanted) = match goal {
            Goal::None => (None, None, String::new()),
            Goal::AtLeast(least) => (Some(least), Some(value >= least), format!("≥ {} {unit}", shown(least))),
            Goal::AtMost(most) => (Some(most), Some(value <= most), format!("≤ {} {unit}", shown(most))),
            Goal::RatioAtLeast(least) => {
                (Some(least), Some(ratio.is_some_and(|ratio| ratio >= least)), format!("≥ {} ×", shown(least)))
            }
            Goal::RatioAtMost(most) => {
                (Some(most), Some(ratio.is_some_and(|ratio| ratio <= most)), format!("≤ {} ×", shown(most)))
            }
        };
        let against = baseline.map_or("", |(_, against)| against);
        Self {
            name: name.into(),
            value,
            unit,
            baseline: baseline.map(|(value, _)| value),
            ratio,
            goal: number,
            met,
            wanted,
            against,
        }
    }

    /// Takes the middle of the ratios of several runs, each with its own baseline, in place of the ratio of the middles.
    pub(super) fn with_ratio(mut self, ratio: f64) -> Self {
        self.met = match (self.wanted.ends_with('×'), self.goal) {
            (true, Some(goal)) => Some(if self.wanted.starts_with('≥') { ratio >= goal } else { ratio <= goal }),
            _ => self.met,
        };
        self.ratio = Some(ratio);
        self
    }

    /// Cells of its row: name, value, baseline, ratio, goal, whether it is met.
    pub(super) fn cells(&self) -> [String; 6] {
        let baseline =
            self.baseline.map_or_else(String::new, |baseline| format!("{} ({})", shown(baseline), self.against));
        [
            self.name.clone(),
            format!("{} {}", shown(self.value), self.unit),
            baseline,
            self.ratio.map_or_else(String::new, |ratio| format!("{ratio:.2} ×")),
            self.wanted.clone(),
            self.met.map_or("", |met| if met { "met" } else { "NOT MET" }).to_owned(),
        ]
    }
}

/// Three digits that mean something, thousands set apart.
fn shown(value: f64) -> String {
    let digits = match value.abs() {
        size if size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        _ => 2,
    };
    let text = format!("{value:.digits$}");
    let (whole, rest) =
        text.split_once('.').map_or((text.as_str(), String::new()), |(whole, rest)| (whole, format!(".{rest}")));
    let mut grouped = String::new();
    for (place, letter) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place) % 3 == 0 && letter.is_ascii_digit() {
            grouped.push(',');
        }
        grouped.push(letter);
    }
    grouped + &rest
}

/// The middle of these; 0 of none.
pub(super) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let at = |place: usize| values.get(place).copied().unwrap_or_default();
    if values.len() % 2 == 1 { at(middle) } else { f64::midpoint(at(middle.saturating_sub(1)), at(middle)) }
}

/// The 99th percentile: at most one in a hundred is slower.
pub(super) fn p99(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let place = (values.len() * 99).div_ceil(100).saturating_sub(1);
    values.get(place).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goals_are_compared_without_rounding() {
        let met = |value, baseline: Option<f64>, goal| {
            Figure::new("x", (value, "1/s"), baseline.map(|value| (value, "raw")), goal).met
        };
        assert_eq!(met(7.999, Some(10.0), Goal::RatioAtLeast(0.8)), Some(false));
        assert_eq!(met(8.0, Some(10.0), Goal::RatioAtLeast(0.8)), Some(true));
        assert_eq!(met(25.001, None, Goal::AtMost(25.0)), Some(false));
        assert_eq!(met(1.0, None, Goal::RatioAtMost(2.0)), Some(false));
        assert_eq!(met(1.0, None, Goal::None), None);
    }

    #[test]
    #[expect(clippy::float_cmp, reason = "halves and whole numbers are exact")]
    fn the_middle_and_the_slowest_but_one_in_a_hundred() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(p99((1..=200).map(f64::from).collect()), 198.0);
        assert_eq!(p99(vec![]), 0.0);
    }

    #[test]
    fn numbers_are_shown_as_people_read_them() {
        assert_eq!(
            (shown(1_234_567.8), shown(12.34), shown(0.256)),
            ("1,234,568".into(), "12.3".into(), "0.26".into())
        );
    }
}
