//! Opening an instance: its folder, and the directory there or the one that several nodes share.
use super::directory::{Directory, origin, read_tenants};
use super::{INSTANCE, Instance, InstanceSettings, checkpoint_file, paths, rotation};
use crate::cluster::{self, Control, Node};
use crate::database::Database;
use crate::engine::Connection;
use crate::journal::{Flusher, Tree};
use crate::logs::Waiting;
use crate::migrate::Plan;
use crate::outside::{Kind, Sheet};
use crate::shared::Paths;
use crate::signers::Signers;
use crate::sqlite::{self, Mode, SqliteConnection};
use crate::tenant::Head;
use crate::{Error, Result, migrate, postgres, statements};
use base::{Actor, SharedClock};
use keys::{KeyRing, MasterKey, Pages};
use parking_lot::{Mutex, RwLock};
use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{Read, Seek, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// What an instance is opened from.
struct Opening<'o> {
    folder: &'o Path,
    master: &'o MasterKey,
    settings: &'o InstanceSettings,
    clock: &'o SharedClock,
    control: Option<Arc<Control>>,
}

impl Instance {
    /// Opens the folder; an empty or missing one becomes a new instance. A wrong master key changes nothing.
    ///
    /// With a control database in the settings ([`InstanceSettings::cluster`]) the directory is there, and this is one node of several.
    pub fn open(folder: &Path, master: MasterKey, clock: SharedClock, settings: InstanceSettings) -> Result<Self> {
        std::fs::create_dir_all(folder).map_err(Error::io(format!("creating {}", folder.display())))?;
        private(folder)?;
        let lock = hold(folder)?;
        for name in ["tenants", "ledger"] {
            let path = folder.join(name);
            std::fs::create_dir_all(&path).map_err(Error::io(format!("creating {}", path.display())))?;
        }
        let flusher = Arc::new(Flusher::start()?);
        let control = settings
            .cluster
            .as_ref()
            .map(|cluster| cluster::connect(cluster, &settings.servers, &cluster::folder_id(folder)?))
            .transpose()?;
        let opening = Opening { folder, master: &master, settings: &settings, clock: &clock, control: control.clone() };
        let directory = opening.directory()?;
        let node = match (&settings.cluster, &control) {
            (Some(cluster), Some(_)) => {
                let known = directory.ring.page_key(Pages::Records);
                Some(Node::start(cluster, known, cluster::folder_id(folder)?)?)
            }
            _ => None,
        };
        let listed = Arc::clone(&directory.listed);
        let directory = Mutex::new(directory);
        let instance = Self {
            folder: folder.to_owned(),
            master: Arc::new(master),
            clock,
            settings,
            directory,
            listed,
            refreshed: Mutex::new(None),
            open: Mutex::new(HashMap::new()),
            opening: Mutex::new(()),
            checked: Mutex::new(HashSet::new()),
            rotating: Mutex::new(()),
            moving: super::moves::Moving::default(),
            flusher,
            waiting: Waiting::default(),
            control,
            node,
            warm: super::warm::Warm::default(),
            leaving: AtomicBool::new(false),
            lock,
        };
        instance.finish_own_signing(&Actor::Job("rotate-keys".into()))?;
        Ok(instance)
    }

    /// The instance's own root.
    pub(super) fn own_root(&self) -> Sheet {
        own_root(&self.folder, self.control.as_ref())
    }
    /// The copy of the newest checkpoint of the instance's own journal: always a file here, so that every node remembers what it has seen.
    pub(super) fn own_checkpoint(&self) -> Sheet {
        Sheet::File(checkpoint_file(&self.folder))
    }
}

fn own_root(folder: &Path, control: Option<&Arc<Control>>) -> Sheet {
    match control {
        Some(control) => Sheet::Row(Arc::clone(control), INSTANCE, Kind::Root),
        None => Sheet::File(folder.join("instance.root")),
    }
}

