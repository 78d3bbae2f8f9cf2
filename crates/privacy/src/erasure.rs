//! Erasures as they are stored, performing one, and its certificate.
use crate::held::held;
use crate::plan::{ErasureId, Plan, PlanItem, changed, draft};
use crate::statements;
use base::{Permission, RecordId, SubjectId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use store::engine::Row;
use store::erase::{Destroy, Destroyed, destroy, outcome, restrict_record};
use store::journal::covered;
use store::ledger::{Line, What};
use store::module::Map;
use store::{Caller, Error, Exclusive, Op, Reader, Result, Shared, Tenant};

/// What was done: only what happened is claimed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    /// The erasure.
    pub case: ErasureId,
    /// The person, as the opaque id that is left.
    pub subject: SubjectId,
    /// Why: a key of [`crate::REASONS`].
    pub reason: String,
    /// When it was planned.
    pub planned_at: Timestamp,
    /// Who approved it, as an id.
    pub approved_by: String,
    /// When the keys were destroyed ("Schlüssel vernichtet am").
    pub keys_destroyed_at: Timestamp,
    /// When the last ciphertext was gone from the live databases ("Chiffrat gelöscht am").
    pub ciphertext_deleted_at: Timestamp,
    /// By when the last backup that holds ciphertext is gone ("letzte Sicherung überschrieben spätestens"); none while no backup target is set up.
    pub backups_gone_by: Option<Timestamp>,
    /// Counts: units, records, sealed parts.
    pub destroyed: Destroyed,
    /// What stays, restricted, until when and why.
    pub stays: Vec<PlanItem>,
    /// Records of others that mentioned the person when it was planned; a human decides on each.
    pub mentions: usize,
    /// Whether there may have been more than were found: a value of the person was too common to be searched for, or the list was cut.
    #[serde(default)]
    pub mentions_incomplete: bool,
    /// Lines of the ledger when it was written, and the chain over them, hex.
    pub ledger: (u64, String),
    /// Ed25519 over everything else as canonical JSON ([`Certificate::signed_bytes`]), hex, with the tenant's signing key.
    pub signature: String,
    /// The key that verifies it, hex.
    pub verify_key: String,
}

impl Certificate {
    /// What the signature is over: the certificate as JSON without the member `signature`, members ordered by name, no blanks (RFC 8785). Whoever has
    /// the JSON that the API answered can make the same bytes; `docs/certificate.md` says how.
    pub fn signed_bytes(&self) -> Vec<u8> {
        // Plain structs with string keys always become JSON.
        let mut value = serde_json::to_value(self).unwrap_or_default();
        if let Some(members) = value.as_object_mut() {
            members.remove("signature");
        }
        let mut bytes = Vec::new();
        canonical(&value, &mut bytes);
        bytes
    }
}

/// Writes JSON with members in the order of their names. There are no fractions in a certificate, so numbers have one form.
fn canonical(value: &Value, bytes: &mut Vec<u8>) {
    match value {
        Value::Array(items) => {
            bytes.push(b'[');
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    bytes.push(b',');
                }
                canonical(item, bytes);
            }
            bytes.push(b']');
        }
        Value::Object(members) => {
            let sorted: BTreeMap<&String, &Value> = members.iter().collect();
            bytes.push(b'{');
            for (place, (name, value)) in sorted.into_iter().enumerate() {
                if place > 0 {
                    bytes.push(b',');
                }
                bytes.extend(Value::from(name.as_str()).to_string().bytes());
                bytes.push(b':');
                canonical(value, bytes);
            }
            bytes.push(b'}');
        }
        plain => bytes.extend(plain.to_string().bytes()),
    }
}

/// An erasure as it is stored.
#[derive(Debug, Clone)]
pub struct Erasure {
    /// The plan.
    pub plan: Plan,
    /// `planned`, `begun` or `done`.
    pub state: String,
    /// Why.
    pub reason: String,
    /// When it was planned.
    pub created_at: Timestamp,
    /// By whom.
    pub created_by: String,
    /// Who approved it.
    pub approved_by: Option<String>,
    /// The certificate, once it is done.
    pub certificate: Option<Certificate>,
}

