//! The directory of tenants: one file, or a database that several nodes share. Its changes are entries of the instance's own journal.
use super::{INSTANCE, Instance, TENANTS, TenantInfo, own_journal};
use crate::database::Database;
use crate::engine::{self, Connection, Upkeep};
use crate::journal::{self, Body, Tree};
use crate::outside::Sheet;
use crate::place::{Lies, Place};
use crate::signers::Signers;
use crate::tenant::Head;
use crate::{Error, Result, statements};
use base::{Actor, TenantId, Timestamp};
use keys::KeyRing;
use parking_lot::RwLock;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often the directory is looked at for somebody who may be a stranger.
const STRANGERS: Duration = Duration::from_millis(500);

const DIRECTORY: &str = "the directory";

/// Makes changes of several nodes come one after the other.
const DIRECTORY_LOCK: Upkeep =
    Upkeep { name: "DIRECTORY_LOCK", sql: "UPDATE head SET commit_no = commit_no WHERE one = 1" };

/// Statements here, for the test that prepares every statement.
pub(super) const ALL: [(&str, &str); 1] = [(DIRECTORY_LOCK.name, DIRECTORY_LOCK.sql)];

/// The directory, open.
pub(super) struct Directory {
    pub file: Database,
    pub ring: KeyRing,
    pub tree: Tree,
    pub commit_no: i64,
    /// Shared with whoever asks who the tenants are: requests do not wait for a change that is under way.
    pub listed: Arc<RwLock<Arc<Vec<TenantInfo>>>>,
    /// The copy of the newest checkpoint here: what other nodes wrote has to continue it.
    pub copy: Sheet,
}

impl Directory {
    /// Takes on what other nodes have changed.
    pub fn refresh(&mut self) -> Result<()> {
        let head = Head::read(&mut self.file)?;
        if head.commit_no == self.commit_no {
            return Ok(());
        }
        let signed = Signers::of_ring(&self.ring).checkpoint(&head.note);
        let tree = Tree::load(&mut self.file, &head.origin, head.size)?;
        if tree.root() != head.root || !signed.is_ok_and(|own| own.root == head.root && own.size == head.size) {
            return Err(Error::damaged(DIRECTORY, "its journal does not give the root that its signed head names"));
        }
        let known = self.tree.size();
        if known > head.size || Tree::load(&mut self.file, &head.origin, known)?.root() != self.tree.root() {
            return Err(Error::damaged(DIRECTORY, "its journal does not continue what this node has seen of it"));
        }
        journal::write_copy(&self.copy, &head.note)?;
        let tenants = read_tenants(&mut self.file)?;
        *self.listed.write() = Arc::new(tenants);
        (self.tree, self.commit_no) = (tree, head.commit_no);
        Ok(())
    }

    /// Begins a transaction in which nobody else changes the directory.
    fn begin(&mut self) -> Result<()> {
        self.file.begin()?;
        let shared = matches!(self.file, Database::Postgres(_));
        let ready =
            if shared { self.file.execute((&DIRECTORY_LOCK).into(), &[]).and_then(|_| self.refresh()) } else { Ok(()) };
        if ready.is_err() {
            self.file.rollback();
        }
        ready
    }
}

impl Instance {
    /// A change of the directory with its entry in the instance's own journal.
    pub(super) fn change(
        &self,
        actor: &Actor,
        action: &str,
        tenant: TenantId,
        work: impl FnOnce(&mut Database) -> Result<()>,
    ) -> Result<()> {
        self.noted_change(actor, action, tenant, String::new(), |file, _| work(file))
    }

    /// The same with a note in the entry. The entry commits to what the directory says of the tenant afterwards.
    pub(super) fn noted_change(
        &self,
        actor: &Actor,
        action: &str,
        tenant: TenantId,
        note: String,
        work: impl FnOnce(&mut Database, &KeyRing) -> Result<()>,
    ) -> Result<()> {
        let mut guard = self.directory.lock();
        let directory = &mut *guard;
        directory.begin()?;
        let mut body = Body {
            seq: directory.tree.size(),
            at: self.clock.now(),
            actor: actor.to_string(),
            action: action.to_owned(),
            module: None,
            record: Some(tenant.cast()),
            values: Vec::new(),
            row: None,
            parts: Vec::new(),
            units: Vec::new(),
            covers: Vec::new(),
            note,
        };
        let before = directory.tree.clone();
        let steps = || -> Result<String> {
            work(&mut directory.file, &directory.ring)?;
            body.covers = own_journal::covers(&mut directory.file, tenant)?;
            let bytes = body.encode();
            let leaf = keys::merkle::leaf_hash(&bytes);
            let commit = directory.commit_no + 1;
            let seq = i64::try_from(body.seq).unwrap_or(i64::MAX);
            directory.file.execute(
                (&statements::ENTRY_PUT).into(),
                &[seq.into(), 0.into(), commit.into(), bytes.as_slice().into(), (&leaf).into()],
            )?;
            directory.tree.push(leaf, &mut directory.file)?;
            let note = directory.tree.checkpoint(&directory.ring, 0, &[0; 32])?;
            let root = directory.tree.root();
            let params = [(seq + 1).into(), (&root).into(), note.as_str().into(), commit.into(), 0.into()];
            directory.file.execute((&statements::HEAD_MOVE).into(), &params)?;
            directory.file.commit()?;
            Ok(note)
        };
        let note = match steps() {
            Ok(note) => note,
            Err(error) => {
                directory.tree = before;
                directory.file.rollback();
                return Err(error);
            }
        };
        directory.commit_no += 1;
        journal::write_copy(&self.own_checkpoint(), &note)?;
        let tenants = read_tenants(&mut directory.file)?;
        *directory.listed.write() = Arc::new(tenants);
        Ok(())
    }

