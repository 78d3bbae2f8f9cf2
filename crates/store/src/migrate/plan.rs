//! What a migration would do, said before it does it.
use super::{FORMAT, old, steps};
use crate::engine::{self, Connection, Query};
use crate::place;
use crate::shared::Paths;
use crate::sqlite::{self, Mode, Settings, SqliteConnection};
use crate::{Error, Result};
use base::TenantId;
use keys::{KeyRing, MasterKey, Pages};
use std::path::Path;

/// What a migration will do. Nothing has been changed when this is known.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Plan {
    /// The format that all files will have.
    pub to: i64,
    /// The files that are older.
    pub files: Vec<PlannedFile>,
    /// Bytes that the copies will take before anything is changed, as far as it can be known beforehand.
    pub copy_bytes: u64,
}

/// A file that is older than this program.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct PlannedFile {
    /// The business; none for the instance's own file.
    pub tenant: Option<TenantId>,
    /// Its name: `records.db`.
    pub file: &'static str,
    /// Its format.
    pub from: i64,
    /// The steps that it lacks, by name, in order.
    pub steps: Vec<&'static str>,
    /// Its size in bytes, with its write-ahead log.
    pub bytes: u64,
}

/// Every format has a table `tenant` with an `id`.
const TENANT_IDS: Query = Query { name: "TENANT_IDS", sql: "SELECT id FROM tenant ORDER BY id" };

/// Statements of this file, for the test that prepares every statement.
pub(crate) const ALL: &[(&str, &str)] = &[(TENANT_IDS.name, TENANT_IDS.sql)];

impl Plan {
    /// The plan for an instance's files; none if all are of the present format, or newer, which opening refuses.
    pub(crate) fn of_instance(
        folder: &Path,
        file: &mut SqliteConnection,
        master: &MasterKey,
        settings: &Settings,
        paths: impl Fn(TenantId) -> Paths,
    ) -> Result<Option<Self>> {
        let mut files = Vec::new();
        let own = file.format()?;
        if !old(own) {
            return Ok(None); // it is the last one to be migrated: then no other is older
        }
        for id in tenant_ids(file)? {
            let paths = paths(id);
            let ring = paths.root().ring(id, master)?;
            for (pages, name) in [(Pages::Keys, "keys.db"), (Pages::Records, "records.db")] {
                // What lies on a server is migrated when the tenant is opened; there is no file to plan a copy of.
                if paths.file(name).exists() {
                    let mut opened = place::open(&paths, &ring, pages, Mode::Reader, settings)?;
                    files.extend(planned(Some(id), name, opened.format()?, &paths.file(name)));
                }
            }
        }
        files.extend(planned(None, "instance.db", own, &folder.join("instance.db")));
        let copy_bytes = files.iter().map(|file| file.bytes).sum();
        Ok(Some(Self { to: FORMAT, files, copy_bytes }))
    }
}

/// The tenants of an instance whose file may be of any format.
pub(crate) fn tenant_ids(file: &mut SqliteConnection) -> Result<Vec<TenantId>> {
    engine::collect(file, &TENANT_IDS, &[], |row| {
        TenantId::from_slice(row.bytes(0)?).map_err(|_| Error::damaged("instance.db", "a tenant has no readable id"))
    })
}

/// Opens instance.db to look at it.
pub(crate) fn look(folder: &Path, ring: &KeyRing, settings: &Settings) -> Result<SqliteConnection> {
    let opened = sqlite::open(&folder.join("instance.db"), ring.page_key(Pages::Records), Mode::Reader, settings)?;
    Ok(SqliteConnection::new("instance.db", opened))
}

fn planned(tenant: Option<TenantId>, file: &'static str, from: i64, path: &Path) -> Option<PlannedFile> {
    old(from).then(|| {
        let size = |path: &Path| std::fs::metadata(path).map_or(0, |about| about.len());
        let mut wal = path.as_os_str().to_owned();
        wal.push("-wal");
        let bytes = size(path) + size(Path::new(&wal));
        PlannedFile { tenant, file, from, steps: steps(from).map(|step| step.name).collect(), bytes }
    })
}
