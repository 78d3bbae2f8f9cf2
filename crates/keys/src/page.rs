//! Keys that leave this crate as text because another program needs them: `SQLCipher`'s page keys, restic's password.
use crate::codec::{LOWER, secret_text};
use crate::ring::Material;
use crate::secret::Secret;
use data_encoding::HEXLOWER;
use std::fmt;
use zeroize::Zeroizing;

/// The key that encrypts the pages of one database file.
pub struct PageKey(Secret);

impl PageKey {
    /// `x'…'` with 64 hexadecimal digits: the raw-key form of `SQLCipher`, for `PRAGMA key = "…"`. No derivation follows.
    pub fn pragma(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(67));
        text.push_str("x'");
        HEXLOWER.encode_append(self.0.bytes(), &mut text);
        text.push('\'');
        text
    }
}

impl Material for PageKey {
    fn from_secret(secret: Secret) -> Self {
        Self(secret)
    }
    fn secret(&self) -> &Secret {
        &self.0
    }
}

impl fmt::Debug for PageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PageKey(…)")
    }
}

/// The password of a tenant's backup repository.
pub struct BackupPassword {
    secret: Secret,
    text: Zeroizing<String>,
}

impl BackupPassword {
    /// The password itself: 52 characters of 0-9 and a-z. Hand it to the backup program through a pipe or a private file,
    /// never through an argument.
    pub fn expose(&self) -> &str {
        &self.text
    }
}

impl Material for BackupPassword {
    fn from_secret(secret: Secret) -> Self {
        let text = secret_text(&LOWER, secret.bytes());
        Self { secret, text }
    }
    fn secret(&self) -> &Secret {
        &self.secret
    }
}

impl fmt::Debug for BackupPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BackupPassword(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_forms() {
        let page = PageKey::from_secret(Secret::copy_of(&[0xab; 32]).unwrap());
        assert_eq!(*page.pragma(), format!("x'{}'", "ab".repeat(32)));
        let password = BackupPassword::from_secret(Secret::copy_of(&[0xff; 32]).unwrap());
        assert_eq!(password.expose().len(), 52);
        assert!(password.expose().starts_with("zzzz"));
    }
}
