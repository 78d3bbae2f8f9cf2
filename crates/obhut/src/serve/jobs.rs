//! Work beside the requests: what every tenant has each hour and each night, and jobs that an operation queued with its own commit.
//!
//! Everything here may be done twice and is then done once: a job that died with the process is found again and runs again. Old names stay known
//! after an upgrade. Periods are kept by age, at least hourly.
use crate::settings::Worker;
use base::Timestamp;
use store::{Caller, Instance, Tenant, statements};

/// What does a tenant's work. It needs no payload: what is to be done is found in the data.
type Does = fn(&Instance, &Tenant) -> Result<(), String>;

/// How often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Every {
    Hour,
    Night,
}

/// Work of a tenant: its name, by which `job run` does it at once and by which it may be queued, how often, and what does it.
const WORK: &[(&str, Every, Does)] = &[
    ("purge-logs", Every::Hour, |_, tenant| purge_logs(tenant).map(drop)),
    ("purge-sessions", Every::Hour, |_, tenant| purge_sessions(tenant)),
    ("forget-tokens", Every::Hour, |_, tenant| identity::forget_tokens(tenant).map(drop).map_err(text)),
    ("purge-idempotency", Every::Hour, |_, tenant| web::purge_idempotency(tenant).map(drop).map_err(text)),
    ("finish-erasures", Every::Hour, |_, tenant| store::erase::resume(tenant).map(drop).map_err(text)),
    ("finish-deletions", Every::Hour, |_, tenant| identity::finish_deletions(tenant).map(drop).map_err(text)),
    ("expire-copies", Every::Hour, |_, tenant| tenant.expire_copies().map(drop).map_err(text)),
    ("expire-halves", Every::Hour, |instance, tenant| {
        instance.expire_half(tenant.shared().id()).map(drop).map_err(text)
    }),
    ("copy-checkpoint", Every::Hour, |_, tenant| {
        tenant.copy_checkpoint();
        Ok(())
    }),
    ("close-index-copies", Every::Hour, |instance, tenant| {
        instance.revoke_copies_of_the_gone(tenant.shared().id()).map(drop).map_err(text)
    }),
    ("purge-journal", Every::Night, |_, tenant| store::journal::purge(tenant).map(drop).map_err(text)),
    ("verify-journal", Every::Night, verify_journal),
];

/// When the night's work begins in the tenant's zone, in hours, and when it has to be over.
const NIGHT: std::ops::Range<i8> = 1..5;
/// A tenant that missed its night, because the machine was off, has the work by day after so long.
const NIGHT_LATE_MS: i64 = 26 * 3_600_000;
/// Two nights are at least so far apart.
const NIGHT_APART_MS: i64 = 12 * 3_600_000;

/// The names of all that can be run.
pub(crate) struct Jobs;

impl Jobs {
    /// Whether there is work of that name.
    pub(crate) fn known(name: &str) -> bool {
        Self::names().contains(&name)
    }
    /// All names.
    pub(crate) fn names() -> Vec<&'static str> {
        WORK.iter().map(|(name, _, _)| *name).collect()
    }
}

/// The instance's own hourly work.
pub(crate) fn run_own(instance: &Instance) {
    let purged = instance.purge_own_logs().map(drop);
    for (name, done) in [("purge-logs", purged), ("expire-copies", instance.expire_copies().map(drop))] {
        if let Err(error) = done {
            tracing::error!(job = name, %error, "{name} of the instance failed");
        }
    }
}

/// A queued job.
#[derive(Debug, Clone)]
pub(crate) struct Queued {
    rid: i64,
    /// Its name.
    pub name: String,
    /// When it is due.
    pub due_at: Timestamp,
    /// How often it was tried.
    pub attempts: i64,
    /// Why it was given up.
    pub failed: Option<String>,
}

/// What came of a round.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// Done and gone.
    pub done: u64,
    /// Failed; tried again later or given up.
    pub failed: u64,
}

/// Jobs that a list shows.
const MAX_LISTED: i64 = 1_000;
/// The first pause after a failure, in milliseconds; it doubles with each further one.
const FIRST_PAUSE_MS: i64 = 60_000;
/// The longest pause.
const LONGEST_PAUSE_MS: i64 = 6 * 3_600_000;

