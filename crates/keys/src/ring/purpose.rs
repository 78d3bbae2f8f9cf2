//! What a numbered key is for.
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a numbered key is for. The number is what stands in the file `root`; it is never given to another purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum Purpose {
    /// Encrypts the pages of `records.db`.
    RecordsPages = 1,
    /// Encrypts the pages of `keys.db`.
    KeysPages = 2,
    /// Encrypts the pages of `index.db`.
    IndexPages = 3,
    /// Signs the journal's checkpoints.
    Signing = 4,
    /// Keyed hashes: unique personal values, addresses of clients.
    Mac = 5,
    /// Wraps the keys of key units.
    UnitWrap = 6,
    /// The password of the backup repository.
    BackupPassword = 7,
}

impl Purpose {
    /// Every purpose, in the order of the file.
    pub const ALL: [Self; 7] = [
        Self::RecordsPages,
        Self::KeysPages,
        Self::IndexPages,
        Self::Signing,
        Self::Mac,
        Self::UnitWrap,
        Self::BackupPassword,
    ];
    /// The purpose of that name, as [`fmt::Display`] writes it: `records-pages`.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.to_string() == name)
    }
    pub(crate) const fn code(self) -> u8 {
        self as u8
    }
    pub(crate) fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.code() == code)
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RecordsPages => "records-pages",
            Self::KeysPages => "keys-pages",
            Self::IndexPages => "index-pages",
            Self::Signing => "signing",
            Self::Mac => "mac",
            Self::UnitWrap => "unit-wrap",
            Self::BackupPassword => "backup-password",
        })
    }
}

/// A database file whose pages are encrypted: the purposes for which there is a [`crate::PageKey`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pages {
    /// `records.db`
    Records,
    /// `keys.db`
    Keys,
    /// `index.db`
    Index,
}

impl From<Pages> for Purpose {
    fn from(pages: Pages) -> Self {
        match pages {
            Pages::Records => Self::RecordsPages,
            Pages::Keys => Self::KeysPages,
            Pages::Index => Self::IndexPages,
        }
    }
}
