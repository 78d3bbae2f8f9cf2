//! A tenant's root and the numbered keys that it wraps: the file `root` in memory.
//!
//! Rotation: [`KeyRing::add`] makes a new current key of one purpose and keeps the older ones; a job moves what the old key
//! holds (re-encrypts a database file, rewraps unit keys, writes a signed [`crate::note::sign_key_change`]); [`KeyRing::retire`]
//! then drops the old key. [`KeyRing::rotate_root`] replaces what wraps them all. Each step is durable only when the file is
//! written again ([`KeyRing::write`]); until then the old file opens.
//!
//! Destroying a tenant is destroying every copy of its file `root` ([`crate::destroy_file`]): without it neither the master
//! key nor a recovery kit opens anything.

mod format;
mod numbered;
mod purpose;
#[cfg(test)]
mod tests;

pub use purpose::{Pages, Purpose};

pub(crate) use numbered::Material;

use crate::file::replace_private;
use crate::secret::Secret;
use crate::{BackupPassword, Error, Kit, MacKey, MasterKey, PageKey, Result, Signer, WrapKey};
use base::TenantId;
use numbered::{Numbered, Slot};
use std::fmt;
use std::path::Path;

/// A tenant's root and its numbered keys, unwrapped. All are random; the root wraps them and derives none. Zeroed when dropped.
pub struct KeyRing {
    tenant: TenantId,
    root_number: u32,
    root: Secret,
    records_pages: Numbered<PageKey>,
    keys_pages: Numbered<PageKey>,
    index_pages: Numbered<PageKey>,
    signing: Numbered<Signer>,
    mac: Numbered<MacKey>,
    unit_wrap: Numbered<WrapKey>,
    backup_password: Numbered<BackupPassword>,
}

impl KeyRing {
    /// A new tenant's keys: a root with number 1 and one key with number 1 for each purpose. Nothing is written.
    pub fn create(tenant: TenantId) -> Self {
        Self {
            tenant,
            root_number: 1,
            root: Secret::generate(),
            records_pages: Numbered::create(),
            keys_pages: Numbered::create(),
            index_pages: Numbered::create(),
            signing: Numbered::create(),
            mac: Numbered::create(),
            unit_wrap: Numbered::create(),
            backup_password: Numbered::create(),
        }
    }

    /// Opens the bytes of a file `root`.
    ///
    /// [`Error::Damaged`] if a bit differs or an end is missing, [`Error::WrongTenant`] if it is another tenant's,
    /// [`Error::WrongKey`] if the file is whole but wrapped by another master key, [`Error::Format`] if a newer version wrote it.
    pub fn open(bytes: &[u8], tenant: TenantId, master: &MasterKey) -> Result<Self> {
        format::open(bytes, Some(tenant), &format::Unwrap::Master(master))
    }

    /// The bytes of the file `root`, wrapped by `master` with fresh nonces: another text each time. Wrapping with another
    /// master key than the one it was opened with is how a master key is replaced.
    pub fn to_bytes(&self, master: &MasterKey) -> Vec<u8> {
        format::write(self, master)
    }

