//! What can go wrong with the index.
use base::{Kind, Kinded};

/// Why the index gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database engine failed; full disk, torn page, wrong key.
    #[error(
        "index.db could not be read or written ({0}); nothing of it is served. If it stays so, run `obhut index rebuild`"
    )]
    Database(#[from] rusqlite::Error),
    /// A module or column name is not `[a-z][a-z0-9_]*` of at most 40 characters.
    #[error("{0:?} cannot name a module or column")]
    Name(String),
    /// The index has no table for this module.
    #[error("the index does not know the module {0}")]
    Module(String),
    /// The module has no such column, or it has several values and cannot be sorted by.
    #[error("cannot filter or sort by {0}")]
    Column(String),
    /// The cursor is damaged or belongs to another query.
    #[error("the cursor does not belong to this list; start again without it")]
    Cursor,
    /// A number in the query is out of its bounds.
    #[error("{what} must be at most {most}")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// How many there may be.
        most: usize,
    },
    /// More index rows would have to be read than the query may. Nothing was answered.
    #[error("this list is too broad to be sorted quickly; {}", advice(.helpful))]
    TooBroad {
        /// Columns a filter on which would help, best first. May hold `q`, the full-text search.
        helpful: Vec<String>,
    },
    /// What the index holds cannot be read; it must be rebuilt.
    #[error("the index is damaged ({0}); it will be rebuilt")]
    Damaged(&'static str),
}

/// Result of the index.
pub type Result<T> = std::result::Result<T, Error>;

fn advice(helpful: &[String]) -> String {
    if helpful.is_empty() {
        "sort by one field only or not at all".to_owned()
    } else {
        format!("a filter on one of these helps: {}", helpful.join(", "))
    }
}

impl Kinded for Error {
    fn kind(&self) -> Kind {
        match self {
            Self::Database(rusqlite::Error::SqliteFailure(failure, _)) => match failure.code {
                rusqlite::ErrorCode::DiskFull
                | rusqlite::ErrorCode::DatabaseBusy
                | rusqlite::ErrorCode::DatabaseLocked => Kind::Busy,
                _ => Kind::Broken,
            },
            Self::Database(_) | Self::Damaged(_) => Kind::Broken,
            Self::Name(_)
            | Self::Module(_)
            | Self::Column(_)
            | Self::Cursor
            | Self::TooMany { .. }
            | Self::TooBroad { .. } => Kind::Invalid,
        }
    }
}
