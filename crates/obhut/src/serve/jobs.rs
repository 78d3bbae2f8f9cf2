//! Work beside the requests: jobs that an operation queued with its own commit, and the hourly purging by age.
//!
//! A job that died with the process is found again and runs again; each handler is written so that running twice is running once. Old names
//! stay known after an upgrade.
use crate::settings::Worker;
use base::Timestamp;
use store::{Caller, Tenant, statements};

/// What runs a job: the tenant and the payload, which holds ids and neutral values only.
type Handler = fn(&Tenant, &serde_json::Value) -> Result<(), String>;

/// Queued jobs by name. Whoever queues a name adds it here.
const HANDLERS: &[(&str, Handler)] = &[];

/// What does work that needs no payload.
type Hourly = fn(&Tenant) -> Result<(), String>;

/// Work that every tenant has each hour, by the name under which `job run` does it at once.
const HOURLY: &[(&str, Hourly)] =
    &[("purge-logs", purge_logs), ("purge-sessions", purge_sessions), ("finish-deletions", finish_deletions)];

/// The names of all that can be run.
pub(crate) struct Jobs;

impl Jobs {
    /// Whether there is work of that name.
    pub(crate) fn known(name: &str) -> bool {
        Self::names().contains(&name)
    }
    /// All names.
    pub(crate) fn names() -> Vec<&'static str> {
        HANDLERS.iter().map(|(name, _)| *name).chain(HOURLY.iter().map(|(name, _)| *name)).collect()
    }
}

/// A queued job.
#[derive(Debug, Clone)]
pub(crate) struct Queued {
    rid: i64,
    /// Its name.
    pub name: String,
    payload: String,
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
            payload: row.text(2)?.to_owned(),
            due_at: Timestamp(row.int(3)?),
            attempts: row.int(4)?,
            failed: row.opt_text(5)?.map(str::to_owned),
        })
    })
}

/// Runs what is due.
pub(crate) fn run_due(tenant: &Tenant, limits: &Worker) -> store::Result<Outcome> {
    let now = tenant.shared().clock().now();
    let params = [now.0.into(), i64::from(limits.jobs_per_tick.get()).into()];
    let due = tenant.reader()?.all(&statements::JOBS_DUE, &params, |row| {
        Ok(Queued {
            rid: row.int(0)?,
            name: row.text(1)?.to_owned(),
            payload: row.text(2)?.to_owned(),
            due_at: Timestamp(row.int(3)?),
            attempts: row.int(4)?,
            failed: None,
        })
    })?;
    run(tenant, due, limits)
}

/// Runs everything of a name now, due or not, given up or not.
pub(crate) fn run_named(tenant: &Tenant, name: &str, limits: &Worker) -> store::Result<Outcome> {
    if let Some((_, work)) = HOURLY.iter().find(|(hourly, _)| *hourly == name) {
        return Ok(match work(tenant) {
            Ok(()) => Outcome { done: 1, failed: 0 },
            Err(error) => {
                tracing::error!(job = name, error, tenant = %tenant.shared().id(), "{name} failed");
                Outcome { done: 0, failed: 1 }
            }
        });
    }
    let meant = all(tenant)?.into_iter().filter(|job| job.name == name).collect();
    run(tenant, meant, limits)
}

/// The hourly work of a tenant. What fails is logged and done in the next hour.
pub(crate) fn run_hourly(tenant: &Tenant) {
    for (name, work) in HOURLY {
        if let Err(error) = work(tenant) {
            tracing::error!(job = name, error, tenant = %tenant.shared().id(), "{name} failed");
        }
    }
}

fn run(tenant: &Tenant, jobs: Vec<Queued>, limits: &Worker) -> store::Result<Outcome> {
    let mut outcome = Outcome::default();
    for job in jobs {
        let handler = HANDLERS.iter().find(|(name, _)| *name == job.name).map(|(_, handler)| handler);
        let ran = match (handler, serde_json::from_str(&job.payload)) {
            (Some(handler), Ok(payload)) => handler(tenant, &payload),
            (None, _) => Err("this version of Obhut knows no such job".to_owned()),
            (_, Err(_)) => Err("its payload cannot be read".to_owned()),
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

fn purge_logs(tenant: &Tenant) -> Result<(), String> {
    tenant.write(Caller::job("purge-logs"), |op| op.purge_logs().map(drop)).map_err(|error| error.to_string())
}

fn purge_sessions(tenant: &Tenant) -> Result<(), String> {
    let now = tenant.shared().clock().now();
    tenant
        .write(Caller::job("purge-sessions"), move |op| identity::purge_sessions(op, now))
        .map(drop)
        .map_err(|error| error.to_string())
}

/// Deletions of users that a crash has interrupted.
fn finish_deletions(tenant: &Tenant) -> Result<(), String> {
    identity::finish_deletions(tenant).map(drop).map_err(|error| error.to_string())
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
        assert_eq!(names.len(), HANDLERS.len() + HOURLY.len());
        assert!(Jobs::known("purge-logs") && !Jobs::known("nothing"));
    }
}
