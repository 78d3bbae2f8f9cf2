//! Tokens as those see them who manage them. The text of a token is in none of them.
use super::Token;
use crate::error::Result;
use crate::{Settings, statements};
use base::{Permission, Timestamp, UserId};
use serde::Serialize;
use std::fmt;
use store::{Caller, Reader};

/// A token. `Debug` shows the id alone: people name tokens after themselves.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct TokenView {
    /// Id.
    pub id: UserId,
    /// Name.
    pub name: String,
    /// Rights, as `create_token` takes them.
    pub rights: String,
    /// Who made it: `user:<id>`, `os:<name>`; [`crate::who`] says the name.
    pub created_by: String,
    /// When.
    pub created_at: Timestamp,
    /// From when on it is refused; none for never.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

impl fmt::Debug for TokenView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenView({}, …)", self.id)
    }
}

/// All tokens, revoked and expired ones too, oldest first; 10,000 at the most. Needs `ManageUsers`.
pub fn list_tokens(reader: &mut Reader, caller: &Caller) -> Result<Vec<TokenView>> {
    caller.needs(Permission::ManageUsers)?;
    let tokens = reader.all(&statements::TOKENS, &[Settings::LIST_MAX.into()], Token::read)?;
    let mut views = Vec::with_capacity(tokens.len());
    for token in tokens {
        let name = token.name(reader)?;
        let Token { id, rights, created_by, created_at, expires_at, revoked_at, .. } = token;
        views.push(TokenView { id, name, rights, created_by, created_at, expires_at, revoked_at });
    }
    Ok(views)
}
