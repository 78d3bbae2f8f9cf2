//! Why a key, a sealed value or a signature was refused. No variant carries key material or a sealed value.
use crate::Purpose;
use base::{Kind, Kinded, TenantId};
use std::io;
use std::path::{Path, PathBuf};

/// What `keys` answers.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why something could not be opened, written or trusted. Each sentence says what happened, what is unchanged and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The key is whole but not the one that this was made with (exit 4).
    #[error(
        "{key} does not fit: this was made with another one. Nothing was changed. Give the one that belongs to this data, \
         or open the data's own folder."
    )]
    WrongKey {
        /// Which key, as a noun that starts a sentence: "The master key".
        key: &'static str,
    },
    /// The bytes do not match their own check: damaged, cut, or altered (exit 4).
    #[error(
        "{what} is damaged, incomplete or was altered. It was not used and nothing was changed. Restore it from a backup."
    )]
    Damaged {
        /// What is damaged, as a noun that starts a sentence: "The sealed part".
        what: &'static str,
    },
    /// Written by a newer version, which this one does not understand.
    #[error(
        "{what} has format {found}, which this version of Obhut does not know. Nothing was changed. \
         Use the version that wrote it, or a newer one."
    )]
    Format {
        /// What has that format.
        what: &'static str,
        /// The number that was found.
        found: u8,
    },
    /// The file `root` belongs to another tenant.
    #[error(
        "The key file belongs to tenant {found}, not to {expected}. Nothing was changed. Put the tenant's own file `root` back."
    )]
    WrongTenant {
        /// Whose file it is.
        found: TenantId,
        /// Whose was asked for.
        expected: TenantId,
    },
    /// The master key's file does not hold exactly 32 bytes.
    #[error(
        "The master key file {path} holds {found} bytes where 32 raw bytes are expected (no text, no line end). \
         Nothing was changed. Put the right file there; Obhut never writes over it.",
        path = path.display(),
        found = if *length > 32 { "more than 32".to_owned() } else { length.to_string() }
    )]
    MasterKeyFile {
        /// Which file.
        path: PathBuf,
        /// How many bytes were found; reading stops at 33.
        length: usize,
    },
    /// A key file would have been written over.
    #[error("{path} exists already and is left as it is. Choose another place or move it away first.", path = path.display())]
    Exists {
        /// Which file.
        path: PathBuf,
    },
    /// The file system refused.
    #[error("Could not {action} {path}: {source}. Nothing else was changed.", path = path.display())]
    Io {
        /// What was tried: "read", "write".
        action: &'static str,
        /// Which file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// Something was made with a numbered key that the ring does not hold (any more).
    #[error(
        "Key {number} for {purpose} is needed and is not in the tenant's key file. Nothing was changed. \
         Put back the file `root` that belongs to this data."
    )]
    NoKey {
        /// What the key is for.
        purpose: Purpose,
        /// Its number.
        number: u32,
    },
    /// The newest key of a purpose cannot be retired.
    #[error("Key {number} for {purpose} is in use and was not retired. Add a new one and move the data to it first.")]
    InUse {
        /// What the key is for.
        purpose: Purpose,
        /// Its number.
        number: u32,
    },
    /// A typed recovery kit cannot be read.
    #[error(
        "The recovery kit cannot be read: {reason}. Nothing was changed. Compare it with the paper and type it again."
    )]
    Kit {
        /// What is wrong, with the number of the line; never what was typed.
        reason: String,
    },
    /// A text cannot stand in a signed note, or is none.
    #[error("This is not a signed note or key that can be used: {reason}. Nothing was changed.")]
    NoteText {
        /// Which rule it breaks.
        reason: &'static str,
    },
    /// The operating system refused to protect the process.
    #[error("The operating system did not let Obhut switch off core dumps: {source}. Nothing was started.")]
    Harden {
        /// What it said.
        source: io::Error,
    },
}

impl Error {
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { action, path: path.to_owned(), source }
    }
}

impl Kinded for Error {
    fn kind(&self) -> Kind {
        match self {
            Self::WrongKey { .. }
            | Self::Damaged { .. }
            | Self::Format { .. }
            | Self::WrongTenant { .. }
            | Self::MasterKeyFile { .. }
            | Self::NoKey { .. }
            | Self::Harden { .. } => Kind::Broken,
            Self::Exists { .. } | Self::InUse { .. } => Kind::Conflict,
            Self::Kit { .. } | Self::NoteText { .. } => Kind::Invalid,
            Self::Io { source, .. } => match source.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Kind::Busy,
                _ => Kind::Broken, // a missing key file too: nobody asked for it, the service does not run without it
            },
        }
    }
}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Io { source, .. } => source,
            other => Self::new(io::ErrorKind::InvalidData, other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_lead_to_the_right_exit_code() {
        assert_eq!(Error::WrongKey { key: "The master key" }.kind(), Kind::Broken);
        assert_eq!(Error::Damaged { what: "The sealed part" }.kind(), Kind::Broken);
        let full = Error::io("write", Path::new("/x"))(io::ErrorKind::StorageFull.into());
        assert_eq!(full.kind(), Kind::Busy);
        assert!(full.to_string().starts_with("Could not write /x: "));
    }
}
