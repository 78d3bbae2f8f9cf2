//! What a program or a browser shows: the texts of tokens and sessions. They name their tenant, so that one address serves all of them.
//!
//! Token: `obhut_<tenant, 26 characters>_<secret, 56 characters>`. Session: the same without `obhut_`. The secret is 256 random bits with a check
//! ([`keys::token`]); stored is its SHA-256 alone. A row is found by that hash, so no comparison's time tells anything about a secret.
use base::TenantId;
use keys::token::PREFIX;
use zeroize::Zeroizing;

/// The tenant that the text of a token names; `None` if it cannot be a token. Says nothing about whether it is one.
pub fn tenant_of(token: &str) -> Option<TenantId> {
    session_tenant(token.strip_prefix(PREFIX)?)
}

/// The tenant that a session's cookie names; `None` if it cannot be one.
pub fn session_tenant(cookie: &str) -> Option<TenantId> {
    let (tenant, secret) = cookie.split_once('_')?;
    hash(secret)?;
    tenant.parse().ok()
}

/// A new session: text and hash.
pub(crate) fn new_session(tenant: TenantId) -> (Zeroizing<String>, [u8; 32]) {
    made("", tenant)
}
/// A new token: text and hash.
pub(crate) fn new_token(tenant: TenantId) -> (Zeroizing<String>, [u8; 32]) {
    made(PREFIX, tenant)
}

/// The hash of a session of this tenant; `None` for any other text.
pub(crate) fn session_hash(tenant: TenantId, cookie: &str) -> Option<[u8; 32]> {
    let (named, secret) = cookie.split_once('_')?;
    (named.parse() == Ok(tenant)).then(|| hash(secret))?
}
/// The hash of a token of this tenant; `None` for any other text.
pub(crate) fn token_hash(tenant: TenantId, token: &str) -> Option<[u8; 32]> {
    session_hash(tenant, token.strip_prefix(PREFIX)?)
}

fn made(prefix: &str, tenant: TenantId) -> (Zeroizing<String>, [u8; 32]) {
    let (text, hash) = keys::token::generate();
    let secret = text.strip_prefix(PREFIX).unwrap_or(&text);
    // Room for everything from the start: a text that grows leaves copies of its beginning in memory.
    let mut whole = Zeroizing::new(String::with_capacity(prefix.len() + 27 + secret.len()));
    whole.push_str(prefix);
    whole.push_str(&tenant.to_string());
    whole.push('_');
    whole.push_str(secret);
    (whole, hash)
}

fn hash(secret: &str) -> Option<[u8; 32]> {
    let mut text = Zeroizing::new(String::with_capacity(PREFIX.len() + secret.len().min(keys::token::TOKEN_LEN)));
    if secret.len() + PREFIX.len() != keys::token::TOKEN_LEN {
        return None;
    }
    text.push_str(PREFIX);
    text.push_str(secret);
    keys::token::hash(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_names_its_tenant_and_is_good_there_only() {
        let (here, there): (TenantId, TenantId) = (keys::random_id(), keys::random_id());
        let (token, stored) = new_token(here);
        assert!(token.starts_with(&format!("obhut_{here}_")));
        assert_eq!(tenant_of(&token), Some(here));
        assert_eq!(token_hash(here, &token), Some(stored));
        assert_eq!(token_hash(there, &token), None);
        assert_eq!(session_hash(here, &token), None, "a token is no session");
        let (session, stored) = new_session(here);
        assert_eq!(session_tenant(&session), Some(here));
        assert_eq!(session_hash(here, &session), Some(stored));
        assert_eq!(token_hash(here, &session), None, "a session is no token");
    }

    #[test]
    fn an_altered_text_is_nothing() {
        let here: TenantId = keys::random_id();
        let (token, stored) = new_token(here);
        for place in 0..token.len() {
            let mut altered = token.as_bytes().to_vec();
            altered[place] = if altered[place] == b'7' { b'8' } else { b'7' };
            let altered = String::from_utf8(altered).unwrap();
            assert_ne!(token_hash(here, &altered), Some(stored), "character {place}");
            assert_eq!(token_hash(here, &token[..place]), None);
        }
        for text in ["", "obhut_", "obhut__", "_", "obhut_ü_ü"] {
            assert_eq!((tenant_of(text), session_tenant(text)), (None, None), "{text}");
        }
    }
}
