//! Rotating keys (design, *Keys*). Every rotation has the same shape:
//!
//! 1. The instance's journal says who asked for it.
//! 2. The ring gets a new current key beside the old one, and is written. From here on the rotation is under way.
//! 3. What the old key holds is moved, in steps that each may be repeated ([`pages`], [`unit_wrap`], [`signing`], [`mac`]).
//! 4. The tenant's journal says that it is done.
//! 5. The old key leaves the ring; the file that held it is overwritten.
//!
//! A crash anywhere after 2 leaves a ring with two keys of a purpose. That is all there is to know: whoever opens the tenant next finds it and does the
//! rest before anything is served ([`before_opening`], [`finish`]).
mod mac;
mod pages;
mod signing;
mod unit_wrap;

pub(crate) use pages::{before_opening, rekey};

use crate::module::Map;
use crate::{Caller, Result, Shared, Tenant};
use keys::{KeyRing, MasterKey, Purpose};
use std::fmt;
use std::sync::Arc;

/// What can be rotated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rotate {
    /// What wraps all the others; an earlier recovery kit opens nothing afterwards.
    Root,
    /// What wraps the keys of the key units.
    UnitWrap,
    /// The keys of the pages of records.db, keys.db and index.db.
    Pages,
    /// What signs the journal's checkpoints and the ledger.
    Signing,
    /// What makes the keyed hashes.
    Hmac,
    /// The password of the backup repository.
    Backup,
}

impl Rotate {
    /// All of them, the root last: it wraps the new ones then.
    pub const ALL: [Self; 6] = [Self::Pages, Self::UnitWrap, Self::Signing, Self::Hmac, Self::Backup, Self::Root];

    /// Its name, as the command line and the journal have it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::UnitWrap => "unit-wrap",
            Self::Pages => "pages",
            Self::Signing => "signing",
            Self::Hmac => "hmac",
            Self::Backup => "backup",
        }
    }
    /// Its keys in the ring; the root is none of them.
    pub(crate) const fn purposes(self) -> &'static [Purpose] {
        match self {
            Self::Root => &[],
            Self::UnitWrap => &[Purpose::UnitWrap],
            Self::Pages => &[Purpose::RecordsPages, Purpose::KeysPages, Purpose::IndexPages],
            Self::Signing => &[Purpose::Signing],
            Self::Hmac => &[Purpose::Mac],
            Self::Backup => &[Purpose::BackupPassword],
        }
    }
}

impl fmt::Display for Rotate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A key that was rotated, and the number of the new one.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Rotated {
    /// `root`, or the purpose: `records-pages`.
    pub key: String,
    /// Its new number.
    pub number: u32,
}

/// Told the name of each step when it is durable. The fault tests copy the data folder there; nothing else needs it.
#[derive(Clone)]
pub struct Steps(Arc<dyn Fn(&str) + Send + Sync>);

impl Steps {
    /// Tells `told`.
    pub fn new(told: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self(Arc::new(told))
    }
    pub(crate) fn done(&self, step: &str) {
        tracing::debug!(step, "a step of a key's rotation is done");
        (self.0)(step);
    }
}

impl Default for Steps {
    fn default() -> Self {
        Self::new(|_| {})
    }
}

impl fmt::Debug for Steps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Steps")
    }
}

/// Moves what older keys of an open tenant still hold, writes down that it is done, and drops them. Gives the purposes that were finished.
pub(crate) fn finish(tenant: &Tenant, master: &MasterKey, steps: &Steps, caller: &Caller) -> Result<Vec<Purpose>> {
    let changing = |ring: &KeyRing| -> Vec<Purpose> {
        Purpose::ALL.into_iter().filter(|purpose| ring.numbers(*purpose).len() > 1).collect()
    };
    let shared = Arc::clone(tenant.shared());
    let under_way = changing(&shared.ring());
    if under_way.is_empty() {
        return Ok(under_way);
    }
    if under_way.contains(&Purpose::UnitWrap) {
        unit_wrap::rewrap(tenant, steps)?;
    }
    if under_way.contains(&Purpose::Mac) {
        mac::hash_anew(tenant, steps)?;
    }
    if under_way.contains(&Purpose::Signing) {
        signing::hand_over(tenant, caller, steps)?;
    }
    let done: Vec<Rotated> = under_way
        .iter()
        .filter(|purpose| **purpose != Purpose::Signing) // its entry is the handover itself
        .map(|purpose| Rotated { key: purpose.to_string(), number: newest(&shared.ring(), *purpose) })
        .collect();
    if !done.is_empty() {
        journaled(tenant, caller, &done)?;
        steps.done("journal entry");
    }
    let root = shared.paths().root();
    let mut ring = root.ring(shared.id(), master)?;
    for purpose in &under_way {
        for old in ring.numbers(*purpose).into_iter().skip(1) {
            ring.retire(*purpose, old)?;
        }
    }
    root.put_ring(&ring, master)?;
    // The keys in a copy that was made before a migration are wrapped with what has just been retired.
    crate::migrate::drop_copies(&shared.paths().folder)?;
    take(&shared, ring);
    steps.done("old keys destroyed");
    Ok(under_way)
}

/// Says in the tenant's journal which keys are new. After a crash just behind it, it is said twice.
pub(crate) fn journaled(tenant: &Tenant, caller: &Caller, done: &[Rotated]) -> Result<()> {
    let mut note = Map::new();
    for rotated in done {
        note.insert(rotated.key.clone(), rotated.number.into());
    }
    tenant.write(caller.clone(), move |op| {
        let entry = op.entry("rotate-key", None, None);
        op.finish(entry, &note).map(drop)
    })
}

/// From here on the tenant works with this ring.
pub(crate) fn take(shared: &Shared, ring: KeyRing) {
    *shared.ring.write() = Arc::new(ring);
}

/// The number of the current key.
pub(crate) fn newest(ring: &KeyRing, purpose: Purpose) -> u32 {
    ring.numbers(purpose).first().copied().unwrap_or_default()
}
