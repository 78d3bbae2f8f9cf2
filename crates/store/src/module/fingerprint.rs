//! The fingerprint of a definition: what a journal entry names, so that an old entry can be read with the definition of its time.
use super::Definition;

/// SHA-256 over the definition's JSON: parts in the order of the types, fields and states in the order of the file. Comments, spacing
/// and the order of keys do not count.
pub(super) fn fingerprint(definition: &Definition) -> [u8; 32] {
    let canonical = serde_json::to_vec(definition).unwrap_or_default(); // plain structs with string keys always serialise
    keys::sha256(&[&canonical])
}
