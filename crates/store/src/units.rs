//! Key units in memory: the keys that were used lately, unwrapped. An erased key is in one cache only, this one, and leaves it first.
use base::UnitId;
use keys::UnitKey;
use lru::LruCache;
use parking_lot::Mutex;
use std::collections::HashSet;
use std::num::NonZeroUsize;
use std::sync::Arc;

/// A key unit with its key.
#[derive(Clone)]
pub struct Unit {
    /// Row number in records.db.
    pub rid: i64,
    /// Its id, as it stands in every sealed header.
    pub id: UnitId,
    /// Its key.
    pub key: Arc<UnitKey>,
}

/// Unwrapped keys kept per open tenant; about 600 bytes each.
const CACHED_KEYS: NonZeroUsize = NonZeroUsize::new(16_384).expect("not zero");

/// The keys of one open tenant that were used lately.
pub(crate) struct UnitCache {
    keys: Mutex<Kept>,
}

struct Kept {
    keys: LruCache<i64, Unit>,
    /// Destroyed since the tenant was opened: a reader that had one in hand must not bring it back.
    destroyed: HashSet<i64>,
}

impl UnitCache {
    pub fn new() -> Self {
        Self { keys: Mutex::new(Kept { keys: LruCache::new(CACHED_KEYS), destroyed: HashSet::new() }) }
    }
    pub fn get(&self, rid: i64) -> Option<Unit> {
        self.keys.lock().keys.get(&rid).cloned()
    }
    pub fn put(&self, unit: Unit) {
        let mut kept = self.keys.lock();
        if !kept.destroyed.contains(&unit.rid) {
            kept.keys.put(unit.rid, unit);
        }
    }
    pub fn forget(&self, rid: i64) {
        let mut kept = self.keys.lock();
        kept.destroyed.insert(rid);
        kept.keys.pop(&rid);
    }
}
