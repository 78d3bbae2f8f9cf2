//! 32 secret bytes that stay in one place on the heap and are zeroed when dropped.
use crate::random;
use std::fmt;
use zeroize::Zeroize;

/// A 256-bit key. Boxed, so that moving it leaves no copy behind on the stack.
pub(crate) struct Secret(Box<[u8; 32]>);

impl Secret {
    /// All zero, to be filled in place.
    pub(crate) fn zero() -> Self {
        Self(Box::new([0; 32]))
    }
    /// From the operating system's generator.
    pub(crate) fn generate() -> Self {
        let mut secret = Self::zero();
        random::fill(secret.bytes_mut());
        secret
    }
    /// A copy of exactly 32 bytes.
    pub(crate) fn copy_of(bytes: &[u8]) -> Option<Self> {
        if bytes.len() != 32 {
            return None;
        }
        let mut secret = Self::zero();
        secret.0.copy_from_slice(bytes);
        Some(secret)
    }
    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
    pub(crate) fn bytes_mut(&mut self) -> &mut [u8; 32] {
        &mut self.0
    }
    /// Compares in constant time.
    pub(crate) fn equals(&self, other: &Self) -> bool {
        same(self.bytes(), other.bytes())
    }
}

/// Compares two byte strings in a time that depends on their lengths only.
pub(crate) fn same(left: &[u8], right: &[u8]) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(left, right).is_ok()
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_shown() {
        assert_eq!(format!("{:?}", Secret::copy_of(&[7; 32]).unwrap()), "…");
        assert!(Secret::copy_of(&[7; 31]).is_none());
        assert!(!Secret::generate().equals(&Secret::generate()));
    }
}
