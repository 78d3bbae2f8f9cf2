//! Another key to wrap the unit keys: every wrapped key is wrapped anew where it lies, none is seen and none changes.
use super::Steps;
use crate::engine::{self, Connection};
use crate::statements::on_keys;
use crate::writer::DESTROYED;
use crate::{Error, Exclusive, Result, Tenant};
use keys::UnitKey;

/// Keys wrapped anew in one transaction.
const BATCH: i64 = 5_000;

/// Wraps with the newest key what an older one wraps. Between the batches others write; they wrap with the newest already.
pub(super) fn rewrap(tenant: &Tenant, steps: &Steps) -> Result<()> {
    let mut from = 1;
    loop {
        let last = tenant.exclusive(move |writer| batch(writer, from))?;
        steps.done("unit keys");
        match last {
            Some(last) => from = last + 1,
            None => break,
        }
    }
    tenant.exclusive(|writer| writer.state().keys.forget_overwritten())
}

/// One batch; the last row number that it saw.
fn batch(writer: &mut Exclusive<'_>, from: i64) -> Result<Option<i64>> {
    let ring = writer.tenant().ring();
    let state = writer.state();
    if from == 1 {
        state.forget_made_ahead();
    }
    let rows = engine::collect(&mut state.keys, &on_keys::KEYS_FROM, &[from.into(), BATCH.into()], |row| {
        let id = base::UnitId::from_slice(row.bytes(1)?)
            .map_err(|_| Error::damaged("keys.db", "a key has no readable id"))?;
        Ok((row.int(0)?, id, row.bytes(2)?.to_vec()))
    })?;
    let (number, wrap) = ring.unit_wrap();
    state.begin_keys()?;
    let mut rewrap = || -> Result<()> {
        for (rid, id, wrapped) in &rows {
            if *wrapped == DESTROYED || UnitKey::wrapped_with(wrapped)? == number {
                continue;
            }
            let wrapped = UnitKey::unwrap(wrapped, &ring, *id)?.wrap(wrap, number, *id);
            state.keys.execute((&on_keys::KEY_REWRAP).into(), &[(*rid).into(), wrapped.as_slice().into()])?;
        }
        state.keys.commit()
    };
    if let Err(error) = rewrap() {
        state.keys.rollback();
        return Err(error);
    }
    Ok(rows.last().map(|(rid, _, _)| *rid))
}
