//! Another signing key: the days that lie here are signed once more, so that the old key need not be trusted for anything from then on.
use super::{LOG_DAY_NOTE, LOG_DAYS, Log};
use crate::engine::{self, Connection};
use crate::{Error, Op, Result};
use keys::KeyRing;

/// Signs every day of the three logs with the key `to` whose signature of the key `from` holds. A day whose signature does not hold stays as it
/// is and goes on being a finding. Safe to repeat.
pub(crate) fn sign_days_anew(file: &mut dyn Connection, ring: &KeyRing, from: u32, to: u32) -> Result<()> {
    let missing = || Error::damaged("root", "a signing key is missing");
    let key = |number| ring.signers().find(|(found, _)| *found == number).map(|(_, key)| key).ok_or_else(missing);
    let (old, new) = (key(from)?.verify_key(), key(to)?);
    for log in Log::ALL {
        let days =
            engine::collect(file, &LOG_DAYS, &[log.number().into()], |row| Ok((row.int(0)?, row.text(2)?.to_owned())))?;
        for (day, note) in days {
            if let Ok(signed) = keys::note::verify(&note, &old) {
                let note = keys::note::sign(new, &signed)?;
                let params = [log.number().into(), day.into(), note.as_str().into()];
                file.execute((&LOG_DAY_NOTE).into(), &params)?;
            }
        }
    }
    Ok(())
}

impl Op<'_> {
    /// The same within a change of the tenant; it has no entry of its own.
    pub(crate) fn sign_days_anew(&mut self, from: u32, to: u32) -> Result<()> {
        let ring = self.tenant().ring();
        self.state.changed = true;
        sign_days_anew(&mut self.state.records, &ring, from, to)
    }
}
