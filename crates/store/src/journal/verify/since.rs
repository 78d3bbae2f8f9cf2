//! The verification of every night: from the last verified checkpoint on; everything once in 30 days.
//!
//! What was verified last lies outside the databases, signed: whoever can only change the database cannot move it forward.
use super::{Check, Report, verify};
use crate::outside::Sheet;
use crate::place;
use crate::shared::Paths;
use crate::signers::Signers;
use crate::sqlite::{Mode, Settings};
use crate::{Result, Tenant, journal::write_copy};
use base::Timestamp;
use data_encoding::BASE64;
use keys::{KeyRing, Pages};
use std::path::Path;

/// Everything is verified once in so long, in milliseconds: 30 days.
pub const WHOLE_EVERY_MS: i64 = 30 * 86_400_000;

/// What the verification of a night did.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Nightly {
    /// Whether everything was read; otherwise from [`Report::from`] on.
    pub whole: bool,
    /// What was read and found. [`Report::compared_with`] says which outside copies were compared.
    pub report: Report,
}

/// How far the journal is verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verified {
    origin: String,
    size: u64,
    root: [u8; 32],
    whole_at: Timestamp,
}

const TITLE: &str = "obhut verified journal v1";

impl Verified {
    fn text(&self) -> String {
        format!("{TITLE}\n{}\n{}\n{}\n{}\n", self.origin, self.size, BASE64.encode(&self.root), self.whole_at.0)
    }
    /// The one that was written, if the present key signed it; otherwise everything is verified again.
    fn read(path: &Path, ring: &KeyRing) -> Option<Self> {
        let note = std::fs::read_to_string(path).ok()?;
        let origin = note.lines().nth(1)?.to_owned();
        let text = keys::note::open(&note, &origin, &ring.signer().verify_key()).ok()?;
        let mut lines = text.lines();
        let (Some(TITLE), _, size, root, at, None) =
            (lines.next(), lines.next(), lines.next()?, lines.next()?, lines.next()?, lines.next())
        else {
            return None;
        };
        let root = BASE64.decode(root.as_bytes()).ok()?.try_into().ok()?;
        Some(Self { origin, size: size.parse().ok()?, root, whole_at: Timestamp(at.parse().ok()?) })
    }
    fn write(&self, path: &Path, ring: &KeyRing) -> Result<()> {
        write_copy(&Sheet::File(path.to_owned()), &keys::note::seal(&self.text(), &[(&self.origin, ring.signer())])?)
    }
}

impl Tenant {
    /// Verifies the journal beside everything else: from the last verified checkpoint, or whole when the last whole one is 30 days old, when the journal began
    /// a new epoch or another key signs. Remembers how far it came only if nothing was found.
    ///
    /// The short one compares the records and rows that the new entries are about, and the outside copy; keys and pages wait for the whole one.
    pub fn verify_nightly(&self) -> Result<Nightly> {
        let shared = self.shared();
        nightly(shared.paths(), &shared.ring(), &shared.settings, shared.clock().now())
    }
}

/// The same for the files of a tenant that is not open. Failing to read them is an error; everything else is a finding.
pub fn nightly(paths: &Paths, ring: &KeyRing, settings: &Settings, now: Timestamp) -> Result<Nightly> {
    let path = paths.ledger.join("verified");
    let before = Verified::read(&path, ring).filter(|before| {
        let age = now.0.saturating_sub(before.whole_at.0);
        (0..WHOLE_EVERY_MS).contains(&age)
    });
    let short = match &before {
        Some(before) => since(paths, ring, settings, before)?,
        None => None,
    };
    let whole = short.is_none();
    let report = match short {
        Some(report) => report,
        None => verify(paths, ring, settings)?,
    };
    if report.findings.is_empty()
        && let Ok(reached) = keys::note::verify(&report.checkpoint, &ring.signer().verify_key())
    {
        let whole_at = before.filter(|_| !whole).map_or(now, |before| before.whole_at);
        Verified { origin: reached.origin, size: reached.size, root: reached.root, whole_at }.write(&path, ring)?;
    }
    Ok(Nightly { whole, report })
}

/// Up to where a journal was verified in this process: for whoever goes on from there.
#[derive(Debug, Clone)]
pub(crate) struct Checked(Verified);

impl Checked {
    /// Where a verification that found nothing has ended.
    pub(crate) fn of(report: &Report, ring: &KeyRing) -> Result<Self> {
        let reached = keys::note::verify(&report.checkpoint, &ring.signer().verify_key())?;
        let (origin, size, root) = (reached.origin, reached.size, reached.root);
        Ok(Self(Verified { origin, size, root, whole_at: Timestamp(0) }))
    }
}

/// Verifies what came after `then`, or everything if the journal is not the one of then.
pub(crate) fn verify_since(paths: &Paths, ring: &KeyRing, settings: &Settings, then: &Checked) -> Result<Report> {
    match since(paths, ring, settings, &then.0)? {
        Some(report) => Ok(report),
        None => verify(paths, ring, settings),
    }
}

/// Verifies what came after `before`; none if that is of another epoch.
fn since(paths: &Paths, ring: &KeyRing, settings: &Settings, before: &Verified) -> Result<Option<Report>> {
    let mut records = place::open(paths, ring, Pages::Records, Mode::Reader, settings)?;
    records.begin_snapshot()?;
    let mut check = Check::new();
    let ledger = check.ledger(paths, ring);
    let signers = ledger.as_ref().map_or_else(|| Signers::of_ring(ring), |ledger| ledger.signers().clone());
    let head = check.head(paths, &signers, ledger.as_ref(), &mut records)?;
    if head.origin != before.origin || head.size < before.size {
        return Ok(None);
    }
    check.report.from = before.size;
    let then = super::Tree::load(&mut records, &head.origin, before.size).map(|tree| tree.root());
    if then.ok() == Some(before.root) {
        let last = check.entries(&mut records, &head, 0, 1)?;
        check.touched(&mut records, last)?;
        check.touched_rows(&mut records)?;
        check.judge(&mut records, &head, ledger.as_ref(), false);
    } else {
        let message = "the journal does not continue the one that was verified last".to_owned();
        check.find("history-rewritten", &format!("journal entries before {}", before.size), message);
    }
    check.report.checkpoint = head.note;
    Ok(Some(check.report))
}
