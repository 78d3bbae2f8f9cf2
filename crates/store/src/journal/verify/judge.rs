//! What an entry says beside its record, and what only shows once all entries are read.
use super::Check;
use crate::database::Database;
use crate::journal::body::Body;
use crate::journal::purge;
use crate::ledger::Ledger;
use crate::shared::Paths;
use crate::tenant::Head;
use keys::KeyRing;

impl Check {
    /// The ledger, if it can be read.
    pub(super) fn ledger(&mut self, paths: &Paths, ring: &KeyRing) -> Option<Ledger> {
        match Ledger::read(&paths.ledger(), ring) {
            Ok(ledger) => Some(ledger),
            Err(error) => {
                self.find("ledger-damaged", "the ledger", error.to_string());
                None
            }
        }
    }

    /// What only shows once all entries are read.
    pub(super) fn judge(&mut self, records: &mut Database, head: &Head, ledger: Option<&Ledger>, whole: bool) {
        let from = self.report.from;
        if let Some(ledger) = ledger {
            self.judge_epochs(records, head, ledger, from);
        }
        self.judge_emptied(from, whole);
        self.missing_values(ledger);
    }

    /// What an entry says beside its record: what is erased, purged, begun, covered.
    pub(super) fn noticed(&mut self, seq: u64, body: &Body) {
        if purge::names_erased(&body.action) {
            for unit in &body.units {
                self.named.insert(*unit, seq);
            }
        }
        self.emptied.take(seq, body);
        self.epoch_entry(seq, body);
    }

    /// A missing part counts as erased only if an entry and the ledger name its unit.
    pub(super) fn missing_values(&mut self, ledger: Option<&Ledger>) {
        for (unit, (seq, count)) in std::mem::take(&mut self.missing) {
            let entry_names = self.named.get(&unit).is_some_and(|by| *by >= seq);
            if entry_names && ledger.is_some_and(|ledger| ledger.names(&unit)) {
                self.report.erased_values += count;
            } else {
                self.find_entry(
                    "value-missing",
                    seq,
                    &format!("{count} value parts of unit {unit} are gone and no erasure of it is written down"),
                );
            }
        }
    }
}
