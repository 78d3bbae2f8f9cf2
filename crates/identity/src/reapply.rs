//! Applying the ledger again: a revoked token and a locked user stay so also after an older database was put back.
use crate::account::{self, UserState};
use crate::error::Result;
use crate::{token, user};
use base::UserId;
use std::collections::BTreeMap;
use store::ledger::What;
use store::{Caller, Error, Tenant};

/// Revokes and locks what the ledger says behind the lines that the databases knew when they were opened; gives how many. Called when a tenant is
/// opened.
pub fn reapply_ledger(tenant: &Tenant) -> Result<usize> {
    let from = tenant.known_lines();
    let mut last: BTreeMap<String, What> = BTreeMap::new();
    tenant.shared().with_ledger(|ledger, _| {
        for line in ledger.lines().iter().filter(|line| line.n >= from) {
            if let (What::TokenRevoked | What::UserLocked | What::UserUnlocked, Some(case)) = (line.what, &line.case) {
                last.insert(case.clone(), line.what);
            }
        }
    });
    last.retain(|_, what| *what != What::UserUnlocked);
    if last.is_empty() {
        return Ok(0);
    }
    tenant.write(Caller::job("ledger"), move |op| {
        let mut done = 0;
        for (case, _) in last {
            let named = case.split_once('/').and_then(|(kind, id)| Some((kind, id.parse::<UserId>().ok()?)));
            match named {
                Some(("token", id)) if token::by_id(op, id)?.is_some_and(|token| token.revoked_at.is_none()) => {
                    token::revoke_token(op, id)?;
                    done += 1;
                }
                Some(("user", id)) => {
                    let found = account::by_id(op, id)?.filter(|account| account.state == UserState::Active);
                    if let Some(account) = found {
                        // Also the last administrator: an operator lifts it.
                        user::lock(op, &account)?;
                        done += 1;
                    }
                }
                _ => {}
            }
        }
        Ok::<_, crate::Error>(done)
    })
}

/// The same for the list of what is done at opening.
pub fn reapply_at_opening(tenant: &Tenant) -> store::Result<()> {
    reapply_ledger(tenant).map(drop).map_err(|error| Error::Busy { message: error.to_string() })
}
