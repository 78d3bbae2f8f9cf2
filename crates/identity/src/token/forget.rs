//! Forgetting tokens that are over: their names are people's words and go some time after the token.
use super::Token;
use crate::error::Result;
use crate::{Settings, statements};
use base::{UnitId, UserId};
use store::erase::Destroy;
use store::journal::covered;
use store::{Caller, Tenant};

/// Tokens forgotten in one go.
const MAX: i64 = 1_000;

/// Destroys the names of tokens that were revoked or expired [`Settings::TOKEN_KEPT_MS`] ago, and deletes their rows; gives how many. What a crash
/// leaves is found again: the key goes first, the row last.
pub fn forget_tokens(tenant: &Tenant) -> Result<usize> {
    let before = tenant.shared().clock().now().plus_ms(-Settings::TOKEN_KEPT_MS);
    let over: Vec<(UserId, UnitId)> =
        tenant.reader()?.all(&statements::TOKENS_OVER, &[before.0.into(), MAX.into()], |row| {
            let unit = UnitId::from_slice(row.bytes(9)?);
            Ok((Token::read(row)?.id, unit.map_err(|_| crate::error::damaged("a unit has no readable id"))?))
        })?;
    let count = over.len();
    for (id, unit) in over {
        let what = Destroy { case: format!("token/{id}"), action: "erase", subject: None, units: vec![unit] };
        tenant.exclusive(move |writer| -> Result<()> {
            let caller = Caller::job("forget-tokens");
            store::erase::destroy(writer, &caller, &what)?;
            writer.op(caller, move |op| -> Result<()> {
                let entry = op.entry("forget-token", None, None);
                op.change(&statements::TOKEN_DELETE, &[id.bytes().into()], &entry)?;
                op.cover(&entry, &covered::TOKEN, id.bytes())?;
                crate::cache::forget_all(op);
                op.finish(entry, &super::note(id))?;
                Ok(())
            })
        })?;
    }
    Ok(count)
}
