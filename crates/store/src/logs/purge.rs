//! Dropping days whose time is over, whole. By age, not by the calendar: a day goes when its first line has reached the limit (T-42, X-45).
use super::{DAY_MS, LOG_DAY_AFTER, LOG_DAY_DROP, LOG_DAYS_UNTIL, LOG_FIRST, LOG_LINES_DROP, Limits, Log};
use crate::Result;
use crate::engine::{self, Connection};
use crate::op::Op;
use base::Timestamp;

/// What a purge did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Purged {
    /// Days dropped.
    pub days: u64,
    /// Lines dropped.
    pub lines: u64,
    /// When the next day may be due; none while every log is empty.
    pub next: Option<Timestamp>,
}

/// Drops every day with a line that has reached its log's limit.
pub(crate) fn purge(file: &mut dyn Connection, now: Timestamp, limits: &Limits) -> Result<Purged> {
    let mut purged = Purged::default();
    for log in Log::ALL {
        let mut next = None;
        // Only a day that began so long ago can have such a line.
        let last = now.plus_ms(-limits.of(log)).0.div_euclid(DAY_MS);
        let days = engine::collect(file, &LOG_DAYS_UNTIL, &[log.number().into(), last.into()], |row| row.int(0))?;
        for day in days {
            let first = first_at(file, log, day)?;
            let due = Timestamp(first).plus_ms(limits.of(log));
            if due > now {
                next = Some(due);
                break; // later days have later lines
            }
            purged.lines += file.execute((&LOG_LINES_DROP).into(), &[log.number().into(), day.into()])?;
            file.execute((&LOG_DAY_DROP).into(), &[log.number().into(), day.into()])?;
            purged.days += 1;
        }
        if next.is_none() {
            let after = engine::first(file, &LOG_DAY_AFTER, &[log.number().into(), last.into()], |row| row.opt_int(0))?;
            next = after.flatten().map(|day| Timestamp(day * DAY_MS).plus_ms(limits.of(log)));
        }
        purged.next = [purged.next, next].into_iter().flatten().min();
    }
    Ok(purged)
}

/// When the oldest line of a day was written; the day's begin if its lines are gone.
fn first_at(file: &mut dyn Connection, log: Log, day: i64) -> Result<i64> {
    let first = engine::first(file, &LOG_FIRST, &[log.number().into(), day.into()], |row| row.opt_int(0))?;
    Ok(first.flatten().unwrap_or(day * DAY_MS))
}

impl Op<'_> {
    /// Drops what has reached its limit. To be run at least hourly, and when [`Purged::next`] says so.
    pub fn purge_logs(&mut self) -> Result<Purged> {
        let limits = self.shared.limited.logs;
        let purged = purge(&mut self.state.records, self.now, &limits)?;
        self.state.changed |= purged.days > 0;
        Ok(purged)
    }
}
