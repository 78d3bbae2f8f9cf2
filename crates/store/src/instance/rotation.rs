//! Keys of a tenant and of the instance itself, replaced by new ones.
use super::{INSTANCE, Instance};
use crate::database::Database;
use crate::op::Caller;
use crate::outside::Sheet;
use crate::rotate::{self, Rotate, Rotated, Steps};
use crate::signers::is_changing;
use crate::{Error, Result};
use base::{Actor, TenantId};
use keys::{KeyRing, MasterKey, Pages, Purpose};
use std::sync::Arc;
use std::sync::atomic::Ordering;

impl Instance {
    /// Replaces keys of a tenant by new ones and destroys the old; gives the numbers of the new ones. What a crash interrupts is finished when
    /// the tenant is opened next.
    ///
    /// Another page key needs the files for itself: whoever asks for the tenant waits meanwhile, and `Busy` says that somebody kept it.
    /// The others go on beside reading and writing. After the root an earlier recovery kit opens nothing.
    pub fn rotate(&self, actor: &Actor, id: TenantId, what: Rotate) -> Result<Vec<Rotated>> {
        let _one = self.rotating.lock();
        self.refuse_with_halves(id, what)?;
        let root = self.paths(id).root();
        let caller = Caller { actor: actor.clone(), ..Caller::job("rotate-keys") };
        let tenant = self.tenant(id)?; // finishes what an earlier one has left
        self.change(actor, &format!("rotate-{what}"), id, |_| Ok(()))?;
        let mut ring = root.ring(id, &self.master)?;
        if what == Rotate::Root {
            let done = [Rotated { key: what.to_string(), number: ring.rotate_root() }];
            root.put_ring(&ring, &self.master)?;
            rotate::take(tenant.shared(), ring);
            self.settings.steps.done("root");
            rotate::journaled(&tenant, &caller, &done)?;
            return Ok(done.into());
        }
        let add = |ring: &mut KeyRing| -> Result<Vec<Rotated>> {
            let number = |purpose: &Purpose| Rotated { key: purpose.to_string(), number: ring.add(*purpose) };
            let done = what.purposes().iter().map(number).collect();
            root.put_ring(ring, &self.master)?;
            self.settings.steps.done("new key");
            Ok(done)
        };
        if what != Rotate::Pages {
            let done = add(&mut ring)?;
            rotate::take(tenant.shared(), ring);
            rotate::finish(&tenant, &self.master, &self.settings.steps, &caller)?;
            return Ok(done);
        }
        drop(tenant);
        let opening = self.opening.lock();
        // It may have been given back in between.
        self.hold(id)?;
        self.close(id)?;
        let done = add(&mut ring)?;
        drop(opening);
        self.tenant(id)?;
        Ok(done)
    }

    /// Replaces the instance's own root, the key of the pages of instance.db, the key that signs its journal and the days of its log, or the one that
    /// hashes clients' addresses there.
    pub fn rotate_own(&self, actor: &Actor, what: Rotate) -> Result<Rotated> {
        if !matches!(what, Rotate::Root | Rotate::Pages | Rotate::Signing | Rotate::Hmac) {
            return Err(Error::invalid("the instance itself has no key units and no backup repository of its own"));
        }
        let _one = self.rotating.lock();
        if self.node.is_some() {
            let message = "the instance's own keys are in the memory of every node and cannot be replaced while there are several";
            return Err(Error::conflict("several-nodes", message));
        }
        if what == Rotate::Signing {
            return self.rotate_own_signing(actor);
        }
        self.change(actor, &format!("rotate-{what}"), INSTANCE, |_| Ok(()))?;
        let root = self.own_root();
        let mut guard = self.directory.lock();
        let directory = &mut *guard;
        let mut ring = root.ring(INSTANCE, &self.master)?;
        let number = match what {
            Rotate::Root => ring.rotate_root(),
            Rotate::Hmac => {
                // Only clients' addresses in the log of requests are hashed with it: those of before can no longer be compared with those of after.
                let (old, new) = (ring.numbers(Purpose::Mac), ring.add(Purpose::Mac));
                old.into_iter().try_for_each(|old| ring.retire(Purpose::Mac, old))?;
                new
            }
            _ => ring.add(Purpose::RecordsPages),
        };
        root.put_ring(&ring, &self.master)?;
        self.settings.steps.done("new key");
        finish_own(&mut directory.file, &mut ring, &root, &self.master, &self.settings.steps)?;
        directory.ring = ring;
        Ok(Rotated { key: what.to_string(), number })
    }

    fn rotate_own_signing(&self, actor: &Actor) -> Result<Rotated> {
        let root = self.own_root();
        let number = {
            let mut directory = self.directory.lock();
            let mut ring = root.ring(INSTANCE, &self.master)?;
            let number = ring.add(Purpose::Signing);
            root.put_ring(&ring, &self.master)?;
            directory.ring = ring;
            number
        };
        self.settings.steps.done("new key");
        self.finish_own_signing(actor)?;
        Ok(Rotated { key: Rotate::Signing.to_string(), number })
    }

