//! Ed25519: the journal's signing key and the public key that checks it.
use crate::random::stop;
use crate::ring::Material;
use crate::secret::Secret;
use crate::{Error, Result};
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use data_encoding::BASE64;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Signs checkpoints and what else the tenant answers for. The secret is the 32-byte seed of RFC 8032.
pub struct Signer {
    seed: Secret,
    pair: Ed25519KeyPair,
    public: VerifyKey,
}

impl Signer {
    /// A new key outside a ring, for tests and for witnesses of another house.
    pub fn generate() -> Self {
        Self::from_secret(Secret::generate())
    }
    /// Signs `message` (Ed25519, RFC 8032): 64 bytes.
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        match self.pair.try_sign(message).ok().and_then(|signature| signature.as_ref().try_into().ok()) {
            Some(signature) => signature,
            None => stop("Ed25519 could not sign"),
        }
    }
    /// The public key that checks this one's signatures.
    pub const fn verify_key(&self) -> VerifyKey {
        self.public
    }
}

impl Material for Signer {
    fn from_secret(seed: Secret) -> Self {
        let Ok(pair) = Ed25519KeyPair::from_seed_unchecked(seed.bytes()) else { stop("Ed25519 took no 32-byte seed") };
        let public = match pair.public_key().as_ref().try_into() {
            Ok(bytes) => VerifyKey(bytes),
            Err(_) => stop("Ed25519 gave no 32-byte public key"),
        };
        Self { seed, pair, public }
    }
    fn secret(&self) -> &Secret {
        &self.seed
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({:?})", self.public)
    }
}

/// An Ed25519 public key. Not secret. In JSON: base 64.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct VerifyKey([u8; 32]);

impl VerifyKey {
    /// Takes the 32 bytes of RFC 8032. Whether they are a point of the curve shows when a signature is checked.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
    /// The 32 bytes.
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
    /// Whether `signature` is one by this key over `message`.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<()> {
        UnparsedPublicKey::new(&ED25519, &self.0)
            .verify(message, signature)
            .map_err(|_| Error::Damaged { what: "The signed text" })
    }
}

impl fmt::Debug for VerifyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl Serialize for VerifyKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64.encode(self.bytes()))
    }
}
impl<'de> Deserialize<'de> for VerifyKey {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        let bytes = BASE64.decode(text.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self::from_bytes).ok_or_else(|| serde::de::Error::custom("not an Ed25519 public key in base 64"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use data_encoding::HEXLOWER;

    /// RFC 8032, 7.1, test 2.
    #[test]
    fn rfc_8032() {
        let seed = HEXLOWER.decode(b"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb").unwrap();
        let signer = Signer::from_secret(Secret::copy_of(&seed).unwrap());
        assert_eq!(
            HEXLOWER.encode(signer.verify_key().bytes()),
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
        );
        let signature = signer.sign(&[0x72]);
        assert_eq!(
            HEXLOWER.encode(&signature),
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        );
        signer.verify_key().verify(&[0x72], &signature).unwrap();
        signer.verify_key().verify(&[0x73], &signature).unwrap_err();
        signer.verify_key().verify(&[0x72], &signature[..63]).unwrap_err();
    }
}
