//! What is kept of millions of rows until it is compared, divided by a byte of the id: one share at a time fits the processor's caches, where a
//! table over all of them would miss them at every look.
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Shares that everything is divided into: with a million records each has some thousand.
const SHARES: usize = 256;

/// Something about an id.
pub(super) trait Of: Copy {
    /// The id.
    fn id(&self) -> [u8; 16];
}

/// Things in the order in which they came, divided into shares by their ids.
pub(super) struct Shares<T>(Vec<Vec<T>>);

impl<T> Default for Shares<T> {
    fn default() -> Self {
        Self((0..SHARES).map(|_| Vec::new()).collect())
    }
}

impl<T: Of> Shares<T> {
    /// Takes one.
    pub fn push(&mut self, item: T) {
        // Not the first byte, by which the passes are divided.
        let share = usize::from(item.id()[15]) % SHARES;
        if let Some(share) = self.0.get_mut(share) {
            share.push(item);
        }
    }
    /// Share by share.
    pub fn into_shares(self) -> impl Iterator<Item = Vec<T>> {
        self.0.into_iter()
    }
}

/// Ids are random, so eight bytes of one are as good a hash as any, spread for the numbers among the keys. Verification looks up several for each entry.
#[derive(Default)]
pub(super) struct IdHasher(u64);

pub(super) type ByRandomId = BuildHasherDefault<IdHasher>;

/// A table over random ids.
pub(super) type IdMap<K, V> = HashMap<K, V, ByRandomId>;

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0.wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }
    fn write(&mut self, bytes: &[u8]) {
        let last = bytes.last_chunk::<8>().map_or(0, |last| u64::from_ne_bytes(*last));
        self.0 = self.0.rotate_left(32) ^ last;
    }
    fn write_u8(&mut self, table: u8) {
        self.0 ^= u64::from(table) << 32;
    }
    fn write_usize(&mut self, _length: usize) {}
}
