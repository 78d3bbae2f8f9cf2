//! Revoking: at once, for ever, and written into the ledger, so that a restored backup does not let the token in again.
use super::{Token, by_id, note};
use crate::error::{Error, Result};
use crate::{cache, statements};
use base::{Actor, Permission, UserId};
use store::journal::covered;
use store::ledger::{Line, What};
use store::{Entry, Op};

/// Revokes a token. Needs `ManageUsers`. Revoking twice changes nothing.
pub fn revoke_token(op: &mut Op<'_>, id: UserId) -> Result<()> {
    op.caller().needs(Permission::ManageUsers)?;
    let token = by_id(op, id)?.ok_or_else(|| Error::no_token(id))?;
    if token.revoked_at.is_some() {
        return Ok(());
    }
    let entry = op.entry("revoke-token", None, None);
    revoke(op, &token, &entry)?;
    op.finish(entry, &note(id))?;
    Ok(())
}

/// Revokes what somebody made; how many.
pub(crate) fn revoke_made_by(op: &mut Op<'_>, maker: &Actor, entry: &Entry) -> Result<usize> {
    let maker = maker.to_string();
    let tokens = op.all(&statements::TOKENS_MADE_BY, &[maker.as_str().into()], Token::read)?;
    for token in &tokens {
        revoke(op, token, entry)?;
    }
    Ok(tokens.len())
}

fn revoke(op: &mut Op<'_>, token: &Token, entry: &Entry) -> Result<()> {
    op.change(&statements::TOKEN_REVOKE, &[token.rid.into(), op.now().0.into(), op.commit_no().into()], entry)?;
    op.cover(entry, &covered::TOKEN, token.id.bytes())?;
    cache::forget_all(op);
    // Before the commit: a line too many harms nobody, a line too few lets the token in again after a restore.
    let line = Line { case: Some(format!("token/{}", token.id)), ..Line::new(op.now(), What::TokenRevoked) };
    op.tenant().with_ledger(|ledger, ring| ledger.append(ring, line))?;
    Ok(())
}
