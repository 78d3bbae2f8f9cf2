//! Another signing key: the old one signs the new one. The statement stands in the ledger, as the last line of the old key, and in the journal, in the
//! first entry that a checkpoint of the new key covers. The days of the logs are signed anew. What the old key signed until then verifies for ever, what it would sign later does not.
use super::Steps;
use crate::journal::write_copy;
use crate::module::Map;
use crate::signers::{KeyHandover, is_changing};
use crate::{Caller, Error, Exclusive, Result, Tenant};

/// Hands over, from wherever a crash has left it.
pub(super) fn hand_over(tenant: &Tenant, caller: &Caller, steps: &Steps) -> Result<()> {
    let (caller, steps) = (caller.clone(), steps.clone());
    tenant.exclusive(move |writer| under_writer(writer, caller, &steps))
}

fn under_writer(writer: &mut Exclusive<'_>, caller: Caller, steps: &Steps) -> Result<()> {
    let shared = writer.tenant();
    let Some((from, to)) = is_changing(&shared.ring()) else { return Ok(()) };
    let tree = &writer.state().tree;
    let (origin, size) = (tree.origin().to_owned(), tree.size());
    let handover = shared.with_ledger(|ledger, ring| -> Result<KeyHandover> {
        if let Some(begun) = ledger.handover_to(to) {
            return Ok(begun.clone());
        }
        let missing = || Error::damaged("root", "a signing key is missing");
        let key = |number| ring.signers().find(|(found, _)| *found == number).map(|(_, key)| key).ok_or_else(missing);
        let statement = keys::note::sign_key_change(&origin, key(from)?, key(to)?)?;
        let handover = KeyHandover { from, to, origin, size, statement };
        ledger.hand_over(ring, shared.clock().now(), handover.clone())?;
        Ok(handover)
    })?;
    steps.done("ledger");
    if size == handover.size {
        let mut note = Map::new();
        note.insert("signing".into(), to.into());
        note.insert("statement".into(), handover.statement.into());
        writer.op(caller, move |op| {
            let entry = op.entry("rotate-key", None, None);
            op.finish(entry, &note).map(drop)
        })?;
        steps.done("signing entry");
    }
    writer.op(Caller::job("rotate-keys"), move |op| op.sign_days_anew(from, to))?;
    steps.done("days of the logs");
    let note = shared.newest_note.lock().clone();
    write_copy(&shared.paths().checkpoint(), &note)?;
    steps.done("outside copy");
    Ok(())
}
