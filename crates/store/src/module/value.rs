//! One value of one kind: read and written.
pub(super) mod country;
pub(super) mod phone;
