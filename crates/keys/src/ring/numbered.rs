//! The keys of one purpose: one current, older ones until they are retired.
use crate::secret::Secret;

/// What a purpose makes of 32 secret bytes.
pub(crate) trait Material {
    fn from_secret(secret: Secret) -> Self;
    fn secret(&self) -> &Secret;
}

/// Never empty. Numbers are given once: the newest cannot be retired, so the next is always one above all before.
pub(super) struct Numbered<T> {
    newest: (u32, T),
    /// Newest first.
    older: Vec<(u32, T)>,
}

impl<T: Material> Numbered<T> {
    pub(super) fn create() -> Self {
        Self { newest: (1, T::from_secret(Secret::generate())), older: Vec::new() }
    }
    /// From a file; `None` if there is none or the numbers do not rise.
    pub(super) fn from_rising(secrets: Vec<(u32, Secret)>) -> Option<Self> {
        let mut falling = secrets.into_iter().rev().map(|(number, secret)| (number, T::from_secret(secret)));
        let newest = falling.next()?;
        let older: Vec<_> = falling.collect();
        let mut above = newest.0;
        for (number, _) in &older {
            if *number >= above {
                return None;
            }
            above = *number;
        }
        (above > 0).then_some(Self { newest, older })
    }
    pub(super) const fn newest(&self) -> &(u32, T) {
        &self.newest
    }
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        std::iter::once(&self.newest).chain(&self.older).map(|(number, key)| (*number, key))
    }
}

/// [`Numbered`] without the type of its keys.
pub(super) trait Slot {
    /// Newest first.
    fn numbers(&self) -> Vec<u32>;
    /// Oldest first, as in the file.
    fn secrets(&self) -> Vec<(u32, &Secret)>;
    fn add(&mut self) -> u32;
    /// Whether there was an older key of that number.
    fn retire(&mut self, number: u32) -> bool;
}

impl<T: Material> Slot for Numbered<T> {
    fn numbers(&self) -> Vec<u32> {
        self.iter().map(|(number, _)| number).collect()
    }
    fn secrets(&self) -> Vec<(u32, &Secret)> {
        let mut secrets: Vec<_> = self.iter().map(|(number, key)| (number, key.secret())).collect();
        secrets.reverse();
        secrets
    }
    fn add(&mut self) -> u32 {
        let number = self.newest.0.saturating_add(1);
        let before = std::mem::replace(&mut self.newest, (number, T::from_secret(Secret::generate())));
        self.older.insert(0, before);
        number
    }
    fn retire(&mut self, number: u32) -> bool {
        let before = self.older.len();
        self.older.retain(|(found, _)| *found != number);
        self.older.len() < before
    }
}
