//! Where the data lies and where its master key is (design, *Keys*; interface, *Command line*).
use crate::failure::{Exit, Failure};
use crate::output::Output;
use keys::MasterKey;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

/// The name of the systemd credential.
const CREDENTIAL: &str = "obhut-master-key";

/// Where the master key is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum KeyPlace {
    /// The file that `$OBHUT_MASTER_KEY_FILE` names.
    Named(PathBuf),
    /// A systemd credential.
    Credential(PathBuf),
    /// `DIR/master.key`: for a trial, since whoever has the folder has the key.
    BesideData(PathBuf),
}

impl KeyPlace {
    /// The place for a data folder. `variable` reads the environment.
    pub(crate) fn find(folder: &Path, variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        if let Some(path) = set("OBHUT_MASTER_KEY_FILE") {
            return Self::Named(path);
        }
        if let Some(path) =
            set("CREDENTIALS_DIRECTORY").map(|folder| folder.join(CREDENTIAL)).filter(|path| path.exists())
        {
            return Self::Credential(path);
        }
        Self::BesideData(folder.join("master.key"))
    }
    /// The file.
    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Named(path) | Self::Credential(path) | Self::BesideData(path) => path,
        }
    }

    /// Reads the key. Beside the data of a new instance it is made, with a word of warning; a key that belongs to data is never made anew.
    pub(crate) fn read_or_make(&self, folder: &Path, out: &mut Output<'_>) -> Result<MasterKey, Failure> {
        let path = self.path();
        if path.exists() {
            if !keys::file_mode_is_private(path)? {
                let shown = path.display();
                out.note(
                    &format!("Warnung: {shown} ist auch für andere Benutzer lesbar. Abhilfe: chmod 600 {shown}"),
                    &format!("Warning: {shown} can be read by other users. To mend it: chmod 600 {shown}"),
                )?;
            }
            return Ok(MasterKey::read(path)?);
        }
        let shown = path.display();
        match self {
            Self::Named(_) | Self::Credential(_) => Err(Failure::usage(
                format!(
                    "$OBHUT_MASTER_KEY_FILE nennt {shown}; diese Datei gibt es nicht. Es wurde nichts verändert. Legen Sie dort 32 zufällige Bytes ab: (umask 077; head -c 32 /dev/urandom > {shown})"
                ),
                format!(
                    "$OBHUT_MASTER_KEY_FILE names {shown}, which does not exist. Nothing was changed. Put 32 random bytes there: (umask 077; head -c 32 /dev/urandom > {shown})"
                ),
            )),
            Self::BesideData(_) if has_data(folder) => Err(Failure::new(
                Exit::Broken,
                "no-key",
                format!(
                    "Der Hauptschlüssel {shown} fehlt, aber Daten sind da: ohne ihn lassen sie sich nicht öffnen. Es wurde nichts verändert. Legen Sie ihn zurück, oder nennen Sie seinen Ort in $OBHUT_MASTER_KEY_FILE."
                ),
                format!(
                    "The master key {shown} is missing while there is data: it cannot be opened without it. Nothing was changed. Put it back, or name its place in $OBHUT_MASTER_KEY_FILE."
                ),
            )),
            Self::BesideData(_) => {
                make_folder(folder)?;
                let master = MasterKey::generate();
                master.write_new(path)?;
                out.note(
                    &format!("Neuer Hauptschlüssel: {shown}. Neben den Daten taugt er nur zum Ausprobieren: wer den Ordner hat, kann alles lesen. Im Betrieb gehört er in $OBHUT_MASTER_KEY_FILE oder ein systemd-Credential."),
                    &format!("New master key: {shown}. Beside the data it is for trials only: whoever has the folder can read everything. In production it belongs in $OBHUT_MASTER_KEY_FILE or a systemd credential."),
                )?;
                Ok(master)
            }
        }
    }
}

/// Whether an instance lies in the folder.
pub(crate) fn has_data(folder: &Path) -> bool {
    folder.join("instance.root").exists() || folder.join("instance.db").exists()
}

/// Makes the data folder, for its owner alone.
pub(crate) fn make_folder(folder: &Path) -> Result<(), Failure> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|error| Failure::file(folder, &error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::{Lang, tests::Kept};

    fn place(folder: &Path, set: &[(&str, &Path)]) -> KeyPlace {
        KeyPlace::find(folder, |name| {
            set.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_os_str().to_owned())
        })
    }

    #[test]
    fn the_order_is_file_credential_folder() {
        let folder = testkit::TempDir::new().unwrap();
        let credentials = folder.join("credentials");
        fs::create_dir(&credentials).unwrap();
        let named = folder.join("named");
        let data = folder.join("data");
        assert_eq!(
            place(&data, &[("CREDENTIALS_DIRECTORY", &credentials)]),
            KeyPlace::BesideData(data.join("master.key"))
        );
        fs::write(credentials.join(CREDENTIAL), [1; 32]).unwrap();
        let credential = KeyPlace::Credential(credentials.join(CREDENTIAL));
        assert_eq!(place(&data, &[("CREDENTIALS_DIRECTORY", &credentials)]), credential);
        let both = [("CREDENTIALS_DIRECTORY", credentials.as_path()), ("OBHUT_MASTER_KEY_FILE", named.as_path())];
        assert_eq!(place(&data, &both), KeyPlace::Named(named));
    }

    #[test]
    fn a_key_is_made_once_and_never_for_data_that_is_there() {
        let folder = testkit::TempDir::new().unwrap();
        let data = folder.join("data");
        let place = place(&data, &[]);
        let mut kept = Kept::default();
        place.read_or_make(&data, &mut Output::new(&mut kept, Lang::En, false)).unwrap();
        assert!(kept.stderr[0].contains("for trials only"));
        let bytes = fs::read(place.path()).unwrap();
        let mut kept = Kept::default();
        place.read_or_make(&data, &mut Output::new(&mut kept, Lang::En, false)).unwrap();
        assert_eq!((fs::read(place.path()).unwrap(), kept.stderr.len()), (bytes, 0));

        fs::remove_file(place.path()).unwrap();
        fs::write(data.join("instance.root"), "x").unwrap();
        let mut kept = Kept::default();
        let failure = place.read_or_make(&data, &mut Output::new(&mut kept, Lang::En, false)).unwrap_err();
        assert_eq!((failure.exit, place.path().exists()), (Exit::Broken, false));
    }

    #[test]
    fn a_named_key_that_is_missing_is_a_wrong_setting() {
        let folder = testkit::TempDir::new().unwrap();
        let place = place(folder.path(), &[("OBHUT_MASTER_KEY_FILE", &folder.join("none"))]);
        let failure =
            place.read_or_make(folder.path(), &mut Output::new(&mut Kept::default(), Lang::En, false)).unwrap_err();
        assert_eq!(failure.exit, Exit::Usage);
    }
}
