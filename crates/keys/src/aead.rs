//! AES-256-GCM with random nonces: the one cipher behind wrapped keys and sealed parts.
//!
//! Sealed bytes are always `nonce (12) ‖ ciphertext (as long as the plaintext) ‖ tag (16)`. A random nonce allows 2^32
//! seals under one key before a repetition becomes likelier than 2^-32; a key unit or a wrap key stays far below.
use crate::random::{self, random_bytes};
use crate::secret::Secret;
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use zeroize::Zeroizing;

pub(crate) const NONCE_LEN: usize = 12;
pub(crate) const TAG_LEN: usize = 16;
/// What sealing adds.
pub(crate) const OVERHEAD: usize = NONCE_LEN + TAG_LEN;
/// A wrapped 32-byte key.
pub(crate) const WRAPPED_LEN: usize = 32 + OVERHEAD;

/// An expanded AES-256-GCM key. AWS-LC keeps it on its own heap and zeroes it when freed.
pub(crate) struct Cipher(LessSafeKey);

impl Cipher {
    pub(crate) fn new(key: &Secret) -> Self {
        match UnboundKey::new(&AES_256_GCM, key.bytes()) {
            Ok(unbound) => Self(LessSafeKey::new(unbound)),
            Err(_) => random::stop("AES-256-GCM took no 32-byte key"),
        }
    }

    /// Appends nonce, ciphertext and tag to `out`.
    pub(crate) fn seal_onto(&self, out: &mut Vec<u8>, aad: &[u8], plain: &[u8]) {
        // One reservation: growing later would copy the plaintext and leave the old copy in freed memory.
        out.reserve_exact(plain.len() + OVERHEAD);
        let nonce = random_bytes::<NONCE_LEN>();
        out.extend_from_slice(&nonce);
        let start = out.len();
        out.extend_from_slice(plain);
        let tag = self.seal_in_place(nonce, aad, out.get_mut(start..).unwrap_or_default());
        out.extend_from_slice(&tag);
    }

    /// Encrypts where it stands, under a nonce that the caller never uses twice with this key.
    pub(crate) fn seal_in_place(&self, nonce: [u8; NONCE_LEN], aad: &[u8], text: &mut [u8]) -> [u8; TAG_LEN] {
        let sealed = self.0.seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(aad), text);
        match sealed.ok().and_then(|tag| tag.as_ref().try_into().ok()) {
            Some(tag) => tag,
            // AES-256-GCM refuses only more than 64 GiB under one nonce, which no caller can hold in memory.
            None => random::stop("AES-256-GCM could not seal"),
        }
    }

    /// Opens what [`Self::seal_onto`] appended; `None` if anything about it differs.
    pub(crate) fn open(&self, sealed: &[u8], aad: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let mut plain = Zeroizing::new(vec![0; sealed.len().checked_sub(OVERHEAD)?]);
        self.open_into(sealed, aad, &mut plain)?;
        Some(plain)
    }

    /// Opens into a place of exactly the right length.
    pub(crate) fn open_into(&self, sealed: &[u8], aad: &[u8], plain: &mut [u8]) -> Option<()> {
        let (nonce, rest) = sealed.split_first_chunk::<NONCE_LEN>()?;
        let (text, tag) = rest.split_last_chunk::<TAG_LEN>()?;
        if text.len() != plain.len() {
            return None;
        }
        self.0.open_separate_gather(Nonce::assume_unique_for_key(*nonce), Aad::from(aad), text, tag, plain).ok()
    }

    /// Opens ciphertext and tag where they stand; the length of the plaintext at the front.
    pub(crate) fn open_in_place(&self, nonce: [u8; NONCE_LEN], aad: &[u8], text_and_tag: &mut [u8]) -> Option<usize> {
        let plain = self.0.open_in_place(Nonce::assume_unique_for_key(nonce), Aad::from(aad), text_and_tag);
        plain.ok().map(|plain| plain.len())
    }

    /// Appends a wrapped key: [`WRAPPED_LEN`] bytes.
    pub(crate) fn wrap_onto(&self, out: &mut Vec<u8>, aad: &[u8], key: &Secret) {
        self.seal_onto(out, aad, key.bytes());
    }

    /// Unwraps a key.
    pub(crate) fn unwrap_key(&self, wrapped: &[u8], aad: &[u8]) -> Option<Secret> {
        let mut key = Secret::zero();
        self.open_into(wrapped, aad, key.bytes_mut())?;
        Some(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seals_and_opens() {
        let cipher = Cipher::new(&Secret::generate());
        for length in [0, 1, 15, 16, 17, 4096] {
            let plain = vec![7; length];
            let mut sealed = b"head".to_vec();
            cipher.seal_onto(&mut sealed, b"aad", &plain);
            assert_eq!(sealed.len(), 4 + length + OVERHEAD);
            assert_eq!(*cipher.open(&sealed[4..], b"aad").unwrap(), plain);
            assert!(cipher.open(&sealed[4..], b"aae").is_none());
            assert!(cipher.open(&sealed[5..], b"aad").is_none());
        }
        assert!(cipher.open(&[0; OVERHEAD - 1], b"").is_none());
    }

    /// Test case 16 of the GCM specification (`McGrew` and `Viega`), shortened to what this interface takes.
    #[test]
    fn gcm_specification_case_16() {
        let hex = |text: &str| data_encoding::HEXLOWER.decode(text.as_bytes()).unwrap();
        let key = Secret::copy_of(&hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308")).unwrap();
        let nonce: [u8; 12] = hex("cafebabefacedbaddecaf888").try_into().unwrap();
        let mut text = hex(
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
        );
        let tag = Cipher::new(&key).seal_in_place(nonce, &hex("feedfacedeadbeeffeedfacedeadbeefabaddad2"), &mut text);
        assert_eq!(
            text,
            hex(
                "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
            )
        );
        assert_eq!(tag.to_vec(), hex("76fc6ece0f4e1768cddf8853bb2d551b"));
    }
}
