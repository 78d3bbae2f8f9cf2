//! What the `subject` commands share.
use crate::failure::Failure;
use base::SubjectId;

/// A person's id as the user typed it.
pub(super) fn id(text: &str) -> Result<SubjectId, Failure> {
    super::record_id(text).map(base::Id::cast)
}
