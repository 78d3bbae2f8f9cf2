//! What a journal entry commits to: the digest of a record's row. The parts' digests are SHA-256 of their sealed bytes.
use super::Stored;
use crate::journal::Digest;

/// SHA-256 over the row's columns, each in a fixed place; the clear fields last, as they are stored.
pub(crate) fn row_digest(stored: &Stored) -> Digest {
    let subject = stored.subject_id.map_or([0; 16], |id| *id.bytes());
    let restricted = [u8::from(stored.restricted)];
    keys::sha256(&[
        b"row1",
        stored.id.bytes(),
        &stored.module.to_be_bytes(),
        &stored.scope.to_be_bytes(),
        &stored.version.to_be_bytes(),
        &subject,
        &restricted,
        &stored.created_at.0.to_be_bytes(),
        &stored.changed_at.0.to_be_bytes(),
        stored.clear.as_bytes(),
    ])
}
