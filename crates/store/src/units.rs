//! Key units in memory: the keys that were used lately, unwrapped. An erased key is in one cache only, this one, and leaves it first.
use base::UnitId;
use keys::UnitKey;
use lru::LruCache;
use parking_lot::Mutex;
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
    keys: Mutex<LruCache<i64, Unit>>,
}

impl UnitCache {
    pub fn new() -> Self {
        Self { keys: Mutex::new(LruCache::new(CACHED_KEYS)) }
    }
    pub fn get(&self, rid: i64) -> Option<Unit> {
        self.keys.lock().get(&rid).cloned()
    }
    pub fn put(&self, unit: Unit) {
        self.keys.lock().put(unit.rid, unit);
    }
    pub fn forget(&self, rid: i64) {
        self.keys.lock().pop(&rid);
    }
}
