//! Deleting a user: nothing of the person is left but a number (X-24, H-97 to H-100).
use super::{end_sessions, note};
use crate::account::{self, UserState};
use crate::error::{Error, Result, damaged};
use crate::statements;
use crate::token;
use base::{Actor, UnitId, UserId};
use store::erase::Destroy;
use store::journal::covered;
use store::rows::Access;
use store::{Caller, Exclusive, Op, Tenant};

/// Deletions that one call finishes; the next call takes the rest.
const UNFINISHED_MAX: i64 = 1_000;

/// Deletes a user. Sessions and tokens end, the key of the profile is destroyed and with it every name in the journal; what the user did stays, by
/// "deleted user n". Open work passes to `successor`, another active user. Needs `ManageUsers`. `Conflict` (`last-administrator`, `successor`).
pub fn delete_user(tenant: &Tenant, caller: &Caller, id: UserId, successor: UserId) -> Result<()> {
    let caller = caller.clone();
    tenant.exclusive(move |writer| {
        let unit = writer.op(caller.clone(), move |op| close(op, id, successor))?;
        destroy(writer, &caller, id, unit)
    })
}

/// Finishes deletions that a crash has interrupted; how many. To be called once when a tenant was opened.
pub fn finish_deletions(tenant: &Tenant) -> Result<usize> {
    let half: Vec<(UserId, UnitId)> =
        tenant.reader()?.all(&statements::USERS_HALF_DELETED, &[UNFINISHED_MAX.into()], |row| {
            let user = UserId::from_slice(row.bytes(0)?).map_err(|_| damaged("a user has no readable id"))?;
            Ok((user, UnitId::from_slice(row.bytes(1)?).map_err(|_| damaged("a unit has no readable id"))?))
        })?;
    let count = half.len();
    for (user, unit) in half {
        tenant.exclusive(move |writer| destroy(writer, &Caller::job("finish-deletions"), user, unit))?;
    }
    Ok(count)
}

fn destroy(writer: &mut Exclusive<'_>, caller: &Caller, id: UserId, unit: UnitId) -> Result<()> {
    let what = Destroy { case: format!("user/{id}"), action: "erase", subject: None, units: vec![unit] };
    store::erase::destroy(writer, caller, &what)?;
    Ok(())
}

/// From here on the user is gone for everyone; what is left is to destroy the key.
fn close(op: &mut Op<'_>, id: UserId, successor: UserId) -> Result<UnitId> {
    let account = account::to_change(op, id)?;
    account::not_the_last_administrator(op, &account)?;
    let follows = account::by_id(op, successor)?.is_some_and(|next| next.state == UserState::Active);
    if !follows || successor == id {
        return Err(Error::conflict("successor", "the successor must be another active user"));
    }
    let unit = op.key(account.unit)?.id;
    let entry = op.entry("delete-user", None, None);
    let nothing: &[u8] = &[];
    op.change(&statements::USER_DELETE, &[account.rid.into(), nothing.into(), op.commit_no().into()], &entry)?;
    op.cover(&entry, &covered::USER, id.bytes())?;
    let sessions = end_sessions(op, account.rid)?;
    let tokens = token::revoke_made_by(op, &Actor::User(id), &entry)?;
    let mut note = note(id);
    note.insert("successor".into(), successor.to_string().into());
    note.insert("sessions".into(), sessions.into());
    note.insert("tokens".into(), tokens.into());
    op.finish(entry, &note)?;
    Ok(unit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{House, operator};
    use crate::{Role, Who, who};

    #[test]
    fn a_deletion_that_was_interrupted_is_finished() {
        let house = House::new();
        let erika = house.user("erika", Role::Administrator);
        let bert = house.user("bert", Role::Reader);
        assert_eq!(finish_deletions(house.tenant()).unwrap(), 0);
        // As far as a process came that was killed then.
        house.write(move |op| close(op, bert, erika)).unwrap();
        let states =
            || house.rows("SELECT u.state FROM user_account a JOIN unit u ON u.rid = a.unit ORDER BY a.rid", 1);
        assert_eq!(states(), [["0"], ["0"]]);
        let shown = who(&mut house.tenant().reader().unwrap(), &operator(), &format!("user:{bert}")).unwrap();
        assert_eq!(shown, Who::Deleted(2), "gone for everyone already");
        assert_eq!(finish_deletions(house.tenant()).unwrap(), 1);
        assert_eq!(states(), [["0"], ["2"]]);
        assert_eq!(finish_deletions(house.tenant()).unwrap(), 0);
        house.verifies();
    }
}
