//! Tokens of the API: made, checked on every request, listed, revoked. One operation one file.
mod check;
mod create;
mod forget;
mod list;
mod revoke;

pub use check::token;
pub use create::create_token;
pub use forget::forget_tokens;
pub use list::{TokenView, list_tokens};
pub use revoke::revoke_token;

pub(crate) use revoke::revoke_made_by;

use crate::error::damaged;
use crate::statements;
use base::{TenantId, Timestamp, UserId};
use store::engine::Row;
use store::rows::Access;

/// A token's row.
pub(crate) struct Token {
    pub rid: i64,
    pub id: UserId,
    unit: i64,
    name: Vec<u8>,
    pub rights: String,
    pub created_by: String,
    pub created_at: Timestamp,
    /// None for never.
    pub expires_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
}

impl Token {
    fn read(row: &dyn Row) -> store::Result<Self> {
        let moment = |at: i64| (at != 0).then_some(Timestamp(at));
        Ok(Self {
            rid: row.int(0)?,
            id: UserId::from_slice(row.bytes(1)?).map_err(|_| damaged("a token has no readable id"))?,
            unit: row.int(2)?,
            name: row.bytes(3)?.to_vec(),
            rights: row.text(4)?.to_owned(),
            created_by: row.text(5)?.to_owned(),
            created_at: Timestamp(row.int(6)?),
            expires_at: moment(row.int(7)?),
            revoked_at: moment(row.int(8)?),
        })
    }

    /// Opens the name.
    pub fn name(&self, access: &mut dyn Access) -> store::Result<String> {
        let tenant = access.shared().id();
        let plain = access.key(self.unit)?.key.open(&self.name, &name_data(tenant, self.id))?;
        Ok(std::str::from_utf8(&plain).map_err(|_| damaged("a token's name is not readable"))?.to_owned())
    }
}

/// The token of that id; a revoked one too.
pub(crate) fn by_id(access: &mut dyn Access, id: UserId) -> store::Result<Option<Token>> {
    let mut found = None;
    access.rows(&statements::TOKEN_BY_ID, &[id.bytes().into()], &mut |row| {
        found = Some(Token::read(row)?);
        Ok(false)
    })?;
    Ok(found)
}

/// Binds a sealed name to its token.
fn name_data(tenant: TenantId, token: UserId) -> Vec<u8> {
    [b"token".as_slice(), tenant.bytes(), token.bytes()].concat()
}

fn note(token: UserId) -> store::module::Map {
    let mut note = store::module::Map::new();
    note.insert("token".into(), token.to_string().into());
    note
}
