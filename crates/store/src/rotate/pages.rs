//! Another key for the pages of a database: every page is encrypted anew where it lies, in one transaction. A crash leaves the file under the
//! old key or under the new one; the ring holds both until the tenant has been opened with the new one.
use super::Steps;
use crate::index::Index;
use crate::migrate::{self, Which};
use crate::place::{self, Place};
use crate::shared::Paths;
use crate::sqlite::{Mode, Settings, SqliteConnection};
use crate::{Error, Result};
use keys::{KeyRing, PageKey, Pages, Purpose};

/// Moves the files of a closed tenant to their current page keys, where they are not there yet.
pub(crate) fn before_opening(paths: &Paths, ring: &KeyRing, settings: &Settings, steps: &Steps) -> Result<()> {
    if let Place::Postgres(databases) = &paths.place {
        for (pages, name, address, which) in [
            (Pages::Records, "records.db", &databases.records, Which::Records),
            (Pages::Keys, "keys.db", &databases.keys, Which::Keys),
        ] {
            let keys: Vec<&PageKey> = ring.page_keys(pages).map(|(_, key)| key).collect();
            if keys.len() > 1 {
                crate::postgres::reseal(name, address, &keys, &migrate::scripts(which))?;
                steps.done(name);
            }
        }
    }
    for (pages, name) in [(Pages::Records, "records.db"), (Pages::Keys, "keys.db"), (Pages::Index, "index.db")] {
        let several = ring.numbers(Purpose::from(pages)).len() > 1;
        if let (true, Pages::Index, Some((control, tenant))) = (several, pages, &paths.control) {
            // Each node's copy has a key of its own: all of them get new ones, and the copies are made anew.
            control.revoke_other_copies(*tenant)?;
            control.revoke_own_copy(*tenant)?;
            place::remove_index(paths)?;
            continue;
        }
        if several && paths.file(name).exists() {
            // Without a crash it is the oldest.
            let mut keys: Vec<&PageKey> = ring.page_keys(pages).map(|(_, key)| key).collect();
            keys.reverse();
            let mut file = place::file_with(paths, keys.into_iter(), pages, Mode::Writer, settings)?;
            if pages == Pages::Index {
                // A crash may have left pages that are to be cleared; the log names them, and changing the key empties the log.
                let index = Index::open(file.into_raw())?;
                file = SqliteConnection::new(name, index.into_connection()?);
            }
            rekey(&mut file, ring.page_key(pages), steps)?;
            drop(file);
            steps.done(name);
        }
    }
    Ok(())
}

/// Encrypts every page with `key`; nobody else may have the file open. A file that has the key already is only written once more.
pub(crate) fn rekey(file: &mut SqliteConnection, key: &PageKey, steps: &Steps) -> Result<()> {
    use crate::engine::Connection;
    file.forget_overwritten()?;
    file.rekey(key)?;
    steps.done("pages in the log");
    // Pages of the old key lie in the file until the write-ahead log is folded into it.
    file.forget_overwritten()?;
    match file.damaged_pages()?.into_iter().next() {
        None => Ok(()),
        Some(first) => Err(Error::damaged("a database after the change of its page key", first)),
    }
}
