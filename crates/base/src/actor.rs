//! Who is acting: a person, a token, the operator at the machine, or Obhut itself. The journal stores its text form.
use crate::{IdError, UserId};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Who does something. Written `user:<id>`, `token:<id>`, `os:<name>`, `job:<name>`; business data carries no more than this (C-04, F-066).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Actor {
    /// A signed-in user; the name is looked up when shown.
    User(UserId),
    /// A caller of the API, by the id of the token.
    Token(UserId),
    /// The operator at the command line, by the name of the system account.
    Operator(String),
    /// Obhut's own work: a job's name.
    Job(String),
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => write!(f, "user:{id}"),
            Self::Token(id) => write!(f, "token:{id}"),
            Self::Operator(name) => write!(f, "os:{name}"),
            Self::Job(name) => write!(f, "job:{name}"),
        }
    }
}

impl FromStr for Actor {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        match text.split_once(':') {
            Some(("user", id)) => id.parse().map(Self::User),
            Some(("token", id)) => id.parse().map(Self::Token),
            Some(("os", name)) => Ok(Self::Operator(name.to_owned())),
            Some(("job", name)) => Ok(Self::Job(name.to_owned())),
            _ => Err(IdError),
        }
    }
}
impl From<Actor> for String {
    fn from(actor: Actor) -> Self {
        actor.to_string()
    }
}
impl TryFrom<String> for Actor {
    type Error = IdError;
    fn try_from(text: String) -> Result<Self, IdError> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_round_trips() {
        for text in ["user:00000000000000000000000000", "os:root", "job:purge"] {
            assert_eq!(text.parse::<Actor>().unwrap().to_string(), text);
        }
        assert!("root".parse::<Actor>().is_err());
    }
}