    /// Reads and opens the file.
    pub fn read(path: &Path, tenant: TenantId, master: &MasterKey) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(Error::io("read", path))?;
        Self::open(&bytes, tenant, master)
    }

    /// Writes the file in the place of the old one: private, durable, whole or not at all. The old one is overwritten: it held keys that this
    /// one may have dropped.
    pub fn write(&self, path: &Path, master: &MasterKey) -> Result<()> {
        replace_private(path, &self.to_bytes(master))
    }

    /// Opens the bytes of a file `root` with what was printed instead of the master key.
    ///
    /// [`Error::Kit`] if the text cannot be read, [`Error::WrongKey`] if it is whole but belongs to another root: another
    /// tenant's, or one from before the root was rotated.
    pub fn from_recovery_kit(text: &str, bytes: &[u8]) -> Result<Self> {
        let kit = Kit::parse(text)?;
        format::open(bytes, None, &format::Unwrap::Kit(&kit))
    }

    /// What restores this tenant without the master key, to be printed once and kept away from the host.
    pub fn recovery_kit(&self) -> Kit {
        Kit::new(self.tenant, self.root_number, &self.root)
    }

    /// Whose keys these are.
    pub const fn tenant(&self) -> TenantId {
        self.tenant
    }
    /// How often the root was made anew, from 1. A recovery kit shows the same number.
    pub const fn root_number(&self) -> u32 {
        self.root_number
    }

    /// The current key of a database file.
    pub fn page_key(&self, pages: Pages) -> &PageKey {
        &self.pages(pages).newest().1
    }
    /// Every key that a database file may be encrypted with, newest first: more than one only while the file is moved from
    /// one to the other.
    pub fn page_keys(&self, pages: Pages) -> impl Iterator<Item = (u32, &PageKey)> {
        self.pages(pages).iter()
    }
    /// The journal's current signing key.
    pub fn signer(&self) -> &Signer {
        &self.signing.newest().1
    }
    /// Every signing key that is not retired, newest first.
    pub fn signers(&self) -> impl Iterator<Item = (u32, &Signer)> {
        self.signing.iter()
    }
    /// The current key of keyed hashes.
    pub fn mac(&self) -> &MacKey {
        &self.mac.newest().1
    }
    /// Every key of keyed hashes that is not retired, newest first.
    pub fn macs(&self) -> impl Iterator<Item = (u32, &MacKey)> {
        self.mac.iter()
    }
    /// The current key that wraps unit keys, and its number.
    pub fn unit_wrap(&self) -> (u32, &WrapKey) {
        let (number, key) = self.unit_wrap.newest();
        (*number, key)
    }
    /// The wrap key with that number, if it is not retired.
    pub fn unit_wrap_numbered(&self, number: u32) -> Option<&WrapKey> {
        self.unit_wrap.iter().find(|(found, _)| *found == number).map(|(_, key)| key)
    }
    /// The current password of the backup repository.
    pub fn backup_password(&self) -> &BackupPassword {
        &self.backup_password.newest().1
    }
    /// Every password of the backup repository that is not retired, newest first.
    pub fn backup_passwords(&self) -> impl Iterator<Item = (u32, &BackupPassword)> {
        self.backup_password.iter()
    }

    /// The numbers of the keys of one purpose, newest first; never empty.
    pub fn numbers(&self, purpose: Purpose) -> Vec<u32> {
        self.slot(purpose).numbers()
    }
    /// Makes a new current key and keeps the older ones; its number, one above the newest.
    pub fn add(&mut self, purpose: Purpose) -> u32 {
        self.slot_mut(purpose).add()
    }
    /// Drops an older key. [`Error::InUse`] for the current one, [`Error::NoKey`] for one that is not there.
    ///
    /// Nothing that this key made opens afterwards: first move it all.
    pub fn retire(&mut self, purpose: Purpose, number: u32) -> Result<()> {
        match self.slot(purpose).numbers().split_first() {
            Some((newest, _)) if *newest == number => Err(Error::InUse { purpose, number }),
            _ if self.slot_mut(purpose).retire(number) => Ok(()),
            _ => Err(Error::NoKey { purpose, number }),
        }
    }
    /// Replaces the root; the numbered keys stay as they are. The new number. Earlier recovery kits do not open the file
    /// any more once it is written: print a new one.
    pub fn rotate_root(&mut self) -> u32 {
        self.root = Secret::generate();
        self.root_number = self.root_number.saturating_add(1);
        self.root_number
    }

    const fn pages(&self, pages: Pages) -> &Numbered<PageKey> {
        match pages {
            Pages::Records => &self.records_pages,
            Pages::Keys => &self.keys_pages,
            Pages::Index => &self.index_pages,
        }
    }
    fn slot(&self, purpose: Purpose) -> &dyn Slot {
        match purpose {
            Purpose::RecordsPages => &self.records_pages,
            Purpose::KeysPages => &self.keys_pages,
            Purpose::IndexPages => &self.index_pages,
            Purpose::Signing => &self.signing,
            Purpose::Mac => &self.mac,
            Purpose::UnitWrap => &self.unit_wrap,
            Purpose::BackupPassword => &self.backup_password,
        }
    }
    fn slot_mut(&mut self, purpose: Purpose) -> &mut dyn Slot {
        match purpose {
            Purpose::RecordsPages => &mut self.records_pages,
            Purpose::KeysPages => &mut self.keys_pages,
            Purpose::IndexPages => &mut self.index_pages,
            Purpose::Signing => &mut self.signing,
            Purpose::Mac => &mut self.mac,
            Purpose::UnitWrap => &mut self.unit_wrap,
            Purpose::BackupPassword => &mut self.backup_password,
        }
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyRing(tenant {}, root {}, …)", self.tenant, self.root_number)
    }
}
