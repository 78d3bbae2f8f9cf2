//! What can go wrong. No variant carries what somebody typed.
use base::{Kind, Kinded};
use store::module::{FieldError, Label};

/// A failure of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Sign-in failed. The one answer for an unknown name, a wrong password, a locked user: who asks must not learn which it was (O-35 to O-37).
    #[error("the name or the password is wrong, or the account is locked")]
    Refused,
    /// Values that break a rule; every one is named.
    #[error("{}; nothing was saved", sentence(.0))]
    Fields(Vec<FieldError>),
    /// There is no such user or token.
    #[error("{what} was not found")]
    NotFound {
        /// What was looked for, with its id.
        what: String,
    },
    /// The state forbids it; nothing was changed.
    #[error("{message}; nothing was saved")]
    Conflict {
        /// A stable name for scripts: `login-taken`, `last-administrator`, `successor`.
        code: &'static str,
        /// What forbids it.
        message: String,
    },
    /// Too many sign-ins at once.
    #[error("too many people are signing in at this moment; try again in a moment")]
    Busy,
    /// The tenant's data could not be read or written, or the caller may not.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// The result of everything here.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Kinded for Error {
    fn kind(&self) -> Kind {
        match self {
            Self::Refused => Kind::Denied,
            Self::Fields(_) => Kind::Invalid,
            Self::NotFound { .. } => Kind::NotFound,
            Self::Conflict { .. } => Kind::Conflict,
            Self::Busy => Kind::Busy,
            Self::Store(error) => error.kind(),
        }
    }
}

impl Error {
    pub(crate) fn conflict(code: &'static str, message: impl Into<String>) -> Self {
        Self::Conflict { code, message: message.into() }
    }
    pub(crate) fn no_user(id: base::UserId) -> Self {
        Self::NotFound { what: format!("user {id}") }
    }
    pub(crate) fn no_token(id: base::UserId) -> Self {
        Self::NotFound { what: format!("token {id}") }
    }
    /// One field that breaks a rule.
    pub(crate) fn field(field: &str, code: &str, de: &str, en: &str) -> Self {
        Self::Fields(vec![FieldError { field: field.to_owned(), code: code.to_owned(), message: Label::new(de, en) }])
    }
}

/// What the command line shows; pages word the fields themselves.
fn sentence(errors: &[FieldError]) -> String {
    errors.iter().map(|error| format!("{}: {}", error.field, error.message.en)).collect::<Vec<_>>().join("; ")
}

/// A stored row that cannot be what this program wrote.
pub(crate) fn damaged(what: &str) -> store::Error {
    store::Error::Damaged { file: "records.db".into(), message: what.to_owned() }
}
