//! The bytes of the file `root`, format 1. All numbers are big-endian; `‖` joins bytes.
//!
//! | offset | length | what |
//! |---|---|---|
//! | 0 | 8 | `OBHUTKEY` |
//! | 8 | 1 | format: 1 |
//! | 9 | 1 | algorithm: 1 (AES-256-GCM, HMAC-SHA256) |
//! | 10 | 16 | tenant id |
//! | 26 | 4 | number of the root, from 1 |
//! | 30 | 8 | master check: first 8 bytes of HMAC-SHA256(master key, `obhut master check v1\0` ‖ tenant ‖ root number) |
//! | 38 | 8 | root check: first 8 bytes of HMAC-SHA256(root, `obhut root check v1\0` ‖ tenant ‖ root number) |
//! | 46 | 60 | the root, wrapped by the master key; associated data `obhut root v1\0` ‖ tenant ‖ root number |
//! | 106 | 2 | n, how many numbered keys follow |
//! | 108 | 65 n | each: purpose (1), number (4), the key wrapped by the root (60); associated data `obhut key v1\0` ‖ tenant ‖ purpose ‖ number. Ordered by purpose, then number |
//! | 108 + 65 n | 28 | seal: AES-256-GCM under the root of the empty text; associated data `obhut root seal v1\0` ‖ everything before |
//! | 136 + 65 n | 32 | SHA-256 of everything before |
//!
//! Wrapped and sealed are `nonce (12) ‖ ciphertext ‖ tag (16)`. The SHA-256 at the end needs no key: if it does not fit, the
//! file is damaged, whatever key is given. If it fits and the check value does not, the key is the wrong one. The seal keeps an
//! intruder without the root from leaving out, adding or reordering keys. Every later format keeps the first nine bytes and
//! the SHA-256 at the end, so that "newer" is told apart from "damaged".
use super::{KeyRing, Numbered, Purpose};
use crate::aead::{Cipher, OVERHEAD, WRAPPED_LEN};
use crate::codec::Fields;
use crate::mac::check_value;
use crate::secret::{Secret, same};
use crate::{Error, Kit, MasterKey, Result, sha256};
use base::TenantId;
use std::collections::BTreeMap;

const MAGIC: &[u8; 8] = b"OBHUTKEY";
const FORMAT: u8 = 1;
const ALGORITHM: u8 = 1;
const WHAT: &str = "The key file";

