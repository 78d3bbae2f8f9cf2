//! A tenant in one line, in a folder of its own, with a clock that the test advances.
#![expect(clippy::missing_panics_doc, reason = "everything here panics where a test must fail")]
use crate::{TempDir, TestClock};
use base::{Actor, TenantId};
use keys::MasterKey;
use std::sync::Arc;
use store::{Caller, Instance, InstanceSettings, NewTenant, Tenant, TenantInfo};

/// An instance with one tenant, opened. Everything goes away with it.
pub struct Business {
    tenant: Option<Arc<Tenant>>,
    instance: Option<Arc<Instance>>,
    /// The tenant's entry in the directory.
    pub info: TenantInfo,
    /// The clock that all of it reads.
    pub clock: TestClock,
    /// The data folder.
    pub folder: TempDir,
    settings: InstanceSettings,
}

impl Business {
    /// A test tenant with these packs (`core` is always there), in Berlin, on 2026-03-02.
    pub fn new(packs: &[&str]) -> Self {
        Self::with(packs, InstanceSettings::default())
    }

    /// The same with other settings of the instance.
    pub fn with(packs: &[&str], settings: InstanceSettings) -> Self {
        if crate::postgres::wanted() { Self::on_server(packs, settings) } else { Self::make(packs, settings, None) }
    }

    /// A test tenant in files, whatever is asked for elsewhere.
    pub fn in_files(packs: &[&str]) -> Self {
        Self::in_files_with(packs, InstanceSettings::default())
    }

    /// The same with other settings of the instance.
    pub fn in_files_with(packs: &[&str], settings: InstanceSettings) -> Self {
        Self::make(packs, settings, None)
    }

    /// The same on the database servers of this process, whatever is asked for elsewhere.
    pub fn on_server(packs: &[&str], settings: InstanceSettings) -> Self {
        let server = crate::postgres::Servers::shared().server();
        let name = server.name.clone();
        Self::make(packs, InstanceSettings { servers: vec![server], ..settings }, Some(name))
    }

    /// On a database server of these settings.
    pub fn on(server: &str, packs: &[&str], settings: InstanceSettings) -> Self {
        Self::make(packs, settings, Some(server.to_owned()))
    }

    fn make(packs: &[&str], settings: InstanceSettings, server: Option<String>) -> Self {
        let folder = TempDir::new().expect("a folder for the test can be made");
        let clock = TestClock::default();
        let master = MasterKey::generate();
        master.write_new(&folder.path().join("master.key")).expect("a master key can be written");
        let instance = Instance::open(&folder.path().join("data"), master, Arc::new(clock.clone()), settings.clone())
            .expect("a new instance opens");
        let new = NewTenant {
            id: keys::random_id::<base::id_of::Tenant>(),
            zone: "Europe/Berlin".into(),
            marker: "test".into(),
            packs: packs.iter().map(|pack| (*pack).to_owned()).collect(),
            server,
        };
        let info = instance
            .create_tenant(&Actor::Operator("test".into()), "Muster & Söhne", &new)
            .expect("a tenant can be made");
        let tenant = instance.tenant(info.id).expect("a new tenant opens");
        Self { tenant: Some(tenant), instance: Some(Arc::new(instance)), info, clock, folder, settings }
    }

    /// The open tenant.
    pub fn tenant(&self) -> &Arc<Tenant> {
        self.tenant.as_ref().expect("the tenant is open")
    }
    /// The instance.
    pub fn instance(&self) -> &Arc<Instance> {
        self.instance.as_ref().expect("the instance is open")
    }
    /// The data folder.
    pub fn data(&self) -> std::path::PathBuf {
        self.folder.path().join("data")
    }
    /// Somebody with every right.
    pub fn admin(&self) -> Caller {
        Caller::operator("test")
    }
    /// The tenant's id.
    pub fn id(&self) -> TenantId {
        self.info.id
    }

    /// Closes everything, as an orderly stop does.
    pub fn close(&mut self) {
        self.tenant = None;
        self.instance = None;
    }
    /// Opens it again.
    pub fn open(&mut self) -> store::Result<()> {
        self.close();
        let master = MasterKey::read(&self.folder.path().join("master.key"))?;
        let instance = Instance::open(&self.data(), master, Arc::new(self.clock.clone()), self.settings.clone())?;
        let instance = self.instance.insert(Arc::new(instance));
        self.tenant = Some(instance.tenant(self.info.id)?);
        Ok(())
    }
    /// Closes and opens it, for tests where that must work.
    pub fn reopen(&mut self) {
        self.open().expect("it opens again");
    }

    /// Rotates a key. The tenant is let go for it, as a rotation of the page keys needs the files for itself.
    pub fn rotate(&mut self, what: store::Rotate) -> Vec<store::Rotated> {
        self.tenant = None;
        let rotated = self
            .instance()
            .rotate(&Actor::Operator("test".into()), self.info.id, what)
            .expect("the key can be rotated");
        self.tenant = Some(self.instance().tenant(self.info.id).expect("the tenant opens"));
        rotated
    }

    /// Other addresses of the database servers, from the next opening on.
    pub fn set_servers(&mut self, servers: Vec<store::postgres::Server>) {
        self.settings.servers = servers;
    }

    /// Moves it to another place. The tenant is let go for it, as the move needs it for itself for a moment.
    pub fn move_to(&mut self, goal: &store::Goal) -> store::Result<store::Moved> {
        self.tenant = None;
        let moved = self.instance().move_tenant(&Actor::Operator("test".into()), self.info.id, goal);
        self.tenant = Some(self.instance().tenant(self.info.id).expect("the tenant opens"));
        moved
    }

    /// Approves that the half goes that a move has left.
    pub fn approve_move(&self) -> store::Result<store::FormerHalf> {
        self.instance().approve_move(&Actor::Operator("test".into()), self.info.id)
    }

    /// Verifies the journal and gives what was found.
    pub fn verify(&self) -> store::journal::Report {
        let shared = self.tenant().shared();
        store::journal::verify(shared.paths(), &shared.ring(), &store::sqlite::Settings::default())
            .expect("the journal can be read")
    }
    /// How a story ends: the journal verifies, nothing is left over.
    pub fn assert_sound(&self) {
        let report = self.verify();
        assert!(report.findings.is_empty(), "the journal does not verify: {:?}", report.findings);
    }
}
