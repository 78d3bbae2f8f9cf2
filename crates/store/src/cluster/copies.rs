//! Copies of indexes. Each node has those of the tenants that it holds, and a copy of some that another one holds, ready to take over. An index has what
//! lists show: names. Each copy has a random key of its own, wrapped with the tenant's and kept in the control database, so that an erasure reaches the disks
//! of nodes that do not run: their copy's key is destroyed.
use super::Control;
use crate::Result;
use crate::database::Database;
use crate::engine::{self, Change, Connection, Query};
use base::{TenantId, UnitId};
use keys::{KeyRing, PageKey, UnitKey};

const COPY: Query = Query { name: "COPY", sql: "SELECT wrapped FROM index_copy WHERE tenant = ?1 AND folder = ?2" };
const COPY_PUT: Change = Change {
    name: "COPY_PUT",
    sql: "INSERT INTO index_copy (tenant, folder, wrapped) VALUES (?1, ?2, ?3) ON CONFLICT (tenant, folder) DO UPDATE SET wrapped = excluded.wrapped",
};
const COPIES_OF_OTHERS: Query =
    Query { name: "COPIES_OF_OTHERS", sql: "SELECT folder FROM index_copy WHERE tenant = ?1 AND folder <> ?2" };
const COPIES_OF_OTHERS_DELETE: Change =
    Change { name: "COPIES_OF_OTHERS_DELETE", sql: "DELETE FROM index_copy WHERE tenant = ?1 AND folder <> ?2" };
const COPY_DELETE: Change =
    Change { name: "COPY_DELETE", sql: "DELETE FROM index_copy WHERE tenant = ?1 AND folder = ?2" };
pub(super) const COPIES_DELETE: Change =
    Change { name: "COPIES_DELETE", sql: "DELETE FROM index_copy WHERE tenant = ?1" };

/// Statements here, for the test that prepares every statement.
pub(super) const ALL: &[(&str, &str)] = &[
    (COPY.name, COPY.sql),
    (COPY_PUT.name, COPY_PUT.sql),
    (COPIES_OF_OTHERS.name, COPIES_OF_OTHERS.sql),
    (COPIES_OF_OTHERS_DELETE.name, COPIES_OF_OTHERS_DELETE.sql),
    (COPY_DELETE.name, COPY_DELETE.sql),
    (COPIES_DELETE.name, COPIES_DELETE.sql),
];

impl Control {
    /// What the wrapped key of a copy is bound to.
    fn place(&self, tenant: TenantId) -> UnitId {
        let digest = keys::sha256(&[b"index copy", tenant.bytes(), &self.folder]);
        let mut id = [0; 16];
        id.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
        UnitId::from_bytes(id)
    }

    /// The key of this node's copy of a tenant's index. One that has none, or whose key was destroyed, is made anew: `begin` removes the old file.
    pub fn index_key(&self, tenant: TenantId, ring: &KeyRing, begin: impl FnOnce() -> Result<()>) -> Result<PageKey> {
        let place = self.place(tenant);
        let mut known = self.indexes.lock();
        let open = |wrapped: &[u8]| UnitKey::unwrap(wrapped, ring, place).ok().map(UnitKey::into_page_key);
        if let Some(key) = known.get(&tenant).and_then(|wrapped| open(wrapped)) {
            return Ok(key);
        }
        let id = [tenant.bytes().into(), (&self.folder).into()];
        let database = &mut *self.database.lock();
        let stored = engine::first(database, &COPY, &id, |row| Ok(row.bytes(0)?.to_vec()))?;
        // One that was wrapped before the tenant's keys were replaced opens nothing any more.
        if let Some((wrapped, key)) = stored.and_then(|wrapped| open(&wrapped).map(|key| (wrapped, key))) {
            known.insert(tenant, wrapped);
            return Ok(key);
        }
        begin()?;
        let key = UnitKey::generate();
        let (number, wrap) = ring.unit_wrap();
        let wrapped = key.wrap(wrap, number, place);
        database
            .execute((&COPY_PUT).into(), &[tenant.bytes().into(), (&self.folder).into(), wrapped.as_slice().into()])?;
        known.insert(tenant, wrapped);
        Ok(key.into_page_key())
    }

    /// Forgets what is known of this node's copy: the node that held the tenant may have closed it.
    pub fn look_again(&self, tenant: TenantId) {
        self.indexes.lock().remove(&tenant);
    }

    /// Destroys the keys of the copies that other nodes have.
    pub fn revoke_other_copies(&self, tenant: TenantId) -> Result<()> {
        let id = [tenant.bytes().into(), (&self.folder).into()];
        let database = &mut *self.database.lock();
        if engine::first(database, &COPIES_OF_OTHERS, &id, |_| Ok(()))?.is_none() {
            return Ok(());
        }
        let parts = parts(database, tenant)?;
        database.execute((&COPIES_OF_OTHERS_DELETE).into(), &id)?;
        database.forget_parts(&parts)
    }

    /// Destroys the keys of the copies in folders other than these; gives how many. This node's own stays.
    pub fn revoke_copies_but(&self, tenant: TenantId, kept: &[Vec<u8>]) -> Result<usize> {
        let id = [tenant.bytes().into(), (&self.folder).into()];
        let database = &mut *self.database.lock();
        let mut gone = engine::collect(database, &COPIES_OF_OTHERS, &id, |row| Ok(row.bytes(0)?.to_vec()))?;
        gone.retain(|folder| !kept.contains(folder));
        if gone.is_empty() {
            return Ok(0);
        }
        let parts = parts(database, tenant)?;
        for folder in &gone {
            database.execute((&COPY_DELETE).into(), &[tenant.bytes().into(), folder.as_slice().into()])?;
        }
        database.forget_parts(&parts)?;
        Ok(gone.len())
    }

    /// The same with this node's own copy, which is not kept any more.
    pub fn revoke_own_copy(&self, tenant: TenantId) -> Result<()> {
        self.look_again(tenant);
        let id = [tenant.bytes().into(), (&self.folder).into()];
        let database = &mut *self.database.lock();
        let parts = parts(database, tenant)?;
        if database.execute((&COPY_DELETE).into(), &id)? == 0 { Ok(()) } else { database.forget_parts(&parts) }
    }
}

fn parts(database: &mut Database, tenant: TenantId) -> Result<Vec<String>> {
    match database {
        Database::Postgres(database) => database.parts_of("index_copy", "tenant", tenant.bytes()),
        Database::Sqlite(_) => Ok(Vec::new()),
    }
}
