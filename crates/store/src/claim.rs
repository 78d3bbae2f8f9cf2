//! Values that are known by their keyed hash alone: what may stand only once (keys.db), and the keys under which an import made its rows.
//!
//! Beside each hash lies the value's SHA-256, sealed with the key of the unit whose data it is: so the hashes can be computed anew when their
//! key is rotated, without the value, and go with the unit when it is destroyed. While a rotation runs, rows of the old key and of the
//! new one stand side by side, and every look-up asks for both.
use crate::engine::{self, Connection};
use crate::op::{Op, UniqueChange};
use crate::rows::Written;
use crate::shared::{Reader, Shared};
use crate::statements::{self, on_keys};
use crate::{Result, State};
use base::TenantId;

/// A value in a field, as it is hashed. Holds no value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UniqueValue {
    field: String,
    digest: [u8; 32],
}

impl UniqueValue {
    /// `field` keeps uses apart: `contact.email`, `import.contact.row`. Equal values must be given in one form.
    pub fn new(field: &str, value: &str) -> Self {
        Self { field: field.to_owned(), digest: keys::sha256(&[value.as_bytes()]) }
    }
    pub(crate) fn of_digest(field: &str, digest: [u8; 32]) -> Self {
        Self { field: field.to_owned(), digest }
    }
    /// The hash under each key of the ring, newest first, with the key's number.
    fn macs(&self, ring: &keys::KeyRing) -> Vec<(i64, [u8; 32])> {
        ring.macs().map(|(number, key)| (number.into(), key.mac(&self.field, &self.digest))).collect()
    }
    /// The hash under the newest key, with its number.
    pub(crate) fn newest(&self, ring: &keys::KeyRing) -> (i64, [u8; 32]) {
        self.macs(ring).into_iter().next().unwrap_or_default()
    }
    fn owner(&self, ring: &keys::KeyRing, keys: &mut dyn Connection) -> Result<Option<i64>> {
        for (_, mac) in self.macs(ring) {
            let params = [self.field.as_str().into(), (&mac).into()];
            if let Some(owner) = engine::first(keys, &statements::UNIQUE_OWNER, &params, |row| row.int(0))? {
                return Ok(Some(owner));
            }
        }
        Ok(None)
    }
}

/// Binds a sealed digest to its tenant and field.
pub(crate) fn claim_data(tenant: TenantId, field: &str) -> Vec<u8> {
    [b"unique".as_slice(), tenant.bytes(), field.as_bytes()].concat()
}

/// Binds a sealed import key to its tenant.
pub(crate) fn external_data(tenant: TenantId) -> Vec<u8> {
    [b"external".as_slice(), tenant.bytes()].concat()
}

/// Writes claims and disclaimers to keys.db, inside its transaction.
pub(crate) fn apply(state: &mut State, shared: &Shared, changes: &[UniqueChange]) -> Result<()> {
    let ring = shared.ring();
    for change in changes {
        match change {
            UniqueChange::Put { value, owner, unit } => {
                let key = state.unit_key(shared, *unit)?;
                let sealed = key.key.seal(key.id, &value.digest, &claim_data(shared.tenant, &value.field));
                let (number, mac) = value.newest(&ring);
                let params = [
                    value.field.as_str().into(),
                    (&mac).into(),
                    (*owner).into(),
                    (*unit).into(),
                    number.into(),
                    sealed.as_slice().into(),
                ];
                state.keys.send((&on_keys::UNIQUE_PUT).into(), &params)?;
            }
            UniqueChange::Remove { value, owner } => {
                for (_, mac) in value.macs(&ring) {
                    let params = [value.field.as_str().into(), (&mac).into(), (*owner).into()];
                    state.keys.send((&on_keys::UNIQUE_REMOVE).into(), &params)?;
                }
            }
        }
    }
    Ok(())
}

impl Op<'_> {
    /// Who holds a value that may stand only once: the row number that [`Op::claim`] was given, with what this commit has claimed so far.
    pub fn unique_owner(&mut self, value: &UniqueValue) -> Result<Option<i64>> {
        let mut gave_back = Vec::new();
        for change in self.pending.unique.iter().rev().chain(self.state.batch_unique.iter().rev()) {
            match change {
                UniqueChange::Put { value: held, owner, .. } if held == value => {
                    return Ok(Some(*owner).filter(|owner| !gave_back.contains(owner)));
                }
                UniqueChange::Remove { value: held, owner } if held == value => gave_back.push(*owner),
                _ => {}
            }
        }
        let owner = value.owner(&self.shared.ring(), &mut self.state.keys)?;
        Ok(owner.filter(|owner| !gave_back.contains(owner)))
    }
    /// Claims a value for `owner`; it goes when `unit` is destroyed.
    pub fn claim(&mut self, value: UniqueValue, owner: i64, unit: i64) {
        self.pending.unique.push(UniqueChange::Put { value, owner, unit });
    }
    /// Gives a value back.
    pub fn disclaim(&mut self, value: UniqueValue, owner: i64) {
        self.pending.unique.push(UniqueChange::Remove { value, owner });
    }

    /// The row number of the record that an import made under this key.
    pub fn external(&mut self, value: &UniqueValue) -> Result<Option<i64>> {
        for (_, mac) in value.macs(&self.shared.ring()) {
            let found = self.first(&statements::EXTERNAL_KEY, &[0.into(), (&mac).into()], |row| row.int(0))?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }
    /// Remembers that a record was made under this key. It goes with the record.
    pub fn remember_external(&mut self, value: &UniqueValue, written: &Written) -> Result<()> {
        let ring = self.shared.ring();
        let unit = self.state.unit_key(self.shared, written.unit)?;
        let plain = [value.digest.as_slice(), value.field.as_bytes()].concat();
        let sealed = unit.key.seal(unit.id, &plain, &external_data(self.shared.tenant));
        let (number, mac) = value.newest(&ring);
        let params = [
            0.into(),
            (&mac).into(),
            written.stored.rid.into(),
            written.unit.into(),
            number.into(),
            sealed.as_slice().into(),
        ];
        self.upkeep(&statements::EXTERNAL_KEY_PUT, &params).map(drop)
    }

    /// Brings the import keys of a record under the unit that is the record's now.
    pub(crate) fn move_external(&mut self, record: i64, unit: i64) -> Result<()> {
        let params = [record.into(), unit.into()];
        let old = self.all(&statements::EXTERNAL_KEYS_ELSEWHERE, &params, |row| {
            Ok((row.bytes(0)?.to_vec(), row.int(1)?, row.int(2)?, row.bytes(3)?.to_vec()))
        })?;
        for (mac, before, number, sealed) in old {
            let bound = external_data(self.shared.tenant);
            let plain = self.state.unit_key(self.shared, before)?.key.open(&sealed, &bound)?;
            let now = self.state.unit_key(self.shared, unit)?;
            let sealed = now.key.seal(now.id, &plain, &bound);
            let params =
                [0.into(), mac.as_slice().into(), record.into(), unit.into(), number.into(), sealed.as_slice().into()];
            self.upkeep(&statements::EXTERNAL_KEY_PUT, &params)?;
        }
        Ok(())
    }
}

impl Reader {
    /// Who holds a value that may stand only once: the row number that [`Op::claim`] was given.
    pub fn unique_owner(&mut self, value: &UniqueValue) -> Result<Option<i64>> {
        let ring = self.tenant().ring();
        value.owner(&ring, self.keys_file()?)
    }
}
