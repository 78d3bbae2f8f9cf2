//! Users as those see them who manage them.
use crate::Settings;
use crate::account::{self, Account, UserState, UserView};
use crate::error::Result;
use crate::statements;
use base::{Permission, UserId};
use store::{Caller, Reader};

/// All users but the deleted ones, in the order in which they were made; 10,000 at the most. Needs `ManageUsers`.
pub fn list_users(reader: &mut Reader, caller: &Caller) -> Result<Vec<UserView>> {
    caller.needs(Permission::ManageUsers)?;
    let accounts = reader.all(&statements::USERS, &[Settings::LIST_MAX.into()], Account::read)?;
    accounts.iter().map(|account| account.view(reader)).collect()
}

/// The user of that id, none for a deleted one. Needs `ManageUsers`.
pub fn user(reader: &mut Reader, caller: &Caller, id: UserId) -> Result<Option<UserView>> {
    caller.needs(Permission::ManageUsers)?;
    let found = account::by_id(reader, id)?.filter(|account| account.state != UserState::Deleted);
    found.map(|account| account.view(reader)).transpose()
}

/// The user who signs in with that name. Needs `ManageUsers`.
pub fn find_user(reader: &mut Reader, caller: &Caller, login: &str) -> Result<Option<UserView>> {
    caller.needs(Permission::ManageUsers)?;
    let found = account::by_login(reader, login)?;
    found.map(|account| account.view(reader)).transpose()
}