/// What the root is taken from.
pub(super) enum Unwrap<'a> {
    Master(&'a MasterKey),
    Kit(&'a Kit),
}

pub(super) fn write(ring: &KeyRing, master: &MasterKey) -> Vec<u8> {
    let tenant = ring.tenant.bytes();
    let number = ring.root_number.to_be_bytes();
    let root = Cipher::new(&ring.root);
    let mut keys = Vec::new();
    let mut count: u16 = 0;
    for purpose in Purpose::ALL {
        for (number, secret) in ring.slot(purpose).secrets() {
            keys.push(purpose.code());
            keys.extend_from_slice(&number.to_be_bytes());
            root.wrap_onto(&mut keys, &key_data(tenant, purpose, number), secret);
            count = count.saturating_add(1);
        }
    }
    let mut file = Vec::with_capacity(168 + keys.len());
    file.extend_from_slice(MAGIC);
    file.extend_from_slice(&[FORMAT, ALGORITHM]);
    file.extend_from_slice(tenant);
    file.extend_from_slice(&number);
    file.extend_from_slice(&master_check(&master.0, tenant, number));
    file.extend_from_slice(&root_check(&ring.root, tenant, number));
    Cipher::new(&master.0).wrap_onto(&mut file, &root_data(tenant, number), &ring.root);
    file.extend_from_slice(&count.to_be_bytes());
    file.extend_from_slice(&keys);
    let seal_data = seal_data(&file);
    root.seal_onto(&mut file, &seal_data, b"");
    let checksum = sha256(&[&file]);
    file.extend_from_slice(&checksum);
    file
}

pub(super) fn open(bytes: &[u8], expected: Option<TenantId>, unwrap: &Unwrap<'_>) -> Result<KeyRing> {
    let damaged = || Error::Damaged { what: WHAT };
    let (body, checksum) = bytes.split_last_chunk::<32>().ok_or_else(damaged)?;
    if sha256(&[body]) != *checksum {
        return Err(damaged());
    }
    let mut fields = Fields(body);
    if fields.take() != Some(MAGIC) {
        return Err(damaged());
    }
    match (fields.byte(), fields.byte()) {
        (Some(FORMAT), Some(ALGORITHM)) => {}
        (Some(FORMAT), Some(found)) | (Some(found), _) => return Err(Error::Format { what: WHAT, found }),
        _ => return Err(damaged()),
    }
    let tenant_bytes = fields.take().ok_or_else(damaged)?;
    let tenant = TenantId::from_bytes(*tenant_bytes);
    let number = *fields.take().ok_or_else(damaged)?;
    let master_value = fields.take::<8>().ok_or_else(damaged)?;
    let root_value = fields.take::<8>().ok_or_else(damaged)?;
    let wrapped_root = fields.take::<WRAPPED_LEN>().ok_or_else(damaged)?;
    if let Some(expected) = expected.filter(|expected| *expected != tenant) {
        return Err(Error::WrongTenant { found: tenant, expected });
    }
    let root = match unwrap {
        Unwrap::Master(master) => {
            if !same(&master_check(&master.0, tenant_bytes, number), master_value) {
                return Err(Error::WrongKey { key: "The master key" });
            }
            Cipher::new(&master.0).unwrap_key(wrapped_root, &root_data(tenant_bytes, number)).ok_or_else(damaged)?
        }
        Unwrap::Kit(kit) => kit.root(),
    };
    if !same(&root_check(&root, tenant_bytes, number), root_value) {
        return Err(match unwrap {
            Unwrap::Master(_) => damaged(),
            Unwrap::Kit(_) => Error::WrongKey { key: "The recovery kit" },
        });
    }
    let cipher = Cipher::new(&root);
    let (sealed_part, seal) = body.split_last_chunk::<OVERHEAD>().ok_or_else(damaged)?;
    cipher.open(seal, &seal_data(sealed_part)).ok_or_else(damaged)?;

    let count = fields.u16().ok_or_else(damaged)?;
    let mut secrets: BTreeMap<Purpose, Vec<(u32, Secret)>> = BTreeMap::new();
    for _ in 0..count {
        // A further purpose comes with a further format, so an unknown one is damage.
        let purpose = fields.byte().and_then(Purpose::from_code).ok_or_else(damaged)?;
        let number = fields.u32().ok_or_else(damaged)?;
        let wrapped = fields.take::<WRAPPED_LEN>().ok_or_else(damaged)?;
        let secret = cipher.unwrap_key(wrapped, &key_data(tenant_bytes, purpose, number)).ok_or_else(damaged)?;
        secrets.entry(purpose).or_default().push((number, secret));
    }
    if fields.0.len() != OVERHEAD {
        return Err(damaged());
    }
    let mut of = |purpose| secrets.remove(&purpose).unwrap_or_default();
    Ok(KeyRing {
        tenant,
        root_number: u32::from_be_bytes(number),
        root,
        records_pages: Numbered::from_rising(of(Purpose::RecordsPages)).ok_or_else(damaged)?,
        keys_pages: Numbered::from_rising(of(Purpose::KeysPages)).ok_or_else(damaged)?,
        index_pages: Numbered::from_rising(of(Purpose::IndexPages)).ok_or_else(damaged)?,
        signing: Numbered::from_rising(of(Purpose::Signing)).ok_or_else(damaged)?,
        mac: Numbered::from_rising(of(Purpose::Mac)).ok_or_else(damaged)?,
        unit_wrap: Numbered::from_rising(of(Purpose::UnitWrap)).ok_or_else(damaged)?,
        backup_password: Numbered::from_rising(of(Purpose::BackupPassword)).ok_or_else(damaged)?,
    })
}

fn master_check(master: &Secret, tenant: &[u8; 16], number: [u8; 4]) -> [u8; 8] {
    check_value(master, &[b"obhut master check v1\0", tenant, &number])
}
fn root_check(root: &Secret, tenant: &[u8; 16], number: [u8; 4]) -> [u8; 8] {
    check_value(root, &[b"obhut root check v1\0", tenant, &number])
}
fn root_data(tenant: &[u8; 16], number: [u8; 4]) -> Vec<u8> {
    [b"obhut root v1\0".as_slice(), tenant, &number].concat()
}
fn key_data(tenant: &[u8; 16], purpose: Purpose, number: u32) -> Vec<u8> {
    [b"obhut key v1\0".as_slice(), tenant, &[purpose.code()], &number.to_be_bytes()].concat()
}
fn seal_data(before: &[u8]) -> Vec<u8> {
    [b"obhut root seal v1\0".as_slice(), before].concat()
}
