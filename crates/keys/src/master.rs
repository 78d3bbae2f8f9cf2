//! The master key: 32 bytes outside the data, without which nothing opens.
use crate::file::create_private;
use crate::secret::Secret;
use crate::{Error, Result};
use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use zeroize::Zeroizing;

/// Wraps every tenant's root. 32 random bytes; zeroed when dropped.
pub struct MasterKey(pub(crate) Secret);

impl MasterKey {
    /// A new one from the operating system's generator.
    pub fn generate() -> Self {
        Self(Secret::generate())
    }

    /// Reads a file, a systemd credential or a pipe that holds exactly 32 raw bytes.
    ///
    /// Anything else is [`Error::MasterKeyFile`]: a text or a line end would silently be another key. Whether others may
    /// read the file is not judged here; ask [`crate::file_mode_is_private`].
    pub fn read(path: &Path) -> Result<Self> {
        let file = File::open(path).map_err(Error::io("read", path))?;
        let mut bytes = Zeroizing::new(Vec::with_capacity(64)); // read_to_end never grows it: no copy stays behind
        file.take(33).read_to_end(&mut bytes).map_err(Error::io("read", path))?;
        let length = bytes.len();
        Secret::copy_of(&bytes).map(Self).ok_or_else(|| Error::MasterKeyFile { path: path.to_owned(), length })
    }

    /// Writes a new file with mode 0600 and makes it and its folder entry durable. An existing file is never touched
    /// ([`Error::Exists`]).
    pub fn write_new(&self, path: &Path) -> Result<()> {
        create_private(path, self.0.bytes())
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::tests::Folder;
    use crate::file_mode_is_private;
    use base::{Kind, Kinded as _};
    use std::fs;

    #[test]
    fn written_once_and_read_back() {
        let folder = Folder::new();
        let path = folder.0.join("master.key");
        let master = MasterKey::generate();
        master.write_new(&path).unwrap();
        assert!(file_mode_is_private(&path).unwrap());
        assert_eq!(fs::metadata(&path).unwrap().len(), 32);
        assert!(MasterKey::read(&path).unwrap().0.equals(&master.0));
        let before = fs::read(&path).unwrap();
        assert!(matches!(MasterKey::generate().write_new(&path).unwrap_err(), Error::Exists { .. }));
        assert_eq!(fs::read(&path).unwrap(), before);
    }

    #[test]
    fn anything_but_32_bytes_is_refused_with_a_sentence() {
        let folder = Folder::new();
        let path = folder.0.join("master.key");
        for length in [0_usize, 31, 33, 64, 5000] {
            fs::write(&path, vec![b'k'; length]).unwrap();
            let error = MasterKey::read(&path).unwrap_err();
            assert!(matches!(error, Error::MasterKeyFile { length: found, .. } if found == length.min(33)));
            assert_eq!(error.kind(), Kind::Broken);
            assert!(error.to_string().contains("32 raw bytes"), "{error}");
            // The bytes are three times `k`, as text and as a list of numbers; one number alone
            // may stand in the folder's name.
            assert!(!error.to_string().contains("kkk") && !format!("{error:?}").contains("107, 107"));
        }
        assert_eq!(MasterKey::read(&folder.0.join("none")).unwrap_err().kind(), Kind::Broken);
    }

    #[test]
    fn nothing_is_shown() {
        assert_eq!(format!("{:?}", MasterKey::generate()), "MasterKey(…)");
    }
}
