//! Who calls with that token: asked on every request of the API, answered from memory.
use super::Token;
use crate::account::{self, UserState};
use crate::cache::{Cache, CachedToken};
use crate::error::{Result, damaged};
use crate::{rights, secret, statements};
use base::{Actor, Grants};
use std::sync::Arc;
use store::{Caller, Reader, Tenant};

/// The caller behind the text of a token; none if it is no token of this tenant, revoked, expired, or its maker is locked or deleted.
///
/// Its rights are those of the token as far as its maker still has them. The clock is asked every time, a revocation holds from the moment it is answered.
pub fn token(tenant: &Tenant, text: &str) -> Result<Option<Caller>> {
    let shared = tenant.shared();
    let Some(hash) = secret::token_hash(shared.id(), text) else { return Ok(None) };
    let cache = shared.extension::<Cache>();
    let found = if let Some(found) = cache.token(&hash) {
        found
    } else {
        let generation = cache.generation();
        let Some(read) = load(&mut tenant.reader()?, &hash)? else { return Ok(None) };
        cache.keep_token(generation, hash, read)
    };
    Ok(caller(&found, tenant))
}

fn caller(found: &Arc<CachedToken>, tenant: &Tenant) -> Option<Caller> {
    if found.expires_at.is_some_and(|at| at <= tenant.shared().clock().now()) {
        return None;
    }
    Some(Caller { actor: Actor::Token(found.id), grants: found.grants.clone(), purpose: None })
}

fn load(reader: &mut Reader, hash: &[u8; 32]) -> Result<Option<CachedToken>> {
    let found = reader.first(&statements::TOKEN_BY_HASH, &[hash.into()], Token::read)?;
    let Some(token) = found.filter(|token| token.revoked_at.is_none()) else { return Ok(None) };
    let own = rights::parse(&token.rights).ok_or_else(|| damaged("a token has no readable rights"))?;
    let Some(makers) = makers(reader, &token.created_by)? else { return Ok(None) };
    Ok(Some(CachedToken { id: token.id, grants: rights::both(&own, &makers), expires_at: token.expires_at }))
}

/// What the maker of a token may do now; none if that user may not even sign in. The operator may do everything; a token that made another was
/// asked for its rights then.
fn makers(reader: &mut Reader, created_by: &str) -> Result<Option<Grants>> {
    match created_by.parse() {
        Ok(Actor::User(id)) => {
            let maker = account::by_id(reader, id)?.filter(|account| account.state == UserState::Active);
            Ok(maker.map(|account| account.role.grants()))
        }
        Ok(_) => Ok(Some(Grants::everything())),
        Err(_) => Err(damaged("a token has no readable maker").into()),
    }
}
