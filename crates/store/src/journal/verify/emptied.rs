//! Entries without contents: purged ones, of which the bare leaf is left, and the pruned beginning, of which nothing is left but the tree's nodes.
//! Each is right only if a later entry says so.
use super::Check;
use crate::journal::body::{Body, Digest};
use crate::journal::purge::{Pruned, Purged};

#[derive(Default)]
pub(super) struct Emptied {
    /// Bare leaves, as ranges without their end, in order.
    bare: Vec<(u64, u64)>,
    /// What purge entries name, each only what stands before it.
    named: Vec<(u64, u64)>,
    /// Up to where the newest prune entry says that the beginning is gone.
    pruned: u64,
}

impl Emptied {
    /// Whether that entry is a bare leaf.
    pub fn is_bare(&self, seq: u64) -> bool {
        self.bare.iter().any(|(from, to)| (*from..*to).contains(&seq))
    }
    fn add(&mut self, seq: u64) {
        match self.bare.last_mut() {
            Some((_, end)) if *end == seq => *end += 1,
            _ => self.bare.push((seq, seq + 1)),
        }
    }
    /// What a purge or prune entry says.
    pub fn take(&mut self, seq: u64, body: &Body) {
        match body.action.as_str() {
            "purge" => {
                let said = serde_json::from_str::<Purged>(&body.note).unwrap_or_default();
                self.named.extend(said.entries.into_iter().map(|(from, to)| (from, to.min(seq))));
                self.pruned = self.pruned.max(said.pruned.map_or(0, |pruned| pruned.before.min(seq)));
            }
            "prune" => {
                let before = serde_json::from_str::<Pruned>(&body.note).map_or(0, |pruned| pruned.before);
                self.pruned = self.pruned.max(before.min(seq));
            }
            _ => {}
        }
    }
}

impl Check {
    /// An entry without a body: its leaf still counts in the tree; whether it may be bare shows at the end.
    pub(super) fn emptied(&mut self, seq: u64, leaf: Option<&[u8]>) -> Digest {
        if let Some(leaf) = leaf.and_then(|leaf| leaf.try_into().ok()) {
            self.emptied.add(seq);
            return leaf;
        }
        self.find_entry("entry-emptied", seq, "the entry has lost its contents and its hash");
        [0; 32]
    }

    /// Every bare leaf is named by a later purge entry, and the pruned beginning by a prune entry.
    pub(super) fn judge_emptied(&mut self, start: u64, whole: bool) {
        let Emptied { bare, mut named, pruned } = std::mem::take(&mut self.emptied);
        if whole && pruned != start {
            let message =
                format!("the entries before {start} are gone, and the journal says so of those before {pruned}");
            self.find("entry-missing", "the journal's beginning", message);
        }
        named.sort_unstable();
        let mut named = named.into_iter().peekable();
        let mut covered = 0; // everything before is named or was reported
        for (from, to) in bare {
            covered = covered.max(from);
            while covered < to {
                while named.next_if(|(_, end)| *end <= covered).is_some() {}
                match named.peek() {
                    Some((begin, end)) if *begin <= covered => {
                        self.report.purged += end.min(&to) - covered;
                        covered = *end.min(&to);
                    }
                    next => {
                        let until = next.map_or(to, |(begin, _)| (*begin).min(to));
                        let place = format!("{covered}");
                        let message = format!("the entries {covered} to {} have lost their contents", until - 1);
                        self.find("entry-emptied", &format!("journal entry {place}"), message);
                        covered = until;
                    }
                }
            }
        }
    }
}