fn read(row: &dyn Row) -> Result<Erasure> {
    let unreadable = |_| Error::invalid("a stored erasure is not readable");
    Ok(Erasure {
        plan: serde_json::from_str(row.text(4)?).map_err(unreadable)?,
        state: row.text(2)?.to_owned(),
        reason: row.text(3)?.to_owned(),
        created_at: Timestamp(row.int(6)?),
        created_by: row.text(7)?.to_owned(),
        approved_by: row.opt_text(8)?.map(str::to_owned),
        certificate: row.opt_text(10)?.map(serde_json::from_str).transpose().map_err(unreadable)?,
    })
}

/// The erasure of that id.
pub fn erasure(reader: &mut Reader, caller: &Caller, id: ErasureId) -> Result<Erasure> {
    caller.needs(Permission::Privacy)?;
    reader
        .first(&statements::ERASURE, &[id.bytes().into()], read)?
        .ok_or_else(|| Error::not_found(format!("erasure {id}")))
}

/// The latest erasures, newest first.
pub fn erasures(reader: &mut Reader, caller: &Caller, limit: u32) -> Result<Vec<Erasure>> {
    caller.needs(Permission::Privacy)?;
    reader.all(&statements::ERASURES, &[i64::from(limit).into()], read)
}

/// Performs an approved erasure. Planned again first: if what would happen now differs from what was approved, it is refused and nothing
/// is changed. Whoever calls this approves it; the certificate names him.
pub fn perform(tenant: &Tenant, caller: &Caller, id: ErasureId) -> Result<Certificate> {
    caller.needs(Permission::Privacy)?;
    let caller = caller.clone();
    tenant.exclusive(move |writer| perform_under(writer, &caller, id))
}

fn perform_under(writer: &mut Exclusive<'_>, caller: &Caller, id: ErasureId) -> Result<Certificate> {
    let case = id.to_string();
    // An operation of its own: when it has answered, the index has everything that was written before, and nobody else writes any more.
    let stored = writer.op(caller.clone(), move |op| {
        op.first(&statements::ERASURE, &[id.bytes().into()], read)?
            .ok_or_else(|| Error::not_found(format!("erasure {id}")))
    })?;
    let shared = writer.tenant();
    match stored.state.as_str() {
        "done" => {
            return stored.certificate.ok_or_else(|| Error::invalid("a finished erasure has no certificate"));
        }
        "begun" if in_ledger(&shared, &case) => {}
        // One that was approved and never got so far is planned again like any other.
        _ => {
            let now = draft(&mut shared.reader()?, caller, stored.plan.subject)?;
            if now.hash != stored.plan.hash {
                return Err(changed());
            }
            let plan = stored.plan.clone();
            writer.op(caller.clone(), move |op| begin(op, id, &plan))?;
        }
    }
    let plan = stored.plan;
    let destroyed = if let Some(destroyed) = outcome(&shared, &case) {
        destroyed // finished at start-up after a crash; only the certificate is missing
    } else {
        keep_restricted(&shared, &case, &plan)?;
        let units = plan.goes.iter().map(|item| item.unit).collect();
        destroy(writer, caller, &Destroy { case, action: "erase", subject: Some(plan.subject), units })?
    };
    writer.op(caller.clone(), move |op| certify(op, id, &plan, destroyed))
}

/// Whether the ledger says that it has begun. Once it does there is no way back.
fn in_ledger(shared: &Shared, case: &str) -> bool {
    let begun = |line: &Line| line.what == What::ErasureBegun && line.case.as_deref() == Some(case);
    shared.with_ledger(|ledger, _| ledger.lines().iter().any(begun))
}

