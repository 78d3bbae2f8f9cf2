//! Making and destroying businesses: their entry in the directory, their files, their databases on a server.
use super::{Instance, PLACE_DELETE, PLACE_PUT, TENANT_DELETE, TENANT_PUT, TenantInfo};
use crate::engine::Connection;
use crate::place::{Lies, Place};
use crate::postgres::Server;
use crate::shared::Paths;
use crate::tenant::{NewTenant, Tenant};
use crate::{Error, Result};
use base::{Actor, TenantId};
use std::sync::Arc;

impl Instance {
    /// Makes a tenant.
    pub fn create_tenant(&self, actor: &Actor, name: &str, new: &NewTenant) -> Result<TenantInfo> {
        let name = name.trim();
        if name.is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
            return Err(Error::invalid("a tenant's name has 1 to 100 characters and no control characters"));
        }
        if self.find(name).is_some() {
            return Err(Error::conflict("duplicate", format!("there is a tenant called {name} already")));
        }
        let place = match &new.server {
            None => Place::Embedded,
            Some(name) => {
                let server = self.server(name)?;
                server.check()?;
                Place::Postgres(Arc::new(server.provision(new.id)?))
            }
        };
        let home = self.node.as_ref().filter(|_| !place.is_remote()).map(|node| node.name().to_owned());
        let paths = self.paths_at(new.id, place.clone());
        if let Err(error) = Tenant::create(new, &paths, &self.master, &self.clock, &self.settings.engine) {
            self.remove_databases(&place);
            return Err(error);
        }
        let now = self.clock.now();
        let info = TenantInfo {
            id: new.id,
            name: name.to_owned(),
            marker: new.marker.clone(),
            zone: new.zone.clone(),
            packs: new.packs.clone(),
            created_at: now,
            state: "live".into(),
            place,
            home,
            former: None,
            making: None,
        };
        let (folded, packs) = (crate::text::fold(name), new.packs.join(" "));
        let entered = self.change(actor, "create-tenant", new.id, |file| {
            let params = [
                new.id.bytes().into(),
                name.into(),
                folded.as_str().into(),
                new.marker.as_str().into(),
                new.zone.as_str().into(),
                packs.as_str().into(),
                now.0.into(),
            ];
            file.execute((&TENANT_PUT).into(), &params)?;
            let lies = Lies { home: info.home.clone(), ..Lies::at(info.place.clone()) };
            match lies.to_text() {
                Some(lies) => {
                    file.execute((&PLACE_PUT).into(), &[new.id.bytes().into(), lies.as_str().into()]).map(drop)
                }
                None => Ok(()),
            }
        });
        match entered {
            Ok(()) => Ok(info),
            // The answer may have been lost and not the entry.
            Err(_) if self.refresh_directory().is_ok() && self.knows(new.id) => Ok(info),
            Err(error) => {
                // Another node may have been quicker with the name. Nothing of what was made can be opened without its root.
                self.forget_made(&paths);
                Err(error)
            }
        }
    }

    /// Removes what was made of a business that is in no directory.
    fn forget_made(&self, paths: &Paths) {
        if let Err(error) = paths.root().destroy() {
            tracing::error!(%error, "the root of a business that could not be made was not destroyed");
        }
        self.remove_databases(&paths.place);
        if let Err(error) = std::fs::remove_dir_all(&paths.folder) {
            tracing::debug!(%error, folder = %paths.folder.display(), "the folder of a business that could not be made was left");
        }
    }

    /// Refuses to go on with a server that would keep destroyed keys: looked at once by a process.
    pub(super) fn check_server(&self, place: &Place) -> Result<()> {
        let Some(name) = place.server() else { return Ok(()) };
        if self.checked.lock().contains(name) {
            return Ok(());
        }
        self.server(name)?.check()?;
        self.checked.lock().insert(name.to_owned());
        Ok(())
    }

    /// Looks at every database server of the settings: [`Server::check`].
    pub fn check_servers(&self) -> Result<()> {
        self.settings.servers.iter().try_for_each(Server::check)
    }

    /// The database server that settings call so.
    pub(super) fn server(&self, name: &str) -> Result<&Server> {
        let found = self.settings.servers.iter().find(|server| server.name == name);
        found.ok_or_else(|| Error::not_found(format!("the database server {name} in the settings")))
    }

    /// Removes what lies on a server. Nothing in it can be opened without the root; what cannot be removed now is named for the operator.
    fn remove_databases(&self, place: &Place) {
        let Place::Postgres(databases) = place else { return };
        let removed = self.server(&databases.server).and_then(|server| server.remove(databases));
        if let Err(error) = removed {
            tracing::error!(%error, records = %databases.records, keys = %databases.keys, "databases of a business that is gone could not be removed");
        }
    }

    /// Destroys a tenant: first its root, so that nothing of it can be opened any more, then its files. Backups elsewhere lose their keys with the root.
    pub fn destroy_tenant(&self, actor: &Actor, id: TenantId) -> Result<()> {
        let _opening = self.opening.lock();
        self.hold(id)?;
        self.moving.refuse(id)?;
        if let Some(tenant) = self.open.lock().remove(&id)
            && Arc::strong_count(&tenant) > 1
        {
            self.open.lock().insert(id, tenant);
            return Err(Error::Busy { message: "the tenant is in use".into() });
        }
        let (paths, halves) = (self.paths(id), self.halves(id));
        self.change(actor, "destroy-tenant", id, |file| {
            file.execute((&PLACE_DELETE).into(), &[id.bytes().into()])?;
            file.execute((&TENANT_DELETE).into(), &[id.bytes().into()]).map(drop)
        })?;
        paths.root().destroy()?;
        self.remove_databases(&paths.place);
        for half in &halves {
            self.remove_databases(half);
        }
        if let Some(node) = &self.node {
            node.release(id)?;
        }
        match std::fs::remove_dir_all(&paths.folder) {
            // It was never opened on this node.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && self.node.is_some() => Ok(()),
            removed => removed.map_err(Error::io(format!("removing {}", paths.folder.display()))),
        }
    }
}