/// Queued jobs of a tenant, the next due first.
pub(crate) fn all(tenant: &Tenant) -> store::Result<Vec<Queued>> {
    tenant.reader()?.all(&statements::JOBS_ALL, &[MAX_LISTED.into()], |row| {
        Ok(Queued {
            rid: row.int(0)?,
            name: row.text(1)?.to_owned(),
            due_at: Timestamp(row.int(3)?),
            attempts: row.int(4)?,
            failed: row.opt_text(5)?.map(str::to_owned),
        })
    })
}

/// Runs what is due.
pub(crate) fn run_due(instance: &Instance, tenant: &Tenant, limits: &Worker) -> store::Result<Outcome> {
    let now = tenant.shared().clock().now();
    let params = [now.0.into(), i64::from(limits.jobs_per_tick.get()).into()];
    let due = tenant.reader()?.all(&statements::JOBS_DUE, &params, |row| {
        Ok(Queued {
            rid: row.int(0)?,
            name: row.text(1)?.to_owned(),
            due_at: Timestamp(row.int(3)?),
            attempts: row.int(4)?,
            failed: None,
        })
    })?;
    run(instance, tenant, due, limits)
}

/// Runs everything of a name now, due or not, given up or not.
pub(crate) fn run_named(instance: &Instance, tenant: &Tenant, name: &str, limits: &Worker) -> store::Result<Outcome> {
    let queued: Vec<Queued> = all(tenant)?.into_iter().filter(|job| job.name == name).collect();
    if !queued.is_empty() {
        return run(instance, tenant, queued, limits);
    }
    let known = WORK.iter().find(|(known, _, _)| *known == name);
    let done = known.is_some_and(|(name, _, does)| attempt(instance, tenant, name, *does));
    Ok(Outcome { done: u64::from(done), failed: u64::from(!done) })
}

/// The hourly work of a tenant, and that of the night if it is due. What fails is logged and done again in the next hour.
pub(crate) fn run_regular(instance: &Instance, tenant: &Tenant) {
    for (name, _, does) in WORK.iter().filter(|(_, every, _)| *every == Every::Hour) {
        attempt(instance, tenant, name, *does);
    }
    match tenant.night_at() {
        Ok(last) if night_is_due(tenant, last) => {
            for (name, _, does) in WORK.iter().filter(|(_, every, _)| *every == Every::Night) {
                attempt(instance, tenant, name, *does);
            }
            if let Err(error) = tenant.night_done() {
                tracing::error!(%error, tenant = %tenant.shared().id(), "the night's work was done and could not be written down");
            }
        }
        Ok(_) => {}
        Err(error) => tracing::error!(%error, tenant = %tenant.shared().id(), "the night's work could not be begun"),
    }
}

/// Whether the night's work is due: at night, once; by day if a night was missed, or if there has been none.
fn night_is_due(tenant: &Tenant, last: Option<Timestamp>) -> bool {
    let Some(last) = last else { return true };
    let (now, zone) = (tenant.shared().clock().now(), tenant.shared().zone());
    let since = now.since(last);
    // The hour by the tenant's clock: how long ago its day began would be wrong on two days of the year.
    let at_night = NIGHT.contains(&base::hour_in(now, zone));
    since >= NIGHT_LATE_MS || (at_night && since >= NIGHT_APART_MS)
}

fn attempt(instance: &Instance, tenant: &Tenant, name: &str, does: Does) -> bool {
    let done = does(instance, tenant);
    if let Err(error) = &done {
        tracing::error!(job = name, error, tenant = %tenant.shared().id(), "{name} failed");
    }
    done.is_ok()
}

fn run(instance: &Instance, tenant: &Tenant, jobs: Vec<Queued>, limits: &Worker) -> store::Result<Outcome> {
    let mut outcome = Outcome::default();
    for job in jobs {
        let does = WORK.iter().find(|(name, _, _)| *name == job.name).map(|(_, _, does)| does);
        let ran = match does {
            Some(does) => does(instance, tenant),
            None => Err("this version of Obhut knows no such job".to_owned()),
        };
        let (rid, attempts) = (job.rid, job.attempts + 1);
        match ran {
            Ok(()) => {
                outcome.done += 1;
                tenant.write(Caller::job(&job.name), move |op| op.upkeep(&statements::JOB_DONE, &[rid.into()]))?;
            }
            Err(error) => {
                outcome.failed += 1;
                tracing::warn!(job = job.name, error, attempts, tenant = %tenant.shared().id(), "job {} failed", job.name);
                let given_up = attempts >= i64::from(limits.max_attempts.get());
                let again = tenant.shared().clock().now().plus_ms(pause_ms(attempts));
                tenant.write(Caller::job(&job.name), move |op| {
                    if given_up {
                        op.upkeep(&statements::JOB_FAILED, &[rid.into(), error.as_str().into()])
                    } else {
                        op.upkeep(&statements::JOB_RETRY, &[rid.into(), again.0.into()])
                    }
                })?;
            }
        }
    }
    Ok(outcome)
}

