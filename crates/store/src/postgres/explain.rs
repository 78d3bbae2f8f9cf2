//! What an error of the server means for the user.
use crate::Error;
use tokio_postgres::error::SqlState;

/// The server's own message may quote what was sent to it; that is ids and ciphertext, and even so only its code goes on.
pub(super) fn explain(name: &str, statement: &'static str, error: &tokio_postgres::Error) -> Error {
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
        &SqlState::QUERY_CANCELED => Error::Busy { message: format!("{name} took too long to answer ({statement})") },
        &SqlState::LOCK_NOT_AVAILABLE
        | &SqlState::T_R_DEADLOCK_DETECTED
        | &SqlState::T_R_SERIALIZATION_FAILURE
        | &SqlState::TOO_MANY_CONNECTIONS
        | &SqlState::CANNOT_CONNECT_NOW => Error::Busy { message: format!("{name} is busy ({})", code.code()) },
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
