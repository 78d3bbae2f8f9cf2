//! Files that hold keys: created private, replaced whole, destroyed for good.
use crate::random;
use crate::{Error, Result};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Whether only the file's owner may read or write it (no bit for group or others). Elsewhere than on Unix: always true,
/// because the folder's access list decides there.
pub fn file_mode_is_private(path: &Path) -> Result<bool> {
    let metadata = fs::metadata(path).map_err(Error::io("read", path))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        const GROUP_AND_OTHERS: u32 = 0o077;
        Ok(metadata.permissions().mode() & GROUP_AND_OTHERS == 0)
    }
    #[cfg(not(unix))]
    {
        let _ = metadata;
        Ok(true)
    }
}

/// Writes a new private file and makes it durable; [`Error::Exists`] if there is one.
pub(crate) fn create_private(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    let mut file = private(&mut options).open(path).map_err(|source| match source.kind() {
        io::ErrorKind::AlreadyExists => Error::Exists { path: path.to_owned() },
        _ => Error::io("create", path)(source),
    })?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    if let Err(source) = written {
        drop(file);
        let _ = fs::remove_file(path); // half a key file would be taken for a damaged one
        return Err(Error::io("write", path)(source));
    }
    sync_folder(path)
}

/// Puts `bytes` in the place of the file, whole or not at all: a private neighbour `<name>.new` is written, synced and renamed.
///
/// After an error the old file stands as it was. Durable when this returns.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    let neighbour = PathBuf::from(name);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    let mut file = private(&mut options).open(&neighbour).map_err(Error::io("create", &neighbour))?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    drop(file);
    if let Err(source) = written.and_then(|()| fs::rename(&neighbour, path)) {
        let _ = fs::remove_file(&neighbour);
        return Err(Error::io("write", path)(source));
    }
    sync_folder(path)
}

/// Puts `bytes` in the place of the file as [`write_private`] does, and overwrites what stood there with random bytes, as far as no other name
/// leads to it. A crash between the two leaves the old bytes in blocks that no file has any more.
pub(crate) fn replace_private(path: &Path, bytes: &[u8]) -> Result<()> {
    let before = match OpenOptions::new().write(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        opened => Some(opened.map_err(Error::io("open", path))?),
    };
    write_private(path, bytes)?;
    match before {
        Some(mut before) if nameless(&before) => overwrite(&mut before).map_err(Error::io("destroy what was", path)),
        _ => Ok(()),
    }
}

/// Whether no name leads to the file any more. Elsewhere than on Unix that is not known.
fn nameless(file: &File) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        file.metadata().is_ok_and(|metadata| metadata.nlink() == 0)
    }
    #[cfg(not(unix))]
    {
        let _ = file;
        false
    }
}

fn overwrite(file: &mut File) -> io::Result<()> {
    let mut left = file.metadata()?.len();
    let mut noise = [0; 4096];
    while left > 0 {
        random::fill(&mut noise);
        let part = noise.get(..usize::try_from(left).unwrap_or(usize::MAX).min(noise.len())).unwrap_or_default();
        file.write_all(part)?;
        left = left.saturating_sub(part.len() as u64);
    }
    file.sync_all()?;
    file.set_len(0)?;
    file.sync_all()
}

/// Destroys a key file: overwritten with random bytes, synced, emptied, removed, and the folder synced. A missing file is
/// destroyed already.
///
/// A copy-on-write file system or a flash disk may keep the old blocks for a while; what counts is that every copy goes,
/// and that the master key, which lies elsewhere, is needed to read any.
pub fn destroy_file(path: &Path) -> Result<()> {
    let mut file = match OpenOptions::new().write(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        opened => opened.map_err(Error::io("destroy", path))?,
    };
    overwrite(&mut file).map_err(Error::io("destroy", path))?;
    fs::remove_file(path).map_err(Error::io("destroy", path))?;
    sync_folder(path)
}

fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options
}

/// Makes a new or removed name durable; without it a power cut may bring the old folder back.
fn sync_folder(path: &Path) -> Result<()> {
    #[cfg(unix)]
    {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(Error::io("sync the folder of", path))?;
    }
    Ok(())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A folder of its own that goes away with the value.
    pub(crate) struct Folder(pub(crate) PathBuf);
    impl Folder {
        pub(crate) fn new() -> Self {
            let name = data_encoding::HEXLOWER.encode(&crate::random_bytes::<8>());
            let path = std::env::temp_dir().join(format!("obhut-keys-{name}"));
            fs::create_dir(&path).unwrap();
            Self(path)
        }
    }
    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_file_is_replaced_whole_and_private() {
        let folder = Folder::new();
        let path = folder.0.join("root");
        create_private(&path, b"one").unwrap();
        assert!(matches!(create_private(&path, b"two").unwrap_err(), Error::Exists { .. }));
        write_private(&path, b"three").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"three");
        assert!(file_mode_is_private(&path).unwrap());
        // Whoever still has the old file open reads nothing of it any more; what has another name stays.
        let mut open = File::open(&path).unwrap();
        replace_private(&path, b"four").unwrap();
        let mut left = Vec::new();
        io::Read::read_to_end(&mut open, &mut left).unwrap();
        assert!(left.is_empty());
        fs::hard_link(&path, folder.0.join("kept")).unwrap();
        replace_private(&path, b"five").unwrap();
        assert_eq!(fs::read(folder.0.join("kept")).unwrap(), b"four");
        fs::remove_file(folder.0.join("kept")).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"five");
        assert_eq!(fs::read_dir(&folder.0).unwrap().count(), 1);
    }

    #[test]
    fn a_failed_replacement_leaves_the_old_file() {
        let folder = Folder::new();
        let path = folder.0.join("root");
        create_private(&path, b"one").unwrap();
        fs::create_dir(folder.0.join("root.new")).unwrap(); // the neighbour cannot be written
        write_private(&path, b"two").unwrap_err();
        assert_eq!(fs::read(&path).unwrap(), b"one");
    }

    #[cfg(unix)]
    #[test]
    fn an_open_mode_is_seen() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = Folder::new();
        let path = folder.0.join("master.key");
        create_private(&path, &[7; 32]).unwrap();
        for mode in [0o640, 0o604, 0o620] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            assert!(!file_mode_is_private(&path).unwrap(), "{mode:o}");
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
        assert!(file_mode_is_private(&path).unwrap());
    }

    #[cfg(unix)]
    #[test]
    fn a_destroyed_file_is_overwritten_before_it_is_removed() {
        let folder = Folder::new();
        let path = folder.0.join("root");
        create_private(&path, &[7; 5000]).unwrap();
        let second_name = folder.0.join("second name");
        fs::hard_link(&path, &second_name).unwrap();
        destroy_file(&path).unwrap();
        assert!(!path.exists());
        assert_eq!(fs::read(second_name).unwrap(), b""); // the blocks behind the other name are gone too
        destroy_file(&path).unwrap();
    }
}
