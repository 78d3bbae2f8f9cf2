//! What can go wrong with a tenant's data. No variant carries a value of a person; ids, names of files and fields only.
use base::{Kind, Kinded};

/// A failure of the store.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No such record, subject, tenant, module.
    #[error("{what} was not found")]
    NotFound {
        /// What was looked for, with its id.
        what: String,
    },
    /// The named version is not the present one; nothing was changed.
    #[error(
        "the record has been changed meanwhile: you have version {given}, it is at version {present}; nothing was saved"
    )]
    Stale {
        /// What the caller named.
        given: i64,
        /// What is stored.
        present: i64,
    },
    /// The state forbids the change; nothing was changed.
    #[error("{message}; nothing was saved")]
    Conflict {
        /// A stable name for scripts: `unit-dead`, `final`, `duplicate`.
        code: &'static str,
        /// What forbids it.
        message: String,
    },
    /// The input breaks a rule.
    #[error("{message}; nothing was saved")]
    Invalid {
        /// Which rule, in a sentence.
        message: String,
    },
    /// What came in cannot be used, said in both languages: a file, a mapping, an option.
    #[error("{}; nothing was saved", .message.en)]
    Input {
        /// A stable name for scripts: `mapping`, `format`, `origin`.
        code: &'static str,
        /// What is wrong and what would be right, without a full stop.
        message: crate::module::Label,
    },
    /// Values that break the module's rules; every one is named.
    #[error("{} of the values cannot be taken as they are; nothing was saved", .0.len())]
    Fields(Vec<crate::module::FieldError>),
    /// The caller may not.
    #[error("not allowed: {message}")]
    Denied {
        /// What is missing.
        message: String,
    },
    /// Another process holds the folder.
    #[error(
        "{folder} is in use by another obhut process (pid {pid}); stop it, or give the command to it through its socket"
    )]
    InUse {
        /// The data folder.
        folder: String,
        /// The process that holds it, if it said so.
        pid: String,
    },
    /// No room on the disk. What was acknowledged is safe; reading goes on.
    #[error(
        "the disk that holds {file} is full: the change was not saved, everything saved before is safe and readable; make room and try again"
    )]
    Full {
        /// The file that could not grow.
        file: String,
    },
    /// Another node holds the tenant.
    #[error("the business is worked on at the node {node}; nothing was saved here; try again in a moment")]
    Elsewhere {
        /// Its name.
        node: String,
    },
    /// Not now.
    #[error("{message}; try again in a moment")]
    Busy {
        /// Why.
        message: String,
    },
    /// A stored file is damaged; nothing of it is served.
    #[error(
        "{file} is damaged: {message}. Nothing of it is served. Restore it from a backup, or run `obhut journal verify` to see what is affected"
    )]
    Damaged {
        /// Which file, table or entry.
        file: String,
        /// What was found.
        message: String,
    },
    /// Data written by a newer version.
    #[error(
        "{file} was written by a newer version of Obhut (format {found}, this program knows {known}); install that version or a later one. Nothing was changed"
    )]
    Newer {
        /// Which file.
        file: String,
        /// Its format.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// Data written by a version before the first release.
    #[error(
        "{file} was written by a version of Obhut from before its first release (format {found}), which this one cannot take over. Export what you need with that version and import it here. Nothing was changed"
    )]
    Unreleased {
        /// Which file.
        file: String,
        /// Its format.
        found: i64,
    },
    /// Key material: wrong master key, damaged root.
    #[error(transparent)]
    Keys(#[from] keys::Error),
    /// The operating system refused.
    #[error("{what}: {source}")]
    Io {
        /// What was being done, with the path.
        what: String,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The index cannot answer as asked.
    #[error(transparent)]
    Index(#[from] crate::index::Error),
    /// A statement failed for a reason that is a mistake of this program.
    #[error("statement {statement} failed: {message}")]
    Statement {
        /// Its name.
        statement: &'static str,
        /// The engine's message, without values.
        message: String,
    },
}

impl Error {
    /// For `map_err` on file operations.
    pub fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |source| {
            if source.kind() == std::io::ErrorKind::StorageFull {
                Self::Full { file: what }
            } else {
                Self::Io { what, source }
            }
        }
    }
    pub(crate) fn damaged(file: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Damaged { file: file.into(), message: message.into() }
    }
    /// Something that is not there.
    pub fn not_found(what: impl Into<String>) -> Self {
        Self::NotFound { what: what.into() }
    }
    /// A rule of the input that does not hold.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::Invalid { message: message.into() }
    }
    /// Something that came in and cannot be used, in both languages.
    pub fn input(code: &'static str, de: impl Into<String>, en: impl Into<String>) -> Self {
        Self::Input { code, message: crate::module::Label::new(de, en) }
    }
    /// A state that forbids.
    pub fn conflict(code: &'static str, message: impl Into<String>) -> Self {
        Self::Conflict { code, message: message.into() }
    }
}

impl Kinded for Error {
    fn kind(&self) -> Kind {
        match self {
            Self::NotFound { .. } => Kind::NotFound,
            Self::Stale { .. } => Kind::Stale,
            Self::Conflict { .. } => Kind::Conflict,
            Self::Invalid { .. } | Self::Input { .. } | Self::Fields(_) => Kind::Invalid,
            Self::Denied { .. } => Kind::Denied,
            Self::InUse { .. } | Self::Full { .. } | Self::Busy { .. } | Self::Elsewhere { .. } => Kind::Busy,
            Self::Damaged { .. }
            | Self::Newer { .. }
            | Self::Unreleased { .. }
            | Self::Io { .. }
            | Self::Statement { .. } => Kind::Broken,
            Self::Keys(error) => error.kind(),
            Self::Index(error) => error.kind(),
        }
    }
}

/// The result of everything here.
pub type Result<T, E = Error> = std::result::Result<T, E>;