/// How long to wait after so many failures.
fn pause_ms(attempts: i64) -> i64 {
    let doubled = u32::try_from(attempts - 1).unwrap_or(0).min(20);
    FIRST_PAUSE_MS.saturating_mul(1_i64 << doubled).min(LONGEST_PAUSE_MS)
}

/// Drops the days of logs whose time is over; says when the next one is due.
pub(crate) fn purge_logs(tenant: &Tenant) -> Result<Option<Timestamp>, String> {
    tenant.write(Caller::job("purge-logs"), |op| op.purge_logs().map(|purged| purged.next)).map_err(text)
}

fn purge_sessions(tenant: &Tenant) -> Result<(), String> {
    let now = tenant.shared().clock().now();
    tenant.write(Caller::job("purge-sessions"), move |op| identity::purge_sessions(op, now)).map(drop).map_err(text)
}

/// What is new in the journal, everything once in 30 days; live records, ledger, and the logs beside them. What does not verify is an error in the program's log and the outcome of `job run`.
fn verify_journal(instance: &Instance, tenant: &Tenant) -> Result<(), String> {
    let id = tenant.shared().id();
    let mut findings = tenant.verify_nightly().map_err(text)?.report.findings;
    findings.extend(instance.verify_logs(id).map_err(text)?.into_iter().flat_map(|report| report.findings));
    match findings.first() {
        None => Ok(()),
        Some(first) => Err(format!(
            "{} findings, the first: {}: {} ({}); see `obhut journal verify`",
            findings.len(),
            first.place,
            first.message,
            first.code
        )),
    }
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_limit() {
        assert_eq!([1, 2, 3].map(pause_ms), [60_000, 120_000, 240_000]);
        assert_eq!(pause_ms(1_000), LONGEST_PAUSE_MS);
    }

    #[test]
    fn names_are_told_once() {
        let mut names = Jobs::names();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), WORK.len());
        assert!(Jobs::known("purge-logs") && !Jobs::known("nothing"));
    }

    #[test]
    fn the_night_is_the_tenants_and_a_missed_one_is_made_up_for() {
        let business = testkit::Business::new(&["core"]); // 10 o'clock in Berlin
        let due = || night_is_due(business.tenant(), business.tenant().night_at().unwrap());
        let hours = |hours: i64| business.clock.advance_ms(hours * 3_600_000);
        assert!(due(), "there has been none");
        run_regular(business.instance(), business.tenant());
        assert!(!due());
        hours(14);
        assert!(!due(), "midnight");
        hours(1);
        assert!(due(), "one o'clock");
        business.tenant().night_done().unwrap();
        hours(1);
        assert!(!due(), "the same night");
        hours(22);
        assert!(!due(), "the machine was off at one o'clock of the next");
        hours(6);
        assert!(due(), "six o'clock: a missed night is made up for by day");
        business.assert_sound();
    }

    #[test]
    fn work_may_be_queued_by_its_name() {
        let business = testkit::Business::new(&["core"]);
        let limits = Worker::default();
        let now = business.tenant().shared().clock().now();
        business
            .tenant()
            .write(business.admin(), move |op| {
                op.queue("verify-journal", &serde_json::json!({}), now.plus_ms(1))?;
                op.queue("from-a-later-version", &serde_json::json!({}), now)
            })
            .unwrap();
        let run = || run_due(business.instance(), business.tenant(), &limits).unwrap();
        assert_eq!(run(), Outcome { done: 0, failed: 1 }, "unknown work waits for a version that knows it");
        business.clock.advance_ms(1);
        assert_eq!(run(), Outcome { done: 1, failed: 0 });
        assert_eq!(all(business.tenant()).unwrap().len(), 1);
    }
}
