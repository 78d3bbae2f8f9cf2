//! The folder of a demo: a new one among the temporary files that goes with it, or one that is kept.
use crate::failure::Failure;
use crate::place;
use std::path::{Path, PathBuf};

/// A folder, and whether it goes away.
pub(super) struct Folder {
    path: PathBuf,
    throwaway: bool,
}

impl Folder {
    /// A new one, for this account alone.
    pub(super) fn throwaway() -> Result<Self, Failure> {
        let name: base::TenantId = keys::random_id();
        let path = std::env::temp_dir().join(format!("obhut-demo-{name}"));
        place::make_folder(&path)?;
        Ok(Self { path, throwaway: true })
    }
    /// One that stays. What lies in it already is not mixed with sample data.
    pub(super) fn kept(path: PathBuf) -> Result<Self, Failure> {
        if place::has_data(&path) {
            let shown = path.display();
            return Err(Failure::usage(
                format!(
                    "In {shown} liegen schon Daten. Nehmen Sie einen leeren Ordner, oder bedienen Sie diesen: obhut --data {shown} serve"
                ),
                format!(
                    "There is data in {shown} already. Take an empty folder, or serve this one: obhut --data {shown} serve"
                ),
            ));
        }
        place::make_folder(&path)?;
        Ok(Self { path, throwaway: false })
    }
    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.throwaway
            && let Err(error) = std::fs::remove_dir_all(&self.path)
        {
            tracing::error!(%error, folder = %self.path.display(), "the folder of the demo could not be removed");
        }
    }
}
