//! Who an actor is, looked up when it is shown: everything stored carries ids only (X-24, C-04 to C-06).
use crate::account::{self, UserState};
use crate::error::Result;
use crate::token;
use base::{Actor, Permission};
use serde::Serialize;
use std::fmt;
use store::module::Label;
use store::{Caller, Reader};

/// Who acted, for showing. `Display` is English; [`Who::label`] has both languages.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase", tag = "kind", content = "name")]
pub enum Who {
    /// A user, by name.
    User(String),
    /// A user who was deleted, by number.
    Deleted(i64),
    /// A token, by its name.
    Token(String),
    /// The operator at the machine, by system account.
    Operator(String),
    /// Obhut itself, by the job.
    Job(String),
    /// Whom the caller may not know, or nobody that is stored here; by id.
    Pseudonym(String),
}

impl Who {
    /// In both languages.
    pub fn label(&self) -> Label {
        let german = match self {
            Self::User(name) | Self::Pseudonym(name) => name.clone(),
            Self::Deleted(number) => format!("gelöschter Benutzer {number}"),
            Self::Token(name) => format!("Zugangstoken {name}"),
            Self::Operator(name) => format!("Betreiber ({name})"),
            Self::Job(name) => format!("Obhut ({name})"),
        };
        Label::new(german, self.to_string())
    }
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(name) | Self::Pseudonym(name) => f.write_str(name),
            Self::Deleted(number) => write!(f, "deleted user {number}"),
            Self::Token(name) => write!(f, "Token {name}"),
            Self::Operator(name) => write!(f, "operator ({name})"),
            Self::Job(name) => write!(f, "Obhut ({name})"),
        }
    }
}

impl fmt::Debug for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::User(_) => "User(…)",
            Self::Deleted(_) => "Deleted(…)",
            Self::Token(_) => "Token(…)",
            Self::Operator(_) => "Operator(…)",
            Self::Job(_) => "Job(…)",
            Self::Pseudonym(_) => "Pseudonym(…)",
        })
    }
}

/// Resolves an actor's text as the journal stores it. Names are for callers who may read histories or manage users; everybody else, and a user about
/// himself excepted, sees the id.
pub fn who(reader: &mut Reader, caller: &Caller, actor: &str) -> Result<Who> {
    let pseudonym = || Who::Pseudonym(actor.to_owned());
    let Ok(parsed) = actor.parse::<Actor>() else { return Ok(pseudonym()) };
    let entitled = caller.grants.has(Permission::ReadHistory)
        || caller.grants.has(Permission::ManageUsers)
        || caller.actor == parsed;
    Ok(match parsed {
        Actor::Operator(name) => Who::Operator(name),
        Actor::Job(name) => Who::Job(name),
        Actor::User(id) => match account::by_id(reader, id)? {
            Some(account) if account.state == UserState::Deleted => Who::Deleted(account.number),
            Some(account) if entitled => Who::User(account.profile(reader)?.name),
            _ => pseudonym(),
        },
        Actor::Token(id) => match token::by_id(reader, id)? {
            // Its name may be destroyed already while its row waits to go.
            Some(token) if entitled => token.name(reader).map_or_else(|_| pseudonym(), Who::Token),
            _ => pseudonym(),
        },
    })
}