impl Opening<'_> {
    fn directory(&self) -> Result<Directory> {
        // One node at a time makes or migrates the directory.
        let _alone = self.control.as_ref().map(|control| control.alone()).transpose()?;
        let root = own_root(self.folder, self.control.as_ref());
        if self.control.is_some() {
            self.prepare_control(&root)?;
        }
        let fresh = !root.exists()?;
        if fresh && self.control.is_none() && self.folder.join("instance.db").exists() {
            return Err(Error::damaged(
                "instance.root",
                "it is missing while instance.db is there; put it back from a backup",
            ));
        }
        let mut ring = if fresh { KeyRing::create(INSTANCE) } else { root.ring(INSTANCE, self.master)? };
        if fresh {
            self.begin(&root, &ring)?;
        }
        let mut file = self.file(&ring)?;
        rotation::finish_own(&mut file, &mut ring, &root, self.master, &self.settings.steps)?;
        self.migrate(&mut file)?;
        migrate::check(&mut file, "instance.db")?;
        let head = Head::read(&mut file)?;
        let tree = Tree::load(&mut file, &head.origin, head.size)?;
        if tree.root() != head.root {
            return Err(Error::damaged("instance.db", "its journal does not give the root that its head names"));
        }
        // It is small: every page is authenticated, and nothing may be missing that the copy of its checkpoint knows.
        if let Some(file) = file.file()
            && let Some(first) = file.damaged_pages()?.into_iter().next()
        {
            return Err(Error::damaged("instance.db", first));
        }
        let copy = Sheet::File(checkpoint_file(self.folder));
        head.compare_copy("instance.db", &copy, &Signers::of_ring(&ring))?;
        let listed = Arc::new(RwLock::new(Arc::new(read_tenants(&mut file)?)));
        if self.control.is_some() && !copy.exists()? {
            crate::journal::write_copy(&copy, &head.note)?;
        }
        Ok(Directory { file, ring, tree, commit_no: head.commit_no, listed, copy })
    }

    /// Makes the tables of a control database that has none: the root lies in one of them.
    fn prepare_control(&self, root: &Sheet) -> Result<()> {
        let Some(cluster) = &self.settings.cluster else { return Ok(()) };
        if self.folder.join("instance.root").exists() {
            let message = "this folder has a directory of its own, and the settings name a control database. Begin with an empty folder, and move businesses with `tenant move`";
            return Err(Error::conflict("own-directory", message));
        }
        let mut database = cluster::plain(&cluster.control)?;
        if database.format()? == 0 {
            migrate::create(&mut database, "the control database", migrate::Which::Instance)?;
        } else if !root.exists()? && has_head(&mut database)? {
            return Err(Error::damaged("the control database", "the root of its directory is missing"));
        }
        Ok(())
    }

    /// A new directory.
    fn begin(&self, root: &Sheet, ring: &KeyRing) -> Result<()> {
        root.put_ring(ring, self.master)?;
        let mut file = self.file(ring)?;
        if file.file().is_some() {
            migrate::create(&mut file, "instance.db", migrate::Which::Instance)?;
        }
        let tree = Tree::empty(&origin());
        let note = tree.checkpoint(ring, 0, &[0; 32])?;
        let root = tree.root();
        let params = [(&root).into(), note.as_str().into(), 0.into(), tree.origin().into()];
        file.execute((&statements::HEAD_BEGIN).into(), &params).map(drop)
    }

    fn file(&self, ring: &KeyRing) -> Result<Database> {
        if let Some(cluster) = &self.settings.cluster {
            let opened = postgres::open(postgres::CONTROL, &cluster.control, ring.page_key(Pages::Records))?;
            return Ok(Database::Postgres(Box::new(opened)));
        }
        // Two keys only while a rotation is under way.
        let path = self.folder.join("instance.db");
        let open = |(_, key)| sqlite::open(&path, key, Mode::Writer, &self.settings.engine);
        let mut tried = ring.page_keys(Pages::Records).map(open);
        let first = tried.next().unwrap_or_else(|| Err(Error::damaged("instance.db", "there is no key for it")));
        let opened = first.or_else(|error| tried.find_map(Result::ok).ok_or(error))?;
        Ok(Database::Sqlite(SqliteConnection::new("instance.db", opened)))
    }

    /// Takes files of an older format to the present one; what lies on servers is taken there when a tenant is opened.
    fn migrate(&self, file: &mut Database) -> Result<()> {
        let keeping = migrate::Keeping { now: self.clock.now(), keep_ms: self.settings.copy_ms };
        let Some(own) = file.file() else { return migrate::control(file) };
        let paths = |id| Paths { control: None, ..paths(self.folder, id) };
        if Plan::of_instance(self.folder, own, self.master, &self.settings.engine, paths)?.is_some() {
            for id in migrate::tenant_ids(own)? {
                let paths = paths(id);
                let ring = paths.root().ring(id, self.master)?;
                migrate::tenant(&paths, &ring, &self.settings.engine, keeping)?;
            }
            migrate::instance(self.folder, own, keeping)?;
        }
        Ok(())
    }
}

/// Whether a directory was begun there. Nothing of it is opened: its root may be missing.
fn has_head(database: &mut Database) -> Result<bool> {
    let mut found = false;
    database.query((&statements::HEAD).into(), &[], &mut |_| {
        found = true;
        Ok(false)
    })?;
    Ok(found)
}

/// Takes the folder's lock, or says who has it.
fn hold(folder: &Path) -> Result<File> {
    let path = folder.join("lock");
    let mut file = File::options()
        .create(true)
        .read(true)
        .write(true)
        .truncate(false)
        .open(&path)
        .map_err(Error::io(format!("opening {}", path.display())))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(std::fs::TryLockError::WouldBlock) => {
            let mut pid = String::new();
            if file.read_to_string(&mut pid).is_err() {
                pid.clear();
            }
            return Err(Error::InUse { folder: folder.display().to_string(), pid: pid.trim().to_owned() });
        }
        Err(std::fs::TryLockError::Error(error)) => {
            return Err(Error::io(format!("locking {}", path.display()))(error));
        }
    }
    let write = || -> std::io::Result<()> {
        let mut file = &file;
        file.set_len(0)?;
        file.rewind()?;
        writeln!(file, "{}", std::process::id())
    };
    write().map_err(Error::io(format!("writing {}", path.display())))?;
    Ok(file)
}

#[cfg(unix)]
fn private(folder: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))
        .map_err(Error::io(format!("protecting {}", folder.display())))
}
