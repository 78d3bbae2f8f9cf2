//! Restricting a person (Art. 18 GDPR, § 35 BDSG) and lifting it: all records vanish for everybody but the privacy role.
use crate::held::held;
use base::{Permission, SubjectId};
use store::erase::restrict_record;
use store::journal::covered;
use store::ledger::{Line, What};
use store::module::Map;
use store::{Caller, Error, Op, Result, Tenant, statements};

/// Restricts all that is held about a person. The ledger has it before it is acknowledged, so that a restore cannot lift it.
pub fn restrict(tenant: &Tenant, caller: &Caller, id: SubjectId) -> Result<usize> {
    set(tenant, caller, id, true)
}

/// Lifts the restriction of a living person. What an erasure left restricted stays so.
pub fn release(tenant: &Tenant, caller: &Caller, id: SubjectId) -> Result<usize> {
    set(tenant, caller, id, false)
}

fn set(tenant: &Tenant, caller: &Caller, id: SubjectId, restricted: bool) -> Result<usize> {
    caller.needs(Permission::Privacy)?;
    let now = tenant.shared().clock().now();
    let what = if restricted { What::Restricted } else { What::Released };
    let write_down = || {
        let line = Line { subject: Some(id), ..Line::new(now, what) };
        tenant.shared().with_ledger(|ledger, ring| ledger.append(ring, line))
    };
    if restricted {
        write_down()?;
    }
    let count = tenant.write(caller.clone(), move |op| change(op, id, restricted))?;
    if !restricted {
        write_down()?;
    }
    Ok(count)
}

fn change(op: &mut Op<'_>, id: SubjectId, restricted: bool) -> Result<usize> {
    let held = held(op, id)?;
    if held.subject.state == "erased" {
        return Err(Error::conflict("erased", "this person has been erased; what a duty keeps stays restricted"));
    }
    let mut entry = op.entry(if restricted { "restrict-subject" } else { "release-subject" }, None, None);
    entry.name_units(held.units.iter().map(|unit| unit.row.id));
    let state = if restricted { "restricted" } else { "live" };
    let commit = op.commit_no();
    op.change(&statements::SUBJECT_STATE, &[held.subject.rid.into(), state.into(), commit.into()], &entry)?;
    op.cover_by(&entry, &covered::SUBJECT, held.subject.id.bytes(), held.subject.rid.into())?;
    let mut note = Map::new();
    note.insert("subject".into(), id.to_string().into());
    op.finish(entry, &note)?;
    let own: Vec<_> = held.records.values().filter(|record| record.own).map(|record| record.opened.stored.id).collect();
    let mut count = 0;
    for record in own {
        count += usize::from(restrict_record(op, record, restricted)?);
    }
    Ok(count)
}
