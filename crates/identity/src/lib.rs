//! Who is calling: users, passwords, sign-in, sessions, tokens, and the names behind the ids that everything else stores.
//!
//! What it promises: no text about a user stands in any table or in the journal in the clear (C-04 to C-07, F-066); every failed sign-in has one answer
//! and takes the same time (O-35 to O-37); sessions and tokens are stored as hashes only (H-10), and a change that ends them holds from the moment it
//! is answered (O-36). It knows nothing of HTTP and of records; what it gives to others is a [`store::Caller`] with its rights.
//!
//! Everything that changes is an operation in the caller's [`store::Op`]. Password hashes are made outside of it.
mod account;
mod cache;
mod error;
mod password;
mod reapply;
mod rights;
mod role;
mod secret;
mod security_log;
mod session;
mod settings;
mod sign_in;
mod slots;
pub mod statements;
mod token;
mod user;
mod who;

#[cfg(test)]
mod tests;

pub use account::{UserState, UserView};
pub use error::{Error, Result};
pub use password::Password;
pub use reapply::{reapply_at_opening, reapply_ledger};
pub use role::Role;
pub use secret::{session_tenant, tenant_of};
pub use session::{SessionInfo, purge_sessions, session, sign_out};
pub use settings::Settings;
pub use sign_in::{SignedIn, sign_in};
pub use token::{TokenView, create_token, forget_tokens, list_tokens, revoke_token, token};
pub use user::{
    NewUser, Rename, create_user, delete_user, find_user, finish_deletions, list_users, lock_user, rename_user,
    reset_password, set_role, unlock_user, user,
};
pub use who::{Who, who};
