//! Passwords: the rules for new ones, and the hash. A hash is made before the change that stores it, never inside the tenant's writer.
use crate::Settings;
use crate::error::{Error, Result};
use crate::slots;
use zeroize::Zeroizing;

/// A password as it is stored: an Argon2id hash with a salt of its own (O-37, T-136, H-21).
pub struct Password {
    pub(crate) phc: String,
}

impl Password {
    /// Takes a password that somebody chose. `Fields` if it breaks a rule: 10 to 128 characters, with a letter and a character that is none.
    pub fn given(text: &str) -> Result<Self> {
        check(text)?;
        Self::hashed(text)
    }

    /// Makes one: 20 letters and digits in groups of five, 100 random bits. It is shown once and kept nowhere (H-54).
    pub fn random() -> Result<(Self, Zeroizing<String>)> {
        let text = generate();
        Ok((Self::hashed(&text)?, text))
    }

    fn hashed(text: &str) -> Result<Self> {
        let _slot = slots::take()?;
        Ok(Self { phc: keys::password::hash(text) })
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(…)")
    }
}

fn check(text: &str) -> Result<()> {
    let length = text.chars().count();
    let fails = |code, de, en| Err(Error::field("password", code, de, en));
    if length < Settings::PASSWORD_MIN {
        return fails(
            "too_short",
            "Das Passwort braucht mindestens 10 Zeichen.",
            "a password has at least 10 characters",
        );
    }
    if length > Settings::PASSWORD_MAX || text.len() > keys::password::MAX_LEN {
        return fails(
            "too_long",
            "Das Passwort darf höchstens 128 Zeichen haben.",
            "a password has at most 128 characters",
        );
    }
    if text.chars().any(char::is_control) {
        return fails("characters", "Das Passwort enthält Steuerzeichen.", "a password has no control characters");
    }
    if !text.chars().any(char::is_alphabetic) || text.chars().all(char::is_alphabetic) {
        let de = "Das Passwort braucht Buchstaben und dazu Ziffern oder Sonderzeichen.";
        return fails("too_simple", de, "a password has letters, and digits or other characters beside them");
    }
    Ok(())
}

/// Letters and digits that nobody mistakes for one another when they are read out or typed (Crockford's base 32).
const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

fn generate() -> Zeroizing<String> {
    loop {
        let bytes = Zeroizing::new(keys::random_bytes::<20>());
        let mut text = Zeroizing::new(String::with_capacity(24));
        for (place, byte) in bytes.iter().enumerate() {
            if place > 0 && place % 5 == 0 {
                text.push('-');
            }
            text.push(LETTERS.get(usize::from(byte & 31)).copied().map_or('0', char::from));
        }
        if text.bytes().any(|byte| byte.is_ascii_digit()) && text.bytes().any(|byte| byte.is_ascii_lowercase()) {
            return text;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn code(text: &str) -> Option<String> {
        match check(text) {
            Err(Error::Fields(errors)) => Some(errors[0].code.clone()),
            _ => None,
        }
    }

    #[test]
    fn rules() {
        assert_eq!(code("abc-45678"), Some("too_short".into()));
        assert_eq!(code("äöü-567890"), None);
        assert_eq!(code("abcdefghij"), Some("too_simple".into()));
        assert_eq!(code("1234567890"), Some("too_simple".into()));
        assert_eq!(code("correct horse battery"), None);
        assert_eq!(code(&"a1".repeat(64)), None);
        assert_eq!(code(&"a1".repeat(65)), Some("too_long".into()));
        assert_eq!(code("abcdefgh12\n"), Some("characters".into()));
    }

    #[test]
    fn generated_ones_are_different_and_follow_the_rules() {
        let made: HashSet<String> = (0..1_000).map(|_| generate().to_string()).collect();
        assert_eq!(made.len(), 1_000);
        assert!(made.iter().all(|text| check(text).is_ok() && text.len() == 23));
    }

    #[test]
    fn is_not_shown() {
        let (password, text) = Password::random().unwrap();
        assert!(keys::password::verify(&text, &password.phc));
        assert_eq!(format!("{password:?}"), "Password(…)");
    }
}
