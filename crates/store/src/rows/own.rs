//! What features need beside records: a key unit that is nobody's but a row's of their own table.
use crate::Result;
use crate::journal::covered;
use crate::op::{Entry, Op};
use crate::statements;
use crate::units::Unit;

impl Op<'_> {
    /// A fresh unit for one row of a feature's own table: a user's profile, the name of a token. Each call makes another one; no record and no
    /// other row ever shares it, so that it can be destroyed with what it belongs to.
    ///
    /// Its row names no subject, and a negative number where a record's stands: no record has it, so no look-up by owner finds the unit. The
    /// feature keeps the unit's row number itself.
    pub fn own_unit(&mut self, class: &str, entry: &Entry) -> Result<Unit> {
        let unit = self.state.fresh_key(self.shared)?;
        let params = [
            unit.rid.into(),
            unit.id.bytes().into(),
            0.into(),
            class.into(),
            (-unit.rid).into(),
            self.commit_no().into(),
        ];
        self.change(&statements::UNIT_PUT, &params, entry)?;
        entry.covers(&covered::UNIT, unit.id.bytes(), Some(covered::unit(0, class, -unit.rid, 0)));
        Ok(unit)
    }
}
