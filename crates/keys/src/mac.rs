//! Keyed hashes: unique personal values, client addresses and user names are stored as these, never as themselves.
use crate::random::stop;
use crate::ring::Material;
use crate::secret::{Secret, same};
use aws_lc_rs::hmac;
use std::fmt;

/// An HMAC-SHA256 key. Who does not hold it can neither compute a hash nor try values against one.
pub struct MacKey {
    secret: Secret,
    key: Box<hmac::Key>,
}

impl MacKey {
    /// The hash of `data` for one use. `domain` keeps uses apart (`"unique:contact.email"`, `"client-address"`): equal data in
    /// two domains has unrelated hashes. Input: length of the domain (4 bytes, big-endian) ‖ domain ‖ data.
    pub fn mac(&self, domain: &str, data: &[u8]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.key);
        let length = u32::try_from(domain.len()).unwrap_or(u32::MAX);
        context.update(&length.to_be_bytes());
        context.update(domain.as_bytes());
        context.update(data);
        match context.sign().as_ref().try_into() {
            Ok(tag) => tag,
            Err(_) => stop("HMAC-SHA256 gave no 32 bytes"),
        }
    }

    /// Whether `tag` is the hash of `data` in `domain`; in constant time.
    #[must_use]
    pub fn verify(&self, domain: &str, data: &[u8], tag: &[u8]) -> bool {
        same(&self.mac(domain, data), tag)
    }
}

impl Material for MacKey {
    fn from_secret(secret: Secret) -> Self {
        let key = Box::new(hmac::Key::new(hmac::HMAC_SHA256, secret.bytes()));
        Self { secret, key }
    }
    fn secret(&self) -> &Secret {
        &self.secret
    }
}

impl fmt::Debug for MacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MacKey(…)")
    }
}

/// The first 8 bytes of a keyed hash of public bytes: tells a wrong key from damaged bytes, and tells nothing of the key.
pub(crate) fn check_value(key: &Secret, parts: &[&[u8]]) -> [u8; 8] {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key.bytes()));
    for part in parts {
        context.update(part);
    }
    match context.sign().as_ref().first_chunk::<8>() {
        Some(value) => *value,
        None => stop("HMAC-SHA256 gave no 32 bytes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_are_kept_apart() {
        let key = MacKey::from_secret(Secret::generate());
        assert_ne!(key.mac("ab", b"c"), key.mac("a", b"bc"));
        let tag = key.mac("email", b"a@example.org");
        assert!(key.verify("email", b"a@example.org", &tag));
        assert!(!key.verify("email", b"b@example.org", &tag));
        assert!(!key.verify("email", b"a@example.org", &tag[..31]));
        assert!(!MacKey::from_secret(Secret::generate()).verify("email", b"a@example.org", &tag));
    }

    /// RFC 4231, test case 2, through the check value's plain HMAC with a key padded to 32 bytes (HMAC pads with zeros).
    #[test]
    fn rfc_4231() {
        let mut key = [0; 32];
        key[..4].copy_from_slice(b"Jefe");
        let value = check_value(&Secret::copy_of(&key).unwrap(), &[b"what do ya want ", b"for nothing?"]);
        assert_eq!(value, [0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60, 0x75, 0x4e]);
    }
}