/// Restricts what stays, and writes down who approved.
fn begin(op: &mut Op<'_>, id: ErasureId, plan: &Plan) -> Result<()> {
    let mut entry = op.entry("approve-erasure", None, None);
    entry.name_units([]);
    let (actor, commit) = (op.caller().actor.to_string(), op.commit_no());
    op.change(
        &statements::ERASURE_STATE,
        &[id.bytes().into(), "begun".into(), actor.as_str().into(), commit.into()],
        &entry,
    )?;
    op.cover(&entry, &covered::ERASURE, id.bytes())?;
    let mut note = Map::new();
    note.insert("case".into(), id.to_string().into());
    op.finish(entry, &note)?;
    // Only what is the person's: a record that has become somebody else's stays in that one's hands.
    let own: BTreeSet<RecordId> = plan.records.iter().filter(|record| record.own).map(|record| record.record).collect();
    for (_, record) in plan.stays.iter().flat_map(|item| &item.records).filter(|(_, record)| own.contains(record)) {
        restrict_record(op, *record, true)?;
    }
    Ok(())
}

/// The ledger names what an erasure leaves, restricted: a restored database cannot forget it, and nobody lifts it while it must be kept.
fn keep_restricted(shared: &Shared, case: &str, plan: &Plan) -> Result<()> {
    if plan.stays.is_empty() {
        return Ok(());
    }
    let now = shared.clock().now();
    shared.with_ledger(|ledger, ring| {
        let written = |line: &Line| line.what == What::Restricted && line.case.as_deref() == Some(case);
        if ledger.lines().iter().any(written) {
            return Ok(()); // repeated after a crash
        }
        let line = Line {
            subject: Some(plan.subject),
            case: Some(case.to_owned()),
            units: plan.stays.iter().map(|item| item.unit).collect(),
            ..Line::new(now, What::Restricted)
        };
        ledger.append(ring, line)
    })
}

/// A certificate says that nothing is left but what stays. Records that came after the keys were gone are another matter.
fn nothing_left(op: &mut Op<'_>, plan: &Plan, destroyed: &Destroyed) -> Result<()> {
    let stays: BTreeSet<RecordId> =
        plan.stays.iter().flat_map(|item| &item.records).map(|(_, record)| *record).collect();
    let left = held(op, plan.subject)?.records.into_values().find(|record| {
        let stored = &record.opened.stored;
        record.own && stored.created_at <= destroyed.keys_at && !stays.contains(&stored.id)
    });
    left.map_or(Ok(()), |record| {
        let what = format!(
            "{} {} of the person is there still, outside what stays; make a new plan",
            record.module, record.opened.stored.id
        );
        Err(Error::conflict("left-over", what))
    })
}

fn certify(op: &mut Op<'_>, id: ErasureId, plan: &Plan, destroyed: Destroyed) -> Result<Certificate> {
    let stored = op
        .first(&statements::ERASURE, &[id.bytes().into()], read)?
        .ok_or_else(|| Error::not_found(format!("erasure {id}")))?;
    nothing_left(op, plan, &destroyed)?;
    let ring = op.tenant().ring();
    let (lines, chain) = op.tenant().with_ledger(|ledger, _| ledger.position());
    let mut certificate = Certificate {
        case: id,
        subject: plan.subject,
        reason: stored.reason,
        planned_at: stored.created_at,
        approved_by: stored.approved_by.unwrap_or_default(),
        keys_destroyed_at: destroyed.keys_at,
        ciphertext_deleted_at: destroyed.ciphertext_at,
        backups_gone_by: None,
        destroyed,
        stays: plan.stays.clone(),
        mentions: plan.mentions.len(),
        mentions_incomplete: plan.mentions_incomplete,
        ledger: (lines, store::hex(&chain)),
        signature: String::new(),
        verify_key: store::hex(ring.signer().verify_key().bytes()),
    };
    certificate.signature = store::hex(&ring.signer().sign(&certificate.signed_bytes()));
    let mut entry = op.entry("erased", None, None);
    entry.name_units([]);
    let text = serde_json::to_string(&certificate).map_err(|error| Error::invalid(error.to_string()))?;
    let (now, commit) = (op.now().0, op.commit_no());
    op.change(
        &statements::ERASURE_DONE,
        &[id.bytes().into(), now.into(), text.as_str().into(), commit.into()],
        &entry,
    )?;
    op.cover(&entry, &covered::ERASURE, id.bytes())?;
    let mut note = Map::new();
    note.insert("case".into(), id.to_string().into());
    op.finish(entry, &note)?;
    Ok(certificate)
}
