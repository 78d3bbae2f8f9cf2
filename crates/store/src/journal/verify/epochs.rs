//! The chain of epochs: a restore to the past begins a new one, which keeps a beginning of the journal before and names it. Ledger and journal
//! both know it, so neither an older database nor a made-up restore passes.
use super::Check;
use crate::engine::Connection;
use crate::journal::epoch::EpochNote;
use crate::journal::{Body, Tree};
use crate::ledger::{EpochBegun, Ledger};
use crate::signers::epoch_of;
use crate::tenant::Head;
use data_encoding::HEXLOWER;
use keys::note::Checkpoint;

impl Check {
    /// What an entry that begins an epoch says.
    pub(super) fn epoch_entry(&mut self, seq: u64, body: &Body) {
        if body.action == "epoch" {
            let number = serde_json::from_str::<EpochNote>(&body.note).map_or(0, |note| note.epoch);
            self.epochs.push((seq, number));
        }
    }

    /// Compares the entries that begin epochs with the ledger, and the journal with what each epoch kept. Only for entries from `start` on.
    pub(super) fn judge_epochs(&mut self, records: &mut dyn Connection, head: &Head, ledger: &Ledger, start: u64) {
        let begun: Vec<EpochBegun> = ledger.lines().iter().filter_map(|line| line.epoch.clone()).collect();
        let newest = begun.iter().map(|epoch| epoch.epoch).max().unwrap_or(0);
        if newest != epoch_of(&head.origin) {
            let message = format!(
                "the ledger knows epoch {newest}, the journal is in {}: an older file was put back",
                epoch_of(&head.origin)
            );
            self.find("tail-cut", "the journal's head", message);
            return;
        }
        let found = std::mem::take(&mut self.epochs);
        let mut kept = head.size;
        for epoch in begun.iter().rev() {
            // A later restore may have gone back to before this one: then its entry is gone, and rightly.
            if epoch.size >= kept {
                continue;
            }
            kept = epoch.size;
            let root = Tree::load(records, &head.origin, epoch.size).map(|tree| HEXLOWER.encode(&tree.root()));
            let named =
                epoch.size < start || found.contains(&(epoch.size, epoch.epoch)) || self.emptied.is_bare(epoch.size);
            if !named || root.ok().as_ref() != Some(&epoch.root) {
                let message = format!("epoch {} does not begin as the ledger says", epoch.epoch);
                self.find("epoch-differs", &format!("journal entry {}", epoch.size), message);
            }
        }
        for (seq, number) in found {
            if !begun.iter().any(|epoch| (epoch.size, epoch.epoch) == (seq, number)) {
                self.find_entry("epoch-unknown", seq, "the ledger knows nothing of the epoch that begins here");
            }
        }
    }

    /// A checkpoint outside that belongs to an earlier epoch: it speaks for the part that was kept. True if it could be compared.
    pub(super) fn earlier_epoch(
        &mut self,
        records: &mut dyn Connection,
        head: &Head,
        copy: &Checkpoint,
        ledger: Option<&Ledger>,
    ) -> bool {
        let after = |line: &&EpochBegun| line.epoch > epoch_of(&copy.origin);
        let kept = ledger.map(|ledger| ledger.lines().iter().filter_map(|line| line.epoch.as_ref()).filter(after));
        let kept = kept.and_then(|epochs| epochs.map(|epoch| epoch.size).min()).unwrap_or(0);
        if copy.size > kept {
            return false;
        }
        let then = Tree::load(records, &head.origin, copy.size).map(|tree| tree.root());
        if then.ok() != Some(copy.root) {
            let message = "the journal does not continue the one that the checkpoint of an earlier epoch was taken of";
            self.find("history-rewritten", &format!("journal entries before {}", copy.size), message.into());
        }
        true
    }
}
