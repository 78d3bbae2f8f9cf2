//! Checks: what a control runs, beside the facts that it judges (design, *The house*). The third list beside holders and gates; features add theirs
//! when the program starts ([`crate::InstanceSettings::checks`]).
use crate::module::Label;
use crate::{Instance, Result};
use base::{Finding, Severity, TenantId};

/// Something that can be looked at and is right or not.
pub trait Check: Send + Sync {
    /// Its stable name.
    fn id(&self) -> &'static str;
    /// What it says when it holds, in both languages.
    fn statement(&self) -> Label;
    /// What it is about.
    fn about(&self) -> About;
    /// Looks; nothing is found if it holds. `tenant` is given exactly if it is about a tenant. An error means that it could not be found out.
    fn run(&self, instance: &Instance, tenant: Option<TenantId>) -> Result<Vec<Finding>>;
}

/// What a check is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// Each business by itself.
    Tenant,
    /// The instance.
    Instance,
}

/// A day of a log may be so late: the purge runs every hour.
const LATE_MS: i64 = crate::logs::HOUR_MS;

/// One of the store's own checks.
struct Own {
    id: &'static str,
    de: &'static str,
    en: &'static str,
    run: fn(&Instance, TenantId) -> Result<Vec<Finding>>,
}

impl Check for Own {
    fn id(&self) -> &'static str {
        self.id
    }
    fn statement(&self) -> Label {
        Label::new(self.de, self.en)
    }
    fn about(&self) -> About {
        About::Tenant
    }
    fn run(&self, instance: &Instance, tenant: Option<TenantId>) -> Result<Vec<Finding>> {
        tenant.map_or(Ok(Vec::new()), |tenant| (self.run)(instance, tenant))
    }
}

/// The checks of the store itself.
pub fn builtin() -> Vec<std::sync::Arc<dyn Check>> {
    let own = [
        Own {
            id: "journal-verifies",
            de: "Das Änderungsprotokoll ist unverändert, und jeder Datensatz stimmt mit seinem letzten Eintrag überein.",
            en: "The journal is as it was written, and every record is what its last entry says.",
            run: |instance, tenant| Ok(instance.verify(tenant)?.findings),
        },
        Own {
            id: "logs-verify",
            de: "Die Protokolle der Einsichten, Anmeldungen und Zugriffe sind unverändert.",
            en: "The logs of reads, sign-ins and requests are as they were written.",
            run: |instance, tenant| {
                Ok(instance.verify_logs(tenant)?.into_iter().flat_map(|report| report.findings).collect())
            },
        },
        Own {
            id: "ledger-verifies",
            de: "Das Löschbuch ist lückenlos und jede Zeile unterschrieben.",
            en: "The ledger has no gap, and each of its lines is signed.",
            run: |instance, tenant| match instance.verify_ledger(tenant) {
                Err(error @ crate::Error::Damaged { .. }) => {
                    Ok(vec![found("ledger-damaged", "the ledger".into(), error.to_string())])
                }
                other => other.map(|()| Vec::new()),
            },
        },
        Own {
            id: "logs-in-time",
            de: "Kein Protokoll ist älter als seine Frist.",
            en: "No log is older than its limit.",
            run: |instance, tenant| {
                let overdue = instance.overdue_logs(tenant, LATE_MS)?;
                let message = || "a day should have been dropped; is the server running?".to_owned();
                Ok(overdue
                    .into_iter()
                    .map(|(log, day)| found("log-overdue", format!("log {}, day {day}", log.name()), message()))
                    .collect())
            },
        },
        Own {
            id: "erasures-finished",
            de: "Keine Löschung ist begonnen und nicht beendet.",
            en: "No erasure has begun and not ended.",
            run: |instance, tenant| {
                let message = || "an erasure began and has not ended; opening the business finishes it".to_owned();
                let open = instance.unfinished().contains(&tenant);
                Ok(open.then(|| found("erasure-open", "the ledger".into(), message())).into_iter().collect())
            },
        },
        Own {
            id: "holders-complete",
            de: "Jede Tabelle und jeder Ordner, der persönliche Angaben enthalten kann, wird bei einer Löschung erreicht.",
            en: "Every table and folder that can hold personal data is reached by an erasure.",
            run: |instance, tenant| {
                let message = || "no holder covers it, and no reason why none is needed is written down".to_owned();
                let uncovered = instance.uncovered(tenant)?;
                Ok(uncovered.into_iter().map(|place| found("no-holder", place, message())).collect())
            },
        },
    ];
    own.into_iter().map(|check| std::sync::Arc::new(check) as std::sync::Arc<dyn Check>).collect()
}

fn found(code: &str, place: String, message: String) -> Finding {
    Finding { code: code.into(), severity: Severity::Error, place, message }
}
