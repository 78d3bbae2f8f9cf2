//! What an error of the server means for the user.
use super::live::{LOCK, STATEMENT};
use crate::Error;
use tokio_postgres::error::SqlState;

/// Whether something took too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Timed {
    In,
    Out,
}

/// What the error of a statement means, and whether it ran out of time; `ended`: somebody here asked the server to end it.
pub(super) fn explain(
    name: &str,
    statement: &'static str,
    error: &tokio_postgres::Error,
    ended: bool,
) -> (Error, Timed) {
    let busy = |message: String| (Error::Busy { message }, Timed::Out);
    match error.code() {
        Some(&SqlState::QUERY_CANCELED) if !ended => busy(format!(
            "{name}: a statement ({statement}) took longer than its server gives it ({} seconds) and was ended; nothing of this change was saved",
            STATEMENT.as_secs()
        )),
        Some(&SqlState::LOCK_NOT_AVAILABLE) => busy(format!(
            "{name}: a statement ({statement}) waited longer than {} seconds for another one; nothing of this change was saved",
            LOCK.as_secs()
        )),
        Some(&SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT) => busy(format!(
            "{name}: its server ended a transaction that had rested too long ({statement}); nothing of it was saved"
        )),
        _ => (meaning(name, statement, error), Timed::In),
    }
}

/// The server's own message may quote what was sent to it; that is ids and ciphertext, and even so only its code goes on.
fn meaning(name: &str, statement: &'static str, error: &tokio_postgres::Error) -> Error {
    let Some(database) = error.as_db_error() else {
        if error.is_closed() || std::error::Error::source(error).is_some() {
            return lost(name);
        }
        return Error::Statement { statement, message: error.to_string() };
    };
    let code = database.code();
    match code {
        &SqlState::UNIQUE_VIOLATION => {
            Error::conflict("duplicate", format!("{name} refuses a second entry ({statement})"))
        }
        &SqlState::DISK_FULL => Error::Full { file: name.to_owned() },
        &SqlState::DATA_CORRUPTED | &SqlState::INDEX_CORRUPTED => {
            Error::damaged(name, format!("the server found a damaged page ({statement})"))
        }
        &SqlState::QUERY_CANCELED => Error::Busy {
            message: format!("{name}: a statement ({statement}) was ended, because an erasure must not wait for it"),
        },
        &SqlState::TOO_MANY_CONNECTIONS => Error::Busy {
            message: format!(
                "the server of {name} takes no more connections; let it take more (max_connections there), or use fewer (`connections` in the settings)"
            ),
        },
        &SqlState::T_R_DEADLOCK_DETECTED | &SqlState::T_R_SERIALIZATION_FAILURE | &SqlState::CANNOT_CONNECT_NOW => {
            Error::Busy { message: format!("{name} is busy ({})", code.code()) }
        }
        &SqlState::ADMIN_SHUTDOWN | &SqlState::CRASH_SHUTDOWN => lost(name),
        &SqlState::READ_ONLY_SQL_TRANSACTION => Error::Busy {
            message: format!("the server of {name} takes no changes: it is a copy that has not been promoted"),
        },
        &SqlState::INVALID_PASSWORD
        | &SqlState::INVALID_AUTHORIZATION_SPECIFICATION
        | &SqlState::INSUFFICIENT_PRIVILEGE => Error::Denied {
            message: format!("the server of {name} refuses the role or its password ({})", code.code()),
        },
        &SqlState::INVALID_CATALOG_NAME => Error::not_found(format!("the database of {name}")),
        _ => Error::Statement {
            statement,
            message: format!("the server answered {} {}", code.code(), database.message()),
        },
    }
}

/// The connection is gone.
pub(super) fn lost(name: &str) -> Error {
    Error::Busy {
        message: format!("the connection to {name} on its server was lost; what was not confirmed was not saved"),
    }
}
