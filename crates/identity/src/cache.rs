//! Sessions and tokens that were used lately, in memory, so that a request costs no look into the database.
//!
//! One cache per open tenant. Whatever changes a user, a session or a token empties it in the same commit's wake, before the change is answered
//! ([`forget_all`]). An entry that was read before such a change and arrives after it is not taken: the generation has moved on.
use crate::Settings;
use crate::account::UserView;
use base::{Grants, Timestamp, UserId};
use parking_lot::RwLock;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use store::Op;

type Hash = [u8; 32];

/// A session in memory.
pub(crate) struct CachedSession {
    pub user: UserView,
    pub grants: Grants,
    pub csrf: String,
    pub created_at: Timestamp,
    /// When it was last used.
    pub seen_at: AtomicI64,
    /// When its last use was last written down.
    pub written_at: AtomicI64,
}

/// A token in memory.
pub(crate) struct CachedToken {
    pub id: UserId,
    pub grants: Grants,
    pub expires_at: Option<Timestamp>,
}

/// The cache of one open tenant.
#[derive(Default)]
pub(crate) struct Cache {
    kept: RwLock<Kept>,
}

#[derive(Default)]
struct Kept {
    generation: u64,
    sessions: HashMap<Hash, Arc<CachedSession>>,
    tokens: HashMap<Hash, Arc<CachedToken>>,
}

impl Cache {
    /// To be asked before the database is read for what is to be kept.
    pub fn generation(&self) -> u64 {
        self.kept.read().generation
    }
    pub fn session(&self, hash: &Hash) -> Option<Arc<CachedSession>> {
        self.kept.read().sessions.get(hash).cloned()
    }
    pub fn token(&self, hash: &Hash) -> Option<Arc<CachedToken>> {
        self.kept.read().tokens.get(hash).cloned()
    }
    /// Keeps a session. Two requests that read it at once share what was kept first, so that its last use is counted in one place.
    pub fn keep_session(&self, generation: u64, hash: Hash, session: CachedSession) -> Arc<CachedSession> {
        let mut kept = self.kept.write();
        let session = Arc::new(session);
        if kept.generation != generation {
            return session;
        }
        if kept.sessions.len() >= Settings::CACHED {
            kept.sessions.clear();
        }
        Arc::clone(kept.sessions.entry(hash).or_insert(session))
    }
    pub fn keep_token(&self, generation: u64, hash: Hash, token: CachedToken) -> Arc<CachedToken> {
        let mut kept = self.kept.write();
        let token = Arc::new(token);
        if kept.generation == generation {
            if kept.tokens.len() >= Settings::CACHED {
                kept.tokens.clear();
            }
            kept.tokens.insert(hash, Arc::clone(&token));
        }
        token
    }
    fn forget_session(&self, hash: &Hash) {
        let mut kept = self.kept.write();
        kept.generation += 1;
        kept.sessions.remove(hash);
    }
    fn forget_all(&self) {
        let mut kept = self.kept.write();
        kept.generation += 1;
        kept.sessions.clear();
        kept.tokens.clear();
    }
}

/// Empties the cache when the operation is committed.
pub(crate) fn forget_all(op: &mut Op<'_>) {
    let cache = op.tenant().extension::<Cache>();
    op.after_commit(move || cache.forget_all());
}

/// Takes one session out of the cache when the operation is committed.
pub(crate) fn forget_session(op: &mut Op<'_>, hash: Hash) {
    let cache = op.tenant().extension::<Cache>();
    op.after_commit(move || cache.forget_session(&hash));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token() -> CachedToken {
        CachedToken { id: UserId::from_bytes([1; 16]), grants: Grants::default(), expires_at: None }
    }

    #[test]
    fn what_was_read_before_a_change_is_not_kept_after_it() {
        let cache = Cache::default();
        let generation = cache.generation();
        cache.forget_all();
        cache.keep_token(generation, [1; 32], token());
        assert!(cache.token(&[1; 32]).is_none());
        cache.keep_token(cache.generation(), [1; 32], token());
        assert!(cache.token(&[1; 32]).is_some());
        cache.forget_all();
        assert!(cache.token(&[1; 32]).is_none());
    }

    #[test]
    fn does_not_grow_without_end() {
        let cache = Cache::default();
        for number in 0..=Settings::CACHED {
            let mut hash = [0; 32];
            hash[..8].copy_from_slice(&number.to_be_bytes());
            cache.keep_token(0, hash, token());
        }
        assert!(cache.kept.read().tokens.len() <= Settings::CACHED);
    }
}
