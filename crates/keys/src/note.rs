//! Signed notes: the text form in which the journal's checkpoints leave the house, so that witnesses can check them with
//! tools that are not ours.
//!
//! A note (C2SP signed-note) is a text that ends in a line end, an empty line, and one line per signature:
//! `— <key name> <base64 of key id (4) ‖ signature (64)>`. The key id is the first four bytes of
//! SHA-256(key name ‖ `\n` ‖ 0x01 ‖ public key); 0x01 is Ed25519. A public key travels as *vkey* `<name>+<key id in
//! hexadecimal>+<base64 of 0x01 ‖ public key>`. Signatures of unknown keys are skipped; one by the expected key must be there
//! and right.
//!
//! A checkpoint (C2SP tlog-checkpoint) is a note of *origin*, *size*, *base64 of the root* and perhaps extension lines, signed
//! by a key whose name is the origin.

mod checkpoint;
mod key_change;
#[cfg(test)]
mod tests;

pub use checkpoint::{Checkpoint, sign, verify};
pub use key_change::{KeyChange, read_key_change, sign_key_change, verify_key_change};

use crate::hash::sha256_prefix;
use crate::{Error, Result, Signer, VerifyKey};
use data_encoding::{BASE64, HEXLOWER};
use std::fmt::Write as _;

/// The longest note that is read, in bytes.
pub const MAX_NOTE_LEN: usize = 65_536;
/// The most signatures that are read in one note.
pub const MAX_SIGNATURES: usize = 100;

const ED25519: u8 = 1;
const WHAT: &str = "The signed note";

/// A note of `text`, signed by each signer under its name. `text` must end in a line end and hold no other control
/// character; a name holds no space and no `+` ([`Error::NoteText`]).
pub fn seal(text: &str, signers: &[(&str, &Signer)]) -> Result<String> {
    check_text(text)?;
    let mut note = format!("{text}\n");
    for (name, signer) in signers {
        check_name(name)?;
        let mut signature = key_id(name, &signer.verify_key()).to_vec();
        signature.extend_from_slice(&signer.sign(text.as_bytes()));
        let _ = writeln!(note, "— {name} {}", BASE64.encode(&signature));
    }
    Ok(note)
}

/// The text of a note that the key of that name signed.
///
/// [`Error::WrongKey`] if that key did not sign at all, [`Error::Damaged`] if it did and the signature does not fit,
/// [`Error::NoteText`] if it is no note.
pub fn open<'a>(note: &'a str, name: &str, key: &VerifyKey) -> Result<&'a str> {
    if note.len() > MAX_NOTE_LEN {
        return Err(text_error("it is longer than 64 KiB"));
    }
    // The last empty line parts text and signatures: the text may hold empty lines itself.
    let (text, signatures) = note.rsplit_once("\n\n").ok_or(text_error("it has no signature"))?;
    let text = note.get(..text.len().saturating_add(1)).unwrap_or_default(); // with its line end, which is signed too
    check_text(text)?;
    let signatures = signatures.strip_suffix('\n').ok_or(text_error("its last line has no end"))?;
    let expected = key_id(name, key);
    let mut found = false;
    for (count, line) in signatures.split('\n').enumerate() {
        if count >= MAX_SIGNATURES {
            return Err(text_error("it has more than 100 signatures"));
        }
        let malformed = || text_error("a signature line is malformed");
        let (signer, encoded) = line.strip_prefix("— ").and_then(|rest| rest.split_once(' ')).ok_or_else(malformed)?;
        check_name(signer)?;
        let bytes = BASE64.decode(encoded.as_bytes()).map_err(|_| malformed())?;
        let (id, signature) = bytes.split_first_chunk::<4>().ok_or_else(malformed)?;
        if signer == name && *id == expected {
            key.verify(text.as_bytes(), signature).map_err(|_| Error::Damaged { what: WHAT })?;
            found = true;
        }
    }
    if found { Ok(text) } else { Err(Error::WrongKey { key: "The signing key" }) }
}

/// The key id that stands before a signature of this key under that name.
pub fn key_id(name: &str, key: &VerifyKey) -> [u8; 4] {
    sha256_prefix(&[name.as_bytes(), b"\n", &[ED25519], key.bytes()])
}

impl VerifyKey {
    /// The text in which a witness keeps this key under that name (an origin): `name+id+base64`.
    pub fn vkey(&self, name: &str) -> Result<String> {
        check_name(name)?;
        let mut bytes = vec![ED25519];
        bytes.extend_from_slice(self.bytes());
        Ok(format!("{name}+{}+{}", HEXLOWER.encode(&key_id(name, self)), BASE64.encode(&bytes)))
    }

    /// The name and the key of such a text; [`Error::NoteText`] if its id does not fit.
    pub fn from_vkey(text: &str) -> Result<(String, Self)> {
        let malformed = || text_error("the verification key is malformed");
        let mut parts = text.splitn(3, '+'); // base 64 may hold a plus, so what is left over is all one part
        let (Some(name), Some(id), Some(encoded)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(malformed());
        };
        check_name(name)?;
        let bytes = BASE64.decode(encoded.as_bytes()).map_err(|_| malformed())?;
        let key = match bytes.split_first() {
            Some((&ED25519, key)) => Self::from_bytes(key.try_into().map_err(|_| malformed())?),
            _ => return Err(text_error("the verification key is not of Ed25519")),
        };
        if HEXLOWER.encode(&key_id(name, &key)) != id {
            return Err(text_error("the verification key does not match its own id"));
        }
        Ok((name.to_owned(), key))
    }
}

fn check_name(name: &str) -> Result<()> {
    if name.is_empty() || name.contains(|c: char| c.is_whitespace() || c.is_control() || c == '+') {
        return Err(text_error("a key name is empty or holds a space, a control character or a plus"));
    }
    Ok(())
}

fn check_text(text: &str) -> Result<()> {
    if !text.ends_with('\n') || text.contains(|c: char| c.is_ascii_control() && c != '\n') {
        return Err(text_error("the text has no line end or holds a control character"));
    }
    Ok(())
}

const fn text_error(reason: &'static str) -> Error {
    Error::NoteText { reason }
}
