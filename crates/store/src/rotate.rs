//! Rotating the key that wraps the unit keys: every wrapped key is wrapped anew, none is seen and none changes (design, *Keys*).
use crate::engine::{self, Connection};
use crate::statements::on_keys;
use crate::writer::DESTROYED;
use crate::{Error, Exclusive, Result};
use keys::{KeyRing, MasterKey, Purpose, UnitKey};
use std::sync::Arc;

/// Keys wrapped anew in one transaction.
const BATCH: i64 = 5_000;

/// Adds a new wrapping key, wraps every unit key with it, retires the old ones. A crash in between leaves keys under either, and both are there:
/// the root file is written before the first key changes and the old wrapping keys leave it after the last. Gives the new key's number.
pub(crate) fn rotate_unit_wrap(writer: &mut Exclusive<'_>, master: &MasterKey) -> Result<u32> {
    let shared = writer.tenant();
    let path = shared.paths().file("root");
    let mut ring = KeyRing::read(&path, shared.id(), master)?;
    let number = ring.add(Purpose::UnitWrap);
    ring.write(&path, master)?;
    *shared.ring.write() = Arc::new(KeyRing::read(&path, shared.id(), master)?);
    let state = writer.state();
    state.forget_made_ahead();
    let mut from = 1;
    loop {
        let rows = engine::collect(&mut state.keys, &on_keys::KEYS_FROM, &[from.into(), BATCH.into()], |row| {
            let id = base::UnitId::from_slice(row.bytes(1)?)
                .map_err(|_| Error::damaged("keys.db", "a key has no readable id"))?;
            Ok((row.int(0)?, id, row.bytes(2)?.to_vec()))
        })?;
        let Some((last, _, _)) = rows.last() else { break };
        from = last + 1;
        state.keys.begin()?;
        let mut rewrap = || -> Result<()> {
            for (rid, id, wrapped) in &rows {
                if *wrapped == DESTROYED {
                    continue;
                }
                let key = UnitKey::unwrap(wrapped, &ring, *id)?;
                let (number, wrap) = ring.unit_wrap();
                let wrapped = key.wrap(wrap, number, *id);
                state.keys.execute((&on_keys::KEY_REWRAP).into(), &[(*rid).into(), wrapped.as_slice().into()])?;
            }
            state.keys.commit()
        };
        if let Err(error) = rewrap() {
            state.keys.rollback();
            return Err(error);
        }
    }
    state.keys.forget_overwritten()?;
    for old in ring.numbers(Purpose::UnitWrap) {
        if old != number {
            ring.retire(Purpose::UnitWrap, old)?;
        }
    }
    ring.write(&path, master)?;
    *shared.ring.write() = Arc::new(KeyRing::read(&path, shared.id(), master)?);
    // The keys in a copy that was made before a migration are wrapped with what has just been retired.
    crate::migrate::drop_copies(&shared.paths().folder)?;
    Ok(number)
}
