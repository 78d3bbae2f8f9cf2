//! The key that wraps unit keys.
use crate::aead::Cipher;
use crate::ring::Material;
use crate::secret::Secret;
use std::fmt;

/// Wraps the tenant's unit keys as they stand in `keys.db`. Good for 2^32 wraps; rotating it rewraps them.
pub struct WrapKey {
    secret: Secret,
    pub(crate) cipher: Cipher,
}

impl Material for WrapKey {
    fn from_secret(secret: Secret) -> Self {
        let cipher = Cipher::new(&secret);
        Self { secret, cipher }
    }
    fn secret(&self) -> &Secret {
        &self.secret
    }
}

impl fmt::Debug for WrapKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WrapKey(…)")
    }
}
