//! Identifiers: 128 random bits, written as 26 letters and digits. No time and no sequence can be read from one (design, *Keys*).
use serde::{Deserialize, Serialize};
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

/// An identifier of one kind of thing. 16 random bytes; as text 26 characters of Crockford's base 32 in lower case.
///
/// The bytes come from the operating system's generator; `keys::random_id` makes them.
pub struct Id<K>([u8; 16], PhantomData<K>);

/// Why a text is no identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdError;

impl fmt::Display for IdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an id: expected 26 characters of 0-9 and a-z without i, l, o, u")
    }
}
impl std::error::Error for IdError {}

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

impl<K> Id<K> {
    /// Takes 16 bytes as they are.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes, PhantomData)
    }
    /// The 16 bytes, as stored.
    pub const fn bytes(&self) -> &[u8; 16] {
        &self.0
    }
    /// Reads 16 bytes from a stored value.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, IdError> {
        bytes.try_into().map(Self::from_bytes).map_err(|_| IdError)
    }
    /// The same bits as an identifier of another kind: the id of a person's record is the id of that person as a subject.
    pub const fn cast<L>(self) -> Id<L> {
        Id(self.0, PhantomData)
    }
}

impl<K> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = u128::from_be_bytes(self.0);
        let mut text = [0u8; 26];
        for (place, slot) in text.iter_mut().enumerate() {
            let shift = 125 - 5 * u32::try_from(place).unwrap_or(0);
            let digit = usize::try_from((number >> shift) & 31).unwrap_or(0);
            *slot = ALPHABET.get(digit).copied().unwrap_or(b'0');
        }
        f.write_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

impl<K> FromStr for Id<K> {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        if text.len() != 26 {
            return Err(IdError);
        }
        let mut number: u128 = 0;
        for (place, byte) in text.bytes().enumerate() {
            let digit = ALPHABET.iter().position(|letter| *letter == byte.to_ascii_lowercase()).ok_or(IdError)?;
            if place == 0 && digit > 7 {
                return Err(IdError); // 26 × 5 bits are two more than 128: the first digit holds three
            }
            number = (number << 5) | digit as u128;
        }
        Ok(Self::from_bytes(number.to_be_bytes()))
    }
}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K> Copy for Id<K> {}
impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<K> Eq for Id<K> {}
impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}
impl<K> std::hash::Hash for Id<K> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}
impl<K> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl<K> Serialize for Id<K> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
impl<'de, K> Deserialize<'de> for Id<K> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Marks what an [`Id`] names.
pub mod of {
    /// A business.
    pub enum Tenant {}
    /// A record of any module.
    pub enum Record {}
    /// A natural person that records are about.
    pub enum Subject {}
    /// What can be destroyed by itself.
    pub enum Unit {}
    /// Somebody who signs in.
    pub enum User {}
}

/// Names a tenant.
pub type TenantId = Id<of::Tenant>;
/// Names a record.
pub type RecordId = Id<of::Record>;
/// Names a subject; the same bits as the record that is the person.
pub type SubjectId = Id<of::Subject>;
/// Names a key unit.
pub type UnitId = Id<of::Unit>;
/// Names a user.
pub type UserId = Id<of::User>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_bytes_are_the_same_id() {
        for bytes in [[0u8; 16], [255; 16], *b"0123456789abcdef"] {
            let id = RecordId::from_bytes(bytes);
            assert_eq!(id.to_string().len(), 26);
            assert_eq!(id.to_string().parse::<RecordId>(), Ok(id));
            assert_eq!(id.to_string().to_uppercase().parse::<RecordId>(), Ok(id));
        }
    }

    #[test]
    fn other_text_is_refused() {
        for text in
            ["", "x", "zzzzzzzzzzzzzzzzzzzzzzzzzz", "0000000000000000000000000i", "00000000-0000-0000-0000-0000"]
        {
            assert_eq!(text.parse::<RecordId>(), Err(IdError), "{text}");
        }
    }
}