    /// Bookkeeping in the directory, in a transaction of its own.
    pub(super) fn in_directory<T>(&self, work: impl FnOnce(&mut Database, &KeyRing) -> Result<T>) -> Result<T> {
        let mut guard = self.directory.lock();
        let directory = &mut *guard;
        directory.begin()?;
        let done = work(&mut directory.file, &directory.ring).and_then(|done| directory.file.commit().map(|()| done));
        if done.is_err() {
            directory.file.rollback();
        }
        done
    }

    /// Takes on what other nodes have changed in the directory.
    pub(super) fn refresh_directory(&self) -> Result<()> {
        if self.node.is_none() {
            return Ok(());
        }
        let before = self.listed();
        self.directory.lock().refresh()?;
        let after = self.listed();
        let gone = before.iter().filter(|tenant| !after.iter().any(|other| other.id == tenant.id));
        gone.for_each(|tenant| self.forget_copy(tenant.id));
        Ok(())
    }

    /// The same for somebody who names what is not known here: at most twice a second for all of them together.
    pub(super) fn refresh_for_strangers(&self) -> Result<()> {
        if self.node.is_none() {
            return Ok(());
        }
        let Some(mut last) = self.refreshed.try_lock() else { return Ok(()) };
        if last.is_some_and(|last| last.elapsed() < STRANGERS) {
            return Ok(());
        }
        *last = Some(Instant::now());
        self.refresh_directory()
    }

    /// Whether there is a tenant of that id. Looks at the directory for one that is not known, not oftener than twice a second for all who ask.
    pub fn look_for(&self, id: TenantId) -> bool {
        self.knows(id) || (self.refresh_for_strangers().is_ok() && self.knows(id))
    }

    /// The tenants as last seen, by name. Asks nobody and waits for nobody.
    pub(super) fn listed(&self) -> Arc<Vec<TenantInfo>> {
        Arc::clone(&self.listed.read())
    }
    /// What is known of one of them.
    pub(super) fn listing(&self, id: TenantId) -> Option<TenantInfo> {
        self.listed().iter().find(|tenant| tenant.id == id).cloned()
    }
    /// Whether there is a tenant of that id, as last seen.
    pub fn knows(&self, id: TenantId) -> bool {
        self.listed().iter().any(|tenant| tenant.id == id)
    }

    /// Removes what this node has of a business that another one has destroyed: its index, which nobody can open any more.
    fn forget_copy(&self, id: TenantId) {
        let folder = self.paths_at(id, Place::Embedded).folder;
        let open = self.open.lock().remove(&id);
        drop(open); // joins its threads, outside the lock
        // A business in files is destroyed by the node that has them.
        if !folder.join("records.db").exists()
            && let Err(error) = std::fs::remove_dir_all(&folder)
        {
            tracing::debug!(%error, folder = %folder.display(), "nothing was left of a business that is gone");
        }
    }
}

/// The tenants of a directory, by name.
pub(super) fn read_tenants(file: &mut Database) -> Result<Vec<TenantInfo>> {
    let mut tenants = engine::collect(file, &TENANTS, &[], |row| {
        let lies = Lies::from_text(row.opt_text(7)?.unwrap_or_default())?;
        Ok(TenantInfo {
            id: TenantId::from_slice(row.bytes(0)?)
                .map_err(|_| Error::damaged("instance.db", "a tenant has no readable id"))?,
            name: row.text(1)?.to_owned(),
            marker: row.text(2)?.to_owned(),
            zone: row.text(3)?.to_owned(),
            packs: row.text(4)?.split(' ').filter(|pack| !pack.is_empty()).map(str::to_owned).collect(),
            created_at: Timestamp(row.int(5)?),
            state: row.text(6)?.to_owned(),
            place: lies.at,
            home: lies.home,
            former: lies.former,
            making: lies.making,
        })
    })?;
    // A control database cannot sort by names: it does not know them.
    tenants.sort_by_cached_key(|tenant| crate::text::fold(&tenant.name));
    Ok(tenants)
}

/// Whether the own journal is of this instance.
pub(super) fn origin() -> String {
    crate::tenant::origin(INSTANCE, 0)
}
