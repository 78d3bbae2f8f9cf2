//! The associated data that binds each sealed thing to its place: a part cannot be moved to another record, tenant or version.
use base::{RecordId, TenantId};

/// For a record's sealed part: tenant, record, version at which it was sealed. (The unit stands in the sealed header.)
pub(crate) fn part_data(tenant: TenantId, record: RecordId, version: i64) -> Vec<u8> {
    [b"part".as_slice(), tenant.bytes(), record.bytes(), &version.to_be_bytes()].concat()
}

/// For a journal value part: tenant and sequence.
pub(crate) fn value_data(tenant: TenantId, seq: u64) -> Vec<u8> {
    [b"value".as_slice(), tenant.bytes(), &seq.to_be_bytes()].concat()
}

/// For a user's profile: tenant and user.
pub fn profile_data(tenant: TenantId, user: base::UserId) -> Vec<u8> {
    [b"profile".as_slice(), tenant.bytes(), user.bytes()].concat()
}
