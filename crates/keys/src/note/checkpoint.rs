//! A checkpoint: how large the journal was and what its root was, signed.
use super::{check_name, open, seal, text_error};
use crate::merkle::Hash;
use crate::{Result, Signer, VerifyKey};
use data_encoding::BASE64;
use serde::{Deserialize, Serialize};

/// The state of a journal at one size.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Which journal: tenant and epoch. Also the name of the key that signs it: no space, no plus.
    pub origin: String,
    /// How many entries.
    pub size: u64,
    /// The root over them ([`crate::merkle`]).
    pub root: Hash,
    /// Further lines, each not empty and without a line end.
    pub extensions: Vec<String>,
}

impl Checkpoint {
    /// The text that is signed: origin, size, root in base 64, extensions, a line each.
    pub fn text(&self) -> Result<String> {
        check_name(&self.origin)?;
        let mut text = format!("{}\n{}\n{}\n", self.origin, self.size, BASE64.encode(&self.root));
        for extension in &self.extensions {
            if extension.is_empty() || extension.contains(|c: char| c.is_ascii_control()) {
                return Err(text_error("an extension line is empty or holds a control character"));
            }
            text.push_str(extension);
            text.push('\n');
        }
        Ok(text)
    }

    /// Reads such a text; exact: no sign, no leading zero, no empty line.
    pub fn from_text(text: &str) -> Result<Self> {
        let malformed = || text_error("it is not a checkpoint");
        let mut lines = text.strip_suffix('\n').ok_or_else(malformed)?.split('\n');
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next()) else {
            return Err(malformed());
        };
        check_name(origin)?;
        let number: u64 = size.parse().map_err(|_| malformed())?;
        let root = BASE64.decode(root.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok()).ok_or_else(malformed)?;
        let extensions: Vec<String> = lines.map(str::to_owned).collect();
        if number.to_string() != size || extensions.iter().any(String::is_empty) {
            return Err(malformed());
        }
        Ok(Self { origin: origin.to_owned(), size: number, root, extensions })
    }
}

/// The checkpoint as a note, signed under its origin as the key's name.
pub fn sign(signer: &Signer, checkpoint: &Checkpoint) -> Result<String> {
    seal(&checkpoint.text()?, &[(&checkpoint.origin, signer)])
}

/// The checkpoint of a note that `key` signed.
///
/// The key's name is taken from the note's own origin, which is signed with the rest: compare [`Checkpoint::origin`] with the
/// journal you mean. Errors as [`open`].
pub fn verify(note: &str, key: &VerifyKey) -> Result<Checkpoint> {
    let (origin, _) = note.split_once('\n').ok_or(text_error("it is not a checkpoint"))?;
    Checkpoint::from_text(open(note, origin, key)?)
}
