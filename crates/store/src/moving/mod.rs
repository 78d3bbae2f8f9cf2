//! Moving a business from one engine or server to another (design, *Placement*).
//!
//! Everything is copied while the business goes on working; the engine writes down which rows change meanwhile. Then nobody gets in for a moment: what
//! changed is brought over, both halves are compared, and one change of the directory says where the business lies from now on. Before that
//! change the old place holds, after it the new one; the half that does not hold is removed, at once or when its end date has come.
mod capture;
mod compare;
mod copy;
mod halves;
mod plan;
mod tables;

pub(crate) use compare::{compare, verified_then};
pub(crate) use copy::{Copier, Half};
pub(crate) use halves::{Halves, OtherHalves, destroy_in_halves, remove_files};
pub use plan::{FormerHalf, Goal, MovePlan, Moved, MovedTable};

use crate::{Exclusive, Result, Tenant};
use keys::Pages;
use std::collections::BTreeSet;
use std::sync::Arc;

/// So few changes are left for the time in which nobody gets in.
const FEW: u64 = 500;
/// Rounds of bringing over before it is enough, however much the business writes.
const ROUNDS: usize = 8;

/// Begins to write down what changes.
pub(crate) fn begin(tenant: &Tenant) -> Result<()> {
    tenant.exclusive(|writer| {
        let state = writer.state();
        capture::begin(&mut state.keys, Pages::Keys)?;
        capture::begin(&mut state.records, Pages::Records)
    })
}

/// Ends it.
pub(crate) fn end(tenant: &Tenant) -> Result<()> {
    tenant.exclusive(|writer| {
        let state = writer.state();
        capture::end(&mut state.keys, Pages::Keys)?;
        capture::end(&mut state.records, Pages::Records)
    })
}

/// Removes what was written down from the databases of a half that nobody has open.
pub(crate) fn clear(half: &mut Half) -> Result<()> {
    capture::end(&mut half.keys, Pages::Keys)?;
    capture::end(&mut half.records, Pages::Records)
}

/// What has changed since it was last asked for, as it stands while the writer is held.
pub(crate) fn changes(writer: &mut Exclusive<'_>) -> Result<Changes> {
    let state = writer.state();
    let mut marks = capture::take(&mut state.keys)?;
    marks.append(&mut capture::take(&mut state.records)?);
    Ok(Changes(marks))
}

/// Rows that have changed.
pub(crate) struct Changes(BTreeSet<tables::Mark>);

/// Copies everything, and brings over what changed meanwhile until little is left.
pub(crate) fn copy_beside(tenant: &Tenant, copier: &mut Copier) -> Result<()> {
    let halves = Halves::of(tenant.shared());
    copier.copy_all(&halves.writing)?;
    bring_over(tenant, copier)
}

/// Brings over what has changed since, until little is left.
pub(crate) fn bring_over(tenant: &Tenant, copier: &mut Copier) -> Result<()> {
    let halves = Halves::of(tenant.shared());
    for _ in 0..ROUNDS {
        let Changes(marks) = tenant.exclusive(changes)?;
        if copier.follow(marks, false, &halves.writing)? <= FEW {
            break;
        }
    }
    Ok(())
}

/// Brings over the rest while nobody can write: both halves are equal afterwards.
pub(crate) fn bring_rest(changes: Changes, copier: &mut Copier, halves: &Arc<Halves>) -> Result<()> {
    copier.follow(changes.0, true, &halves.writing).map(drop)
}
