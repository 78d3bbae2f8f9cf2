//! The key of one key unit, and what it seals. Destroying the wrapped key erases every part that it sealed.
//!
//! **Wrapped key**, 66 bytes, as it stands in `keys.db`: format 1 (1) ‖ algorithm 1 (1) ‖ number of the wrap key (4,
//! big-endian) ‖ nonce (12) ‖ ciphertext (32) ‖ tag (16). Associated data: `obhut unit key v1\0` ‖ the first six bytes ‖ unit id (16).
//!
//! **Sealed part**: format 1 (1) ‖ algorithm 1 (1) ‖ unit id (16) ‖ nonce (12) ‖ ciphertext ‖ tag (16); associated data: the
//! first 18 bytes ‖ what the caller gives (tenant, record, version). Algorithm 1 is AES-256-GCM.
use crate::aead::{Cipher, OVERHEAD, WRAPPED_LEN};
use crate::codec::Fields;
use crate::ring::Material;
use crate::secret::Secret;
use crate::{Error, KeyRing, PageKey, Purpose, Result, WrapKey};
use base::UnitId;
use std::fmt;
use zeroize::Zeroizing;

const FORMAT: u8 = 1;
const ALGORITHM: u8 = 1;
const HEADER_LEN: usize = 18;
const PART: &str = "The sealed part";
const WRAPPED: &str = "The wrapped unit key";

/// How many bytes [`UnitKey::seal`] adds to the plaintext.
pub const SEALED_OVERHEAD: usize = HEADER_LEN + OVERHEAD;
/// How long a wrapped unit key is.
pub const WRAPPED_UNIT_LEN: usize = 6 + WRAPPED_LEN;

/// Seals the personal fields of one key unit. Good for 2^32 seals. Zeroed when dropped.
///
/// Holds the expanded AES key, about 700 bytes: keep those in use, not all.
pub struct UnitKey {
    secret: Secret,
    cipher: Cipher,
}

impl UnitKey {
    /// A new one from the operating system's generator.
    pub fn generate() -> Self {
        Self::from_secret(Secret::generate())
    }
    fn from_secret(secret: Secret) -> Self {
        let cipher = Cipher::new(&secret);
        Self { secret, cipher }
    }
    pub(crate) fn secret(&self) -> &Secret {
        &self.secret
    }

    /// The key of a database's pages, for a file whose key is wrapped like that of a unit: a copy of an index on one node.
    pub fn into_page_key(self) -> PageKey {
        PageKey::from_secret(self.secret)
    }

    /// The bytes for `keys.db`: [`WRAPPED_UNIT_LEN`], different each time. `number` is the wrap key's number in its ring.
    pub fn wrap(&self, wrap: &WrapKey, number: u32, unit: UnitId) -> Vec<u8> {
        let mut wrapped = Vec::with_capacity(WRAPPED_UNIT_LEN);
        wrapped.extend_from_slice(&[FORMAT, ALGORITHM]);
        wrapped.extend_from_slice(&number.to_be_bytes());
        let data = wrap_data(&wrapped, unit);
        wrap.cipher.wrap_onto(&mut wrapped, &data, &self.secret);
        wrapped
    }

    /// The number of the wrap key that such bytes need: what a rotation looks at to see what is left to rewrap.
    pub fn wrapped_with(wrapped: &[u8]) -> Result<u32> {
        let mut fields = Fields(wrapped);
        match (fields.byte(), fields.byte()) {
            (Some(FORMAT), Some(ALGORITHM)) if wrapped.len() == WRAPPED_UNIT_LEN => {}
            (Some(FORMAT), Some(ALGORITHM)) | (None, _) | (_, None) => return Err(Error::Damaged { what: WRAPPED }),
            (Some(FORMAT), Some(found)) | (Some(found), _) => return Err(Error::Format { what: WRAPPED, found }),
        }
        fields.u32().ok_or(Error::Damaged { what: WRAPPED })
    }

    /// Opens such bytes with the ring's wrap key of that number, for the unit that they were wrapped for.
    ///
    /// [`Error::NoKey`] if the ring does not hold that number, [`Error::Damaged`] if anything differs.
    pub fn unwrap(wrapped: &[u8], ring: &KeyRing, unit: UnitId) -> Result<Self> {
        let number = Self::wrapped_with(wrapped)?;
        let wrap = ring.unit_wrap_numbered(number).ok_or(Error::NoKey { purpose: Purpose::UnitWrap, number })?;
        let (header, key) = wrapped.split_at_checked(6).ok_or(Error::Damaged { what: WRAPPED })?;
        let secret = wrap.cipher.unwrap_key(key, &wrap_data(header, unit)).ok_or(Error::Damaged { what: WRAPPED })?;
        Ok(Self::from_secret(secret))
    }

    /// Seals a part. `aad` is not stored and must be given again to open: tenant, record and version, so that a part cannot
    /// be moved to another place or time.
    pub fn seal(&self, unit: UnitId, plain: &[u8], aad: &[u8]) -> Vec<u8> {
        let mut sealed = Vec::with_capacity(plain.len() + SEALED_OVERHEAD);
        sealed.extend_from_slice(&[FORMAT, ALGORITHM]);
        sealed.extend_from_slice(unit.bytes());
        let data = part_data(&sealed, aad);
        self.cipher.seal_onto(&mut sealed, &data, plain);
        sealed
    }

    /// Opens a part that this key sealed with the same `aad`; [`sealed_unit`] says whose key it needs.
    ///
    /// [`Error::Damaged`] if a bit, the place or the key differs: which of them cannot be told.
    pub fn open(&self, sealed: &[u8], aad: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        sealed_unit(sealed)?;
        let (header, rest) = sealed.split_at_checked(HEADER_LEN).ok_or(Error::Damaged { what: PART })?;
        self.cipher.open(rest, &part_data(header, aad)).ok_or(Error::Damaged { what: PART })
    }
}

impl fmt::Debug for UnitKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UnitKey(…)")
    }
}

/// The unit whose key opens a sealed part. Read from the header, which is proven only by opening.
pub fn sealed_unit(sealed: &[u8]) -> Result<UnitId> {
    let mut fields = Fields(sealed);
    match (fields.byte(), fields.byte()) {
        (Some(FORMAT), Some(ALGORITHM)) if sealed.len() >= SEALED_OVERHEAD => {}
        (Some(FORMAT), Some(ALGORITHM)) | (None, _) | (_, None) => return Err(Error::Damaged { what: PART }),
        (Some(FORMAT), Some(found)) | (Some(found), _) => return Err(Error::Format { what: PART, found }),
    }
    fields.take().copied().map(UnitId::from_bytes).ok_or(Error::Damaged { what: PART })
}

/// The header is of fixed length, so header and `aad` cannot be mistaken for another pair.
fn part_data(header: &[u8], aad: &[u8]) -> Vec<u8> {
    [header, aad].concat()
}
fn wrap_data(header: &[u8], unit: UnitId) -> Vec<u8> {
    [b"obhut unit key v1\0".as_slice(), header, unit.bytes()].concat()
}

#[cfg(test)]
mod tests;
