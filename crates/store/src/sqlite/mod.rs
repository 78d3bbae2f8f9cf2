//! The embedded engine: SQLCipher files. The only place that opens one.
//!
//! Every file is encrypted whole, with a random page key given as raw bytes, and authenticated page by page: a flipped byte is an error
//! when its page is read, never a wrong value.
mod connection;
mod log;
mod pages;

pub use connection::SqliteConnection;
pub(crate) use log::PageLog;

use crate::{Error, Result};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::sync::Once;
use std::time::Duration;

/// How a file is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Reads and writes; creates the file; every commit is on the disk when it returns (`synchronous=FULL`).
    Writer,
    /// Reads and writes; a commit may be lost with the power, the file never torn (`synchronous=NORMAL`): for what can be rebuilt.
    Rebuildable,
    /// Reads only.
    Reader,
}

/// How much memory and which file layer.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Page cache in KiB; 0 takes the engine's default of 2,000.
    pub cache_kib: u32,
    /// A SQLite VFS by name, for the fault tests; none is the operating system's files.
    pub vfs: Option<String>,
    /// Only for the test that shows that the power-cut test can fail: leaves out every fsync.
    pub unsafe_no_sync: bool,
}

/// Name of the file that can be rebuilt from the others.
const INDEX: &str = "index.db";
/// How long a statement waits for a lock of another connection before it gives up.
const LOCK_WAIT: Duration = Duration::from_secs(10);
/// The write-ahead log is folded into the file when it holds so many pages of 4 KiB.
const AUTOCHECKPOINT_PAGES: u32 = 4_000;

/// SQLite lets other threads in before SQLCipher has set itself up; a key given at that moment is refused. So the first opening in a
/// process waits until a key is taken.
fn ready() {
    static READY: Once = Once::new();
    const TRIES: u32 = 100_000;
    let takes_a_key = || {
        let trial = Connection::open_in_memory()?;
        trial.execute_batch("PRAGMA key = 'trial'; CREATE TABLE trial (one INTEGER);")
    };
    READY.call_once(|| {
        for _ in 0..TRIES {
            if takes_a_key().is_ok() {
                return;
            }
            std::thread::yield_now();
        }
    });
}

/// Opens an encrypted file, creating it in `Writer` and `Rebuildable` mode, and checks that the key opens it.
pub fn open(path: &Path, key: &keys::PageKey, mode: Mode, settings: &Settings) -> Result<Connection> {
    ready();
    let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let flags = match mode {
        Mode::Reader => OpenFlags::SQLITE_OPEN_READ_WRITE, // a WAL reader needs the shared memory file; query_only below forbids writing
        Mode::Writer | Mode::Rebuildable => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
    } | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let opened = match &settings.vfs {
        Some(vfs) => Connection::open_with_flags_and_vfs(path, flags, vfs.as_str()),
        None => Connection::open_with_flags(path, flags),
    };
    let connection = opened.map_err(|error| explain(&name, "open", &error))?;
    let pragmas = || -> rusqlite::Result<()> {
        // The engine would write a line of its own for every page that does not fit; what was found is said by whoever asked.
        connection.execute_batch("PRAGMA cipher_log_level = NONE")?;
        connection.execute_batch(&format!("PRAGMA key = \"{}\"", key.pragma().as_str()))?;
        connection.execute_batch("PRAGMA cipher_hmac_algorithm = HMAC_SHA256; PRAGMA cipher_memory_security = OFF;")?;
        connection.busy_timeout(LOCK_WAIT)?;
        connection.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get::<_, i64>(0))?;
        if mode != Mode::Reader {
            connection.execute_batch("PRAGMA journal_mode = WAL")?;
        }
        let synchronous = match (mode, settings.unsafe_no_sync) {
            (_, true) => "OFF",
            (Mode::Writer, false) => "FULL",
            _ => "NORMAL",
        };
        connection.execute_batch(&format!(
            "PRAGMA synchronous = {synchronous}; PRAGMA secure_delete = ON; PRAGMA foreign_keys = OFF; PRAGMA trusted_schema = OFF;
             PRAGMA temp_store = MEMORY; PRAGMA wal_autocheckpoint = {AUTOCHECKPOINT_PAGES}; PRAGMA automatic_index = OFF;"
        ))?;
        if settings.cache_kib > 0 {
            connection.execute_batch(&format!("PRAGMA cache_size = -{}", settings.cache_kib))?;
        }
        if mode == Mode::Reader {
            connection.execute_batch("PRAGMA query_only = ON")?;
        }
        if mode == Mode::Reader && name == INDEX {
            // Its log names the pages that are to be cleared yet: a reader that is closed last must not copy it into the file and throw it away.
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        }
        connection.set_prepared_statement_cache_capacity(256);
        Ok(())
    };
    pragmas().map_err(|error| explain(&name, "open", &error))?;
    Ok(connection)
}

/// Says what an engine error means for the user. The engine's own message names tables and columns, never values.
pub(crate) fn explain(file: &str, statement: &'static str, error: &rusqlite::Error) -> Error {
    use rusqlite::ErrorCode;
    let Some(code) = error.sqlite_error_code() else {
        return match error {
            rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::Utf8Error(..) => {
                Error::damaged(file, format!("a column has another type than it must have ({statement})"))
            }
            _ => Error::Statement { statement, message: error.to_string() },
        };
    };
    match code {
        ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt => {
            Error::damaged(file, format!("a page cannot be authenticated or is malformed ({statement})"))
        }
        ErrorCode::DiskFull => Error::Full { file: file.to_owned() },
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Error::Busy { message: format!("{file} is locked") },
        ErrorCode::SystemIoFailure => {
            Error::damaged(file, format!("the disk answered with an error ({statement}: {error})"))
        }
        ErrorCode::CannotOpen | ErrorCode::PermissionDenied | ErrorCode::ReadOnly => Error::Io {
            what: format!("{file} cannot be opened for this"),
            source: std::io::Error::other(error.to_string()),
        },
        ErrorCode::ConstraintViolation => {
            Error::conflict("duplicate", format!("{file} refuses a second entry ({statement})"))
        }
        _ => Error::Statement { statement, message: error.to_string() },
    }
}
