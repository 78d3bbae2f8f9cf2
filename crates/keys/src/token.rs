//! Tokens: what a program shows instead of a password, and what a session's cookie holds. Stored only as a hash (H-10).
//!
//! `obhut_` and 56 characters of Crockford's base 32 in lower case: 32 random bytes and the first 3 of
//! SHA-256(`obhut token check v1\0` ‖ the 32 bytes). The prefix and the check let a scanner find a token that slipped into a
//! repository or a log, and refuse a mistyped one without a look into the database. The stored hash is
//! SHA-256(`obhut token v1\0` ‖ the 32 bytes); 256 random bits need no slow hash.
use crate::codec::{LOWER, secret_bytes};
use crate::hash::sha256_prefix;
use crate::secret::Secret;
use crate::sha256;
use zeroize::Zeroizing;

/// What every token begins with.
pub const PREFIX: &str = "obhut_";
/// How long a token is, in characters.
pub const TOKEN_LEN: usize = PREFIX.len() + 56;

/// A new token, and the hash to store in its place. The text is shown once and kept nowhere.
pub fn generate() -> (Zeroizing<String>, [u8; 32]) {
    let secret = Secret::generate();
    let mut bytes = Zeroizing::new(Vec::with_capacity(35));
    bytes.extend_from_slice(secret.bytes());
    bytes.extend_from_slice(&check(secret.bytes()));
    let mut text = Zeroizing::new(String::with_capacity(TOKEN_LEN));
    text.push_str(PREFIX);
    LOWER.encode_append(&bytes, &mut text);
    (text, stored(secret.bytes()))
}

/// The hash under which a token is stored; `None` if the text is not exactly a token. Whether it exists and still holds is
/// the store's to say.
pub fn hash(text: &str) -> Option<[u8; 32]> {
    let encoded = text.strip_prefix(PREFIX).filter(|_| text.len() == TOKEN_LEN)?;
    let bytes = secret_bytes(&LOWER, encoded.as_bytes())?;
    let (secret, found) = bytes.split_first_chunk::<32>()?;
    (check(secret) == *found).then(|| stored(secret))
}

fn check(secret: &[u8; 32]) -> [u8; 3] {
    sha256_prefix(&[b"obhut token check v1\0", secret])
}
fn stored(secret: &[u8; 32]) -> [u8; 32] {
    sha256(&[b"obhut token v1\0", secret])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_token_is_found_by_its_hash() {
        let (text, stored) = generate();
        assert_eq!(text.len(), TOKEN_LEN);
        assert!(text.starts_with("obhut_"));
        assert_eq!(hash(&text), Some(stored));
        assert_ne!(hash(&generate().0), Some(stored));
        let hex = data_encoding::HEXLOWER.encode(&stored);
        assert!(!text.contains(&hex[..8]));
    }

    #[test]
    fn nothing_but_a_whole_token_has_a_hash() {
        let (text, _) = generate();
        for place in 0..text.len() {
            let mut altered = text.as_bytes().to_vec();
            altered[place] = if altered[place] == b'7' { b'8' } else { b'7' };
            assert_eq!(hash(&String::from_utf8(altered).unwrap()), None, "character {place}");
            assert_eq!(hash(&text[..place]), None);
        }
        assert_eq!(hash(&text.to_uppercase()), None);
        assert_eq!(hash(&format!("{} ", *text)), None);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "(obhut_)?.{0,70}") {
            prop_assert_eq!(hash(&text), None);
        }
    }
}
