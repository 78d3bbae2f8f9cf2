//! Users: made, listed, renamed, given a role, locked, deleted. One operation one file.
mod create;
mod delete;
mod list;
mod lock;
mod rename;
mod reset;
mod set_role;

pub use create::{NewUser, create_user};
pub use delete::{delete_user, finish_deletions};
pub use list::{find_user, list_users, user};
pub(crate) use lock::lock;
pub use lock::{lock_user, unlock_user};
pub use rename::{Rename, rename_user};
pub use reset::reset_password;
pub use set_role::set_role;

use base::UserId;
use store::module::Map;
use store::{Op, Result};

/// The note of an entry about a user.
fn note(user: UserId) -> Map {
    let mut note = Map::new();
    note.insert("user".into(), user.to_string().into());
    note
}

/// Ends every session of a user; the next request of each finds none.
fn end_sessions(op: &mut Op<'_>, account: i64) -> Result<u64> {
    let ended = op.upkeep(&crate::statements::SESSIONS_END_OF, &[account.into()])?;
    crate::cache::forget_all(op);
    Ok(ended)
}
