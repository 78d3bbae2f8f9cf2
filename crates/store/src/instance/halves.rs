//! What a move has left: the half that is kept until its end is approved or its date has come, and who has to know of it.
use super::directory::read_tenants;
use super::moves::refused;
use super::{INSTANCE, Instance, InstanceSettings, TenantInfo};
use crate::database::Database;
use crate::moving::{self, FormerHalf, Goal, Halves};
use crate::place::{Lies, Place};
use crate::tenant::Tenant;
use crate::{Result, migrate};
use base::{Actor, TenantId};
use keys::{KeyRing, MasterKey};
use std::path::Path;
use std::sync::Arc;

impl Instance {
    /// Removes the half that a move has left. Gives which that was.
    pub fn approve_move(&self, actor: &Actor, id: TenantId) -> Result<FormerHalf> {
        let _opening = self.opening.lock();
        self.moving.refuse(id)?;
        self.refresh_directory()?;
        self.hold(id)?;
        let info = self.info_of(id)?;
        let Some(former) = info.former.clone() else {
            return Err(refused(
                "no-former-half",
                "Von einem Umzug ist nichts aufbewahrt".into(),
                "nothing of a move is kept".into(),
            ));
        };
        self.remove_former(actor, "move-tenant-approve", &info, &former)?;
        Ok(former)
    }

    /// Removes the half that a move has left once its time is over; whether it did. Called hourly.
    pub fn expire_half(&self, id: TenantId) -> Result<bool> {
        let info = self.info_of(id)?;
        let Some(former) = info.former.clone().filter(|former| former.until <= self.clock.now()) else {
            return Ok(false);
        };
        let _opening = self.opening.lock();
        self.moving.refuse(id)?;
        self.refresh_directory()?;
        self.hold(id)?;
        self.remove_former(&Actor::Job("expire-halves".into()), "move-tenant-expire", &info, &former)?;
        Ok(true)
    }

    fn remove_former(&self, actor: &Actor, action: &str, info: &TenantInfo, former: &FormerHalf) -> Result<()> {
        if self.node.is_some() {
            // Where its files were, it was held without a lease; from here on it needs one.
            self.close(info.id)?;
        }
        // What is gone needs no entry to be found; an entry that is gone would leave what it named.
        match &former.place {
            Place::Embedded => moving::remove_files(&self.paths(info.id).folder)?,
            Place::Postgres(databases) => self.server(&databases.server)?.remove(databases)?,
        }
        let note = former.place.server().unwrap_or("embedded").to_owned();
        self.put_lies(actor, action, info.id, &Lies::at(info.place.clone()), note)?;
        self.forget_halves(info.id);
        Ok(())
    }

    /// The halves that moves have left in a folder, each with the name of its business. Changes nothing.
    pub fn kept_halves(
        folder: &Path,
        master: &MasterKey,
        settings: &InstanceSettings,
    ) -> Result<Vec<(String, FormerHalf)>> {
        let root = folder.join("instance.root");
        if !root.exists() || !folder.join("instance.db").exists() {
            return Ok(Vec::new());
        }
        let ring = KeyRing::read(&root, INSTANCE, master)?;
        let mut file = Database::Sqlite(migrate::look(folder, &ring, &settings.engine)?);
        let all = read_tenants(&mut file)?;
        Ok(all.into_iter().filter_map(|info| Some((info.name, info.former?))).collect())
    }

    /// Tells an open tenant of its other halves, before anything can be destroyed in it.
    pub(super) fn name_halves(&self, tenant: &Tenant) {
        let halves = Halves::of(tenant.shared());
        self.halves(tenant.shared().id()).into_iter().for_each(|half| halves.add(half));
    }

    /// The other halves of a tenant that is not being moved at the moment.
    pub(super) fn halves(&self, id: TenantId) -> Vec<Place> {
        let Ok(info) = self.info_of(id) else { return Vec::new() };
        let begun = info.making.filter(|_| !self.moving.is_under_way(id)).map(|goal| match goal {
            Goal::Embedded => Some(Place::Embedded),
            Goal::Server(name) => {
                self.server(&name).ok().map(|server| Place::Postgres(Arc::new(server.databases_of(id))))
            }
        });
        info.former.map(|former| former.place).into_iter().chain(begun.flatten()).collect()
    }

    /// No erasure in an open tenant looks for halves that are gone.
    pub(super) fn forget_halves(&self, id: TenantId) {
        if let Some(tenant) = self.open.lock().get(&id) {
            Halves::of(tenant.shared()).clear();
        }
    }
}
