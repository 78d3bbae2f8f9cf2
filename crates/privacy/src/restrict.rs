//! Restricting a person (Art. 18 GDPR, § 35 BDSG) and lifting it: all records vanish for everybody but the privacy role.
use crate::held::{Held, held};
use crate::statements::ERASURE_BEGUN_OF;
use base::{Permission, SubjectId, UnitId};
use std::collections::BTreeSet;
use store::erase::restrict_record;
use store::journal::covered;
use store::ledger::{Line, What};
use store::module::Map;
use store::{Caller, Error, Op, Result, Tenant, statements};

/// Why a person is restricted: one of a list, so that no text of a person gets in. Key, German, English.
pub const RESTRICTION_REASONS: &[(&str, &str, &str)] = &[
    ("accuracy", "Richtigkeit bestritten (Art. 18 Abs. 1 lit. a DSGVO)", "Accuracy is contested (Art. 18(1)(a) GDPR)"),
    (
        "unlawful",
        "Einschränkung statt Löschung verlangt (Art. 18 Abs. 1 lit. b DSGVO)",
        "Restriction wanted instead of erasure (Art. 18(1)(b) GDPR)",
    ),
    (
        "claims",
        "Für Rechtsansprüche benötigt (Art. 18 Abs. 1 lit. c DSGVO)",
        "Needed for legal claims (Art. 18(1)(c) GDPR)",
    ),
    (
        "objection",
        "Widerspruch wird geprüft (Art. 18 Abs. 1 lit. d DSGVO)",
        "An objection is being examined (Art. 18(1)(d) GDPR)",
    ),
    ("other", "Sonstiger Grund", "Other reason"),
];

/// Why a restriction is lifted. The person is told before (Art. 18(3) GDPR).
pub const RELEASE_REASONS: &[(&str, &str, &str)] = &[
    ("settled", "Der Anlass hat sich erledigt", "The occasion is settled"),
    ("consent", "Die betroffene Person willigt ein", "The person consents"),
    ("mistake", "Versehentlich eingeschränkt", "Restricted by mistake"),
    ("other", "Sonstiger Grund", "Other reason"),
];

/// Restricts all that is held about a person; gives the number of records. The ledger has it before it is acknowledged, so that a restore cannot lift
/// it. `reason` is a key of [`RESTRICTION_REASONS`], anything else `Invalid`.
pub fn restrict(tenant: &Tenant, caller: &Caller, id: SubjectId, reason: &str) -> Result<usize> {
    set(tenant, caller, id, true, known(RESTRICTION_REASONS, reason)?)
}

/// Lifts the restriction of a living person; gives the number of records. What an erasure left because it must be kept stays restricted: that is
/// refused (`Conflict`, `kept-restricted`). `reason` is a key of [`RELEASE_REASONS`], anything else `Invalid`.
pub fn release(tenant: &Tenant, caller: &Caller, id: SubjectId, reason: &str) -> Result<usize> {
    set(tenant, caller, id, false, known(RELEASE_REASONS, reason)?)
}

fn known(reasons: &'static [(&str, &str, &str)], reason: &str) -> Result<&'static str> {
    let keys = || reasons.iter().map(|(key, _, _)| *key);
    keys()
        .find(|key| *key == reason)
        .ok_or_else(|| Error::invalid(format!("the reason must be one of: {}", keys().collect::<Vec<_>>().join(", "))))
}

fn set(tenant: &Tenant, caller: &Caller, id: SubjectId, restricted: bool, reason: &'static str) -> Result<usize> {
    caller.needs(Permission::Privacy)?;
    let now = tenant.shared().clock().now();
    let what = if restricted { What::Restricted } else { What::Released };
    let write_down = || {
        let line = Line { subject: Some(id), note: Some(reason.to_owned()), ..Line::new(now, what) };
        tenant.shared().with_ledger(|ledger, ring| ledger.append(ring, line))
    };
    if restricted {
        write_down()?;
    }
    let count = tenant.write(caller.clone(), move |op| change(op, id, restricted, reason))?;
    if !restricted {
        write_down()?;
    }
    Ok(count)
}

fn change(op: &mut Op<'_>, id: SubjectId, restricted: bool, reason: &str) -> Result<usize> {
    let held = held(op, id)?;
    if held.subject.state == "erased" {
        return Err(Error::conflict("erased", "this person has been erased; what a duty keeps stays restricted"));
    }
    if !restricted && left_by_erasure(op, &held)? {
        return Err(Error::conflict(
            "kept-restricted",
            "this person has been erased but for what the law still keeps; that stays restricted until it goes as well",
        ));
    }
    let mut entry = op.entry(if restricted { "restrict-subject" } else { "release-subject" }, None, None);
    entry.name_units(held.units.iter().map(|unit| unit.row.id));
    let state = if restricted { "restricted" } else { "live" };
    let commit = op.commit_no();
    op.change(&statements::SUBJECT_STATE, &[held.subject.rid.into(), state.into(), commit.into()], &entry)?;
    op.cover_by(&entry, &covered::SUBJECT, held.subject.id.bytes(), held.subject.rid.into())?;
    let mut note = Map::new();
    note.insert("subject".into(), id.to_string().into());
    note.insert("reason".into(), reason.into());
    op.finish(entry, &note)?;
    let own: Vec<_> = held.records.values().filter(|record| record.own).map(|record| record.opened.stored.id).collect();
    let mut count = 0;
    for record in own {
        count += usize::from(restrict_record(op, record, restricted)?);
    }
    Ok(count)
}

/// Whether an erasure has begun or was done and left some of the person's units: the ledger says so, which a restored database cannot forget, and an
/// erasure that a crash interrupted before its line.
fn left_by_erasure(op: &mut Op<'_>, held: &Held) -> Result<bool> {
    let family: Vec<SubjectId> = std::iter::once(held.subject.id).chain(held.aliases.iter().copied()).collect();
    let live: BTreeSet<UnitId> = held.units.iter().map(|unit| unit.row.id).collect();
    let named = op.tenant().with_ledger(|ledger, _| {
        ledger.lines().iter().any(|line| {
            line.what == What::Restricted
                && line.case.is_some()
                && line.subject.is_some_and(|subject| family.contains(&subject))
                && line.units.iter().any(|unit| live.contains(unit))
        })
    });
    if named {
        return Ok(true);
    }
    for subject in family {
        if op.first(&ERASURE_BEGUN_OF, &[subject.bytes().into()], |row| row.int(0))?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}