    /// Hands over to the instance's newest signing key, from wherever a crash has left it: the statement of both keys stands in the instance's own
    /// journal, whose checkpoint the new key signs from there on; the days of the log are signed anew, and the old key is destroyed.
    pub(super) fn finish_own_signing(&self, actor: &Actor) -> Result<()> {
        let steps = &self.settings.steps;
        let (change, statement) = {
            let directory = self.directory.lock();
            let Some((from, to)) = is_changing(&directory.ring) else { return Ok(()) };
            let missing = || Error::damaged("instance.root", "a signing key is missing");
            let key = |number| {
                directory.ring.signers().find(|(found, _)| *found == number).map(|(_, key)| key).ok_or_else(missing)
            };
            let statement = keys::note::sign_key_change(directory.tree.origin(), key(from)?, key(to)?)?;
            ((from, to), statement)
        };
        let note = serde_json::json!({"signing": change.1, "statement": statement}).to_string();
        self.noted_change(actor, "rotate-signing", INSTANCE, note, |file, ring| {
            crate::logs::sign_days_anew(file, ring, change.0, change.1)
        })?;
        steps.done("signing entry");
        let root = self.own_root();
        let mut ring = root.ring(INSTANCE, &self.master)?;
        for old in ring.numbers(Purpose::Signing).into_iter().skip(1) {
            ring.retire(Purpose::Signing, old)?;
        }
        root.put_ring(&ring, &self.master)?;
        self.directory.lock().ring = ring;
        steps.done("old keys destroyed");
        Ok(())
    }

    /// Begins a new epoch of a tenant's journal after its databases were put back to an earlier state. Nothing but this opens them then: a database
    /// that is behind its checkpoint is a cut tail until somebody answers for it. `why` holds no value of a person. Gives the epoch's number.
    pub fn begin_epoch(&self, actor: &Actor, id: TenantId, why: &str) -> Result<u32> {
        let _opening = self.opening.lock();
        self.hold(id)?;
        self.moving.refuse(id)?;
        self.close(id)?;
        let paths = self.paths(id);
        let ring = paths.root().ring(id, &self.master)?;
        self.change(actor, "begin-epoch", id, |_| Ok(()))?;
        let now = self.clock.now();
        crate::journal::epoch::begin(&paths, &ring, &self.settings.engine, now, actor, why)
    }

    /// Closes a tenant, as soon as nobody uses it any more. Whoever calls this holds `opening`.
    pub(super) fn close(&self, id: TenantId) -> Result<()> {
        let busy = || Err(Error::Busy { message: "the tenant is in use".into() });
        let Some(tenant) = self.open.lock().remove(&id) else { return Ok(()) };
        tenant.shared().closing.store(true, Ordering::Release);
        if !eventually(|| Arc::strong_count(&tenant) == 1) {
            tenant.shared().closing.store(false, Ordering::Release);
            self.open.lock().insert(id, tenant);
            return busy();
        }
        let shared = Arc::downgrade(tenant.shared());
        drop(tenant); // joins its threads
        // Readers outlive it.
        if eventually(|| shared.strong_count() == 0) { Ok(()) } else { busy() }
    }
}

/// Moves instance.db to its current page key, if an older one is still there, and drops that.
pub(super) fn finish_own(
    file: &mut Database,
    ring: &mut KeyRing,
    root: &Sheet,
    master: &MasterKey,
    steps: &Steps,
) -> Result<()> {
    let older = ring.numbers(Purpose::RecordsPages).into_iter().skip(1);
    let older: Vec<u32> = older.collect();
    if older.is_empty() {
        return Ok(());
    }
    match file.file() {
        Some(file) => rotate::rekey(file, ring.page_key(Pages::Records), steps)?,
        None => return Err(Error::invalid("the key of the texts in a control database cannot be replaced yet")),
    }
    steps.done("instance.db");
    for number in older {
        ring.retire(Purpose::RecordsPages, number)?;
    }
    root.put_ring(ring, master)?;
    steps.done("old keys destroyed");
    Ok(())
}

/// How long [`eventually`] looks again, and how often: ten seconds.
const LOOK_AGAIN: std::time::Duration = std::time::Duration::from_millis(10);
const LOOKS: u32 = 1_000;

/// Whether something that others are about to do happens within ten seconds: a request ends, a reader is given back.
pub(super) fn eventually(happened: impl Fn() -> bool) -> bool {
    for _ in 0..LOOKS {
        if happened() {
            return true;
        }
        std::thread::park_timeout(LOOK_AGAIN);
    }
    happened()
}
