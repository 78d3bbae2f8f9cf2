//! A clock that stands still until a test moves it. Every limit in Obhut is tested with it, never by waiting.
use base::{Clock, Timestamp};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// Milliseconds in a day, for [`TestClock::advance_days`].
const DAY_MS: i64 = 86_400_000;

/// A clock of a test. Clones show the same time.
#[derive(Debug, Clone)]
pub struct TestClock(Arc<AtomicI64>);

impl TestClock {
    /// Shows that moment.
    pub fn at(moment: Timestamp) -> Self {
        Self(Arc::new(AtomicI64::new(moment.0)))
    }
    /// Moves by so many milliseconds; negative goes back, as a badly set system clock does.
    pub fn advance_ms(&self, span_ms: i64) {
        self.0.fetch_add(span_ms, Ordering::SeqCst);
    }
    /// Moves by so many days of 24 hours.
    pub fn advance_days(&self, days: i64) {
        self.advance_ms(days.saturating_mul(DAY_MS));
    }
    /// Shows another moment.
    pub fn set(&self, moment: Timestamp) {
        self.0.store(moment.0, Ordering::SeqCst);
    }
}

impl Default for TestClock {
    /// 2026-03-02T09:00:00Z: a Monday morning, far from any change of year or summer time.
    fn default() -> Self {
        Self::at(Timestamp(1_772_442_000_000))
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

/// Lets real time pass: for servers and sockets, which know no other.
pub fn wait(time: std::time::Duration) {
    let until = std::time::Instant::now() + time;
    while let Some(left) = until.checked_duration_since(std::time::Instant::now()) {
        // May end early when somebody wakes the thread for another reason.
        std::thread::park_timeout(left);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moves_only_when_told() {
        let clock = TestClock::default();
        let seen_elsewhere = clock.clone();
        assert_eq!(clock.now().to_string(), "2026-03-02T09:00:00.000Z");
        clock.advance_days(1);
        clock.advance_ms(1);
        assert_eq!(seen_elsewhere.now().to_string(), "2026-03-03T09:00:00.001Z");
        clock.set(Timestamp(0));
        assert_eq!(seen_elsewhere.now(), Timestamp(0));
    }
}
