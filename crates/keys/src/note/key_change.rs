//! The statement with which an old signing key hands over to a new one.
//!
//! A note of four lines: `obhut signing key change v1`, the origin, the old public key, the new public key (both in base
//! 64), signed by both under the origin: the old key vouches for the new one, the new one shows that it is held.
use super::{check_name, open, seal, text_error};
use crate::{Result, Signer, VerifyKey};
use data_encoding::BASE64;

const TITLE: &str = "obhut signing key change v1";

/// From which key to which the journal of an origin went over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyChange {
    /// Which journal.
    pub origin: String,
    /// The key that signed until now.
    pub old: VerifyKey,
    /// The key that signs from now on.
    pub new: VerifyKey,
}

/// The statement, signed by the old and by the new key.
pub fn sign_key_change(origin: &str, old: &Signer, new: &Signer) -> Result<String> {
    check_name(origin)?;
    let key = |signer: &Signer| BASE64.encode(signer.verify_key().bytes());
    let text = format!("{TITLE}\n{origin}\n{}\n{}\n", key(old), key(new));
    seal(&text, &[(origin, old), (origin, new)])
}

/// Reads such a statement, which must go from `old` to a key that signed it too.
pub fn verify_key_change(note: &str, origin: &str, old: &VerifyKey) -> Result<KeyChange> {
    let change = read_key_change(note, origin)?;
    if change.old == *old { Ok(change) } else { Err(text_error("it hands over from another key")) }
}

/// Reads such a statement of that origin, signed by both keys that it names. Which of them is known already is the caller's to say.
pub fn read_key_change(note: &str, origin: &str) -> Result<KeyChange> {
    let malformed = || text_error("it is not a statement of a new signing key");
    let mut lines = note.lines();
    let (Some(TITLE), Some(named), Some(from), Some(to), Some("")) =
        (lines.next(), lines.next(), lines.next(), lines.next(), lines.next())
    else {
        return Err(malformed());
    };
    let key = |text: &str| {
        let bytes = BASE64.decode(text.as_bytes()).ok()?;
        bytes.try_into().ok().map(VerifyKey::from_bytes)
    };
    let (old, new) = key(from).zip(key(to)).ok_or_else(malformed)?;
    // What stands above was read before it was proven: now both keys must have signed just these four lines.
    let text = format!("{TITLE}\n{origin}\n{from}\n{to}\n");
    if named != origin || open(note, origin, &old)? != text || open(note, origin, &new)? != text {
        return Err(malformed());
    }
    Ok(KeyChange { origin: origin.to_owned(), old, new })
}
