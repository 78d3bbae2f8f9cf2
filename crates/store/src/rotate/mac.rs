//! Another key for keyed hashes: every hash is made anew from the sealed digest beside it. While that runs, claims of both keys count, so what may
//! stand only once still does; and others write between the batches.
//!
//! Hashes of client addresses in the security log stay as they are: nobody knows the addresses any more. They are pseudonyms, and from here on
//! the same address has another one.
use super::Steps;
use crate::claim::{UniqueValue, claim_data, external_data};
use crate::engine::{self, Connection};
use crate::statements::{self, on_keys};
use crate::{Caller, Error, Exclusive, Op, Result, Tenant};

/// Hashes made anew in one transaction.
const BATCH: i64 = 500;

/// Makes every hash of an older key anew.
pub(super) fn hash_anew(tenant: &Tenant, steps: &Steps) -> Result<()> {
    let mut after = (String::new(), Vec::new());
    loop {
        let from = std::mem::take(&mut after);
        match tenant.exclusive(move |writer| claims(writer, &from))? {
            Some(last) => after = last,
            None => break,
        }
        steps.done("claims");
    }
    tenant.exclusive(|writer| writer.state().keys.forget_overwritten())?;
    let mut after = Vec::new();
    loop {
        let from = std::mem::take(&mut after);
        match tenant.write(Caller::job("rotate-keys"), move |op| externals(op, &from))? {
            Some(last) => after = last,
            None => break,
        }
        steps.done("import keys");
    }
    Ok(())
}

/// One batch of claims in keys.db; where it ended. New hashes may come to stand behind it, and are passed over by their number.
fn claims(writer: &mut Exclusive<'_>, (field, mac): &(String, Vec<u8>)) -> Result<Option<(String, Vec<u8>)>> {
    let shared = writer.tenant();
    let ring = shared.ring();
    let (newest, _) = UniqueValue::of_digest("", [0; 32]).newest(&ring);
    let state = writer.state();
    let params = [field.as_str().into(), mac.as_slice().into(), newest.into(), BATCH.into()];
    let rows = engine::collect(&mut state.keys, &on_keys::UNIQUE_OLD, &params, |row| {
        Ok((row.text(0)?.to_owned(), row.bytes(1)?.to_vec(), row.int(2)?, row.int(3)?, row.bytes(4)?.to_vec()))
    })?;
    let Some(last) = rows.last().map(|(field, mac, ..)| (field.clone(), mac.clone())) else { return Ok(None) };
    state.begin_keys()?;
    let mut move_all = || -> Result<()> {
        for (field, mac, owner, unit, sealed) in &rows {
            let removed = [field.as_str().into(), mac.as_slice().into(), (*owner).into()];
            state.keys.execute((&on_keys::UNIQUE_REMOVE).into(), &removed)?;
            // A claim whose unit is destroyed went with it; one that is left over claims nothing.
            let Some(key) = shared.unit_key(&mut state.keys, *unit)? else { continue };
            let plain = key.key.open(sealed, &claim_data(shared.tenant, field))?;
            let digest = digest_of(&plain)?;
            let value = UniqueValue::of_digest(field, digest);
            // Somebody may have claimed it under the new key meanwhile: then this one had been given up or is the same.
            let (number, mac) = value.newest(&ring);
            let taken = [field.as_str().into(), (&mac).into()];
            if engine::first(&mut state.keys, &statements::UNIQUE_OWNER, &taken, |row| row.int(0))?.is_some() {
                continue;
            }
            let params = [
                field.as_str().into(),
                (&mac).into(),
                (*owner).into(),
                (*unit).into(),
                number.into(),
                sealed.as_slice().into(),
            ];
            state.keys.execute((&on_keys::UNIQUE_PUT).into(), &params)?;
        }
        state.keys.commit()
    };
    if let Err(error) = move_all() {
        state.keys.rollback();
        return Err(error);
    }
    Ok(Some(last))
}

/// One batch of import keys in records.db; where it ended.
fn externals(op: &mut Op<'_>, after: &[u8]) -> Result<Option<Vec<u8>>> {
    let ring = op.tenant().ring();
    let (newest, _) = UniqueValue::of_digest("", [0; 32]).newest(&ring);
    let rows = op.all(&statements::EXTERNAL_KEYS_OLD, &[after.into(), newest.into(), BATCH.into()], |row| {
        Ok((row.bytes(0)?.to_vec(), row.int(1)?, row.int(2)?, row.bytes(3)?.to_vec()))
    })?;
    let last = rows.last().map(|(mac, ..)| mac.clone());
    for (mac, record, unit, sealed) in rows {
        op.upkeep(&statements::EXTERNAL_KEY_DELETE, &[0.into(), mac.as_slice().into()])?;
        let shared = std::sync::Arc::clone(op.tenant());
        let key = shared.unit_key(&mut op.state.keys, unit)?;
        let Some(key) = key else { continue };
        let plain = key.key.open(&sealed, &external_data(shared.tenant))?;
        let field = plain.get(32..).and_then(|field| std::str::from_utf8(field).ok()).unwrap_or_default();
        let (number, mac) = UniqueValue::of_digest(field, digest_of(&plain)?).newest(&ring);
        let params = [0.into(), (&mac).into(), record.into(), unit.into(), number.into(), sealed.as_slice().into()];
        op.upkeep(&statements::EXTERNAL_KEY_PUT, &params)?;
    }
    Ok(last)
}

fn digest_of(plain: &[u8]) -> Result<[u8; 32]> {
    plain.first_chunk().copied().ok_or_else(|| Error::damaged("keys.db", "a claim's digest is not readable"))
}
