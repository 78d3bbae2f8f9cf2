//! Texts as they lie in a database server: sealed so that the server can compare two of them for equality and nothing else.
//!
//! AES-256-GCM-SIV (RFC 8452) with one nonce for all. Its tag is made from the whole plaintext, so the same text always gives the same bytes (which
//! a unique index and a `WHERE name = …` need) and different texts share no key stream; what leaks is which texts are equal. The key is
//! the one that encrypts the pages of the file of that name on the embedded engine.
use crate::page::PageKey;
use crate::random;
use crate::ring::Material;
use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use zeroize::Zeroizing;

const TAG_LEN: usize = 16;
/// What sealing adds to a text, in bytes.
pub const SEALED_TEXT_OVERHEAD: usize = TAG_LEN;
const DOMAIN: &[u8] = b"obhut/text/1";

/// Seals texts of one database. The same text gives the same bytes.
pub struct TextKey(LessSafeKey);

impl TextKey {
    /// The key of the texts of one database: what its pages are encrypted with where there are pages.
    pub fn new(pages: &PageKey) -> Self {
        match UnboundKey::new(&AES_256_GCM_SIV, pages.secret().bytes()) {
            Ok(unbound) => Self(LessSafeKey::new(unbound)),
            Err(_) => random::stop("AES-256-GCM-SIV took no 32-byte key"),
        }
    }

    /// Ciphertext and tag: [`SEALED_TEXT_OVERHEAD`] bytes more than the text.
    pub fn seal(&self, text: &str) -> Vec<u8> {
        let mut sealed = Vec::with_capacity(text.len() + TAG_LEN);
        sealed.extend_from_slice(text.as_bytes());
        if self.0.seal_in_place_append_tag(nonce(), Aad::from(DOMAIN), &mut sealed).is_err() {
            random::stop("AES-256-GCM-SIV could not seal");
        }
        sealed
    }

    /// Opens what [`Self::seal`] gave; none if anything about it differs or it is no UTF-8.
    pub fn open(&self, sealed: &[u8]) -> Option<String> {
        let mut buffer = Zeroizing::new(sealed.to_vec());
        let plain = self.0.open_in_place(nonce(), Aad::from(DOMAIN), &mut buffer).ok()?;
        std::str::from_utf8(plain).ok().map(str::to_owned)
    }
}

fn nonce() -> Nonce {
    Nonce::assume_unique_for_key([0; NONCE_LEN])
}

impl std::fmt::Debug for TextKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TextKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    #[test]
    fn the_same_text_gives_the_same_bytes_and_a_changed_byte_does_not_open() {
        let key = TextKey::new(&PageKey::from_secret(Secret::copy_of(&[7; 32]).unwrap()));
        let other = TextKey::new(&PageKey::from_secret(Secret::copy_of(&[8; 32]).unwrap()));
        for text in ["", "a", "Müller", "ein längerer Text, der über mehrere Blöcke des Verfahrens geht"] {
            let sealed = key.seal(text);
            assert_eq!(sealed, key.seal(text));
            assert_eq!(sealed.len(), text.len() + SEALED_TEXT_OVERHEAD);
            assert_eq!(key.open(&sealed).as_deref(), Some(text));
            assert_eq!(other.open(&sealed), None);
            for place in 0..sealed.len() {
                let mut flipped = sealed.clone();
                flipped[place] ^= 1;
                assert_eq!(key.open(&flipped), None);
            }
        }
        assert_eq!(key.open(b"short"), None);
    }
}
