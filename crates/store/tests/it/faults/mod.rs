//! What goes wrong in the world: hands in the files, power cuts, kills, full disks, flipped bytes, second processes. One file per fault.
mod flipped_byte;
mod folder;
mod full_disk;
mod kill;
mod power_cut;
mod proofs;
pub mod tampering;
pub mod verifier;

use base::TenantId;
use keys::{KeyRing, MasterKey, Pages};
use std::path::{Path, PathBuf};
use store::Paths;
use store::journal::Report;
use store::sqlite::{self, Mode, Settings};
use testkit::{Business, TempDir};

/// A tenant's closed files, with the keys that whoever holds the host has.
pub struct Files {
    pub paths: Paths,
    pub ring: KeyRing,
    folder: PathBuf,
    _owner: TempDir,
}

impl Files {
    /// A copy of what the business has on the disk. It must be closed, or a write-ahead log is copied as it stands.
    pub fn copy_of(business: &Business) -> Self {
        let owner = TempDir::new().unwrap();
        let folder = owner.join("data");
        copy(&business.data(), &folder);
        let master = MasterKey::read(&business.folder.join("master.key")).unwrap();
        let paths = paths(&folder, business.id());
        let ring = KeyRing::read(&paths.file("root"), business.id(), &master).unwrap();
        Self { paths, ring, folder, _owner: owner }
    }
    /// The data folder.
    pub fn data(&self) -> &Path {
        &self.folder
    }
    /// One of the databases, opened with its key to change what no program changes.
    pub fn open(&self, name: &str) -> rusqlite::Connection {
        let pages = match name {
            "records.db" => Pages::Records,
            "keys.db" => Pages::Keys,
            _ => Pages::Index,
        };
        sqlite::open(&self.paths.file(name), self.ring.page_key(pages), Mode::Writer, &Settings::default()).unwrap()
    }
    /// Changes records.db.
    pub fn sql(&self, script: &str) {
        self.open("records.db").execute_batch(script).unwrap();
    }
    /// Verifies the journal.
    pub fn verify(&self) -> Report {
        store::journal::verify(&self.paths, &self.ring, &Settings::default()).unwrap()
    }
    /// The codes of what is found, without doubles.
    pub fn codes(&self) -> Vec<String> {
        let mut codes: Vec<String> = self.verify().findings.into_iter().map(|finding| finding.code).collect();
        codes.sort();
        codes.dedup();
        codes
    }
}

/// Where a tenant's files lie below a data folder.
pub fn paths(data: &Path, id: TenantId) -> Paths {
    Paths::of_files(data.join("tenants").join(id.to_string()), data.join("ledger").join(id.to_string()))
}

/// Copies a folder with everything in it but sockets and SQLite's shared memory, which does not outlive its processes.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            copy(&path, &target);
        } else if kind.is_file() && !path.to_string_lossy().ends_with("-shm") {
            // What another thread has renamed into its place since it was listed is missing here as after a crash at this moment.
            let copied = std::fs::copy(&path, &target);
            match copied {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => panic!("{}: {error}", path.display()),
                _ => {}
            }
        }
    }
}

/// Every file below a folder, as paths from it.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { open.push(path) } else { found.push(path.strip_prefix(folder).unwrap().to_owned()) }
        }
    }
    found.sort();
    found
}
