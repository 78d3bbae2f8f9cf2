//! Who signed what: the public keys that have signed for a tenant, and until when each of them did.
//!
//! The ring holds the key that signs now. Earlier ones are known from the ledger: each line that hands over carries a statement signed by both
//! keys ([`keys::note::sign_key_change`]), so that the chain back from the present key proves itself. What an earlier key signed still
//! verifies; what it signed after its end does not.
use crate::{Error, Result};
use keys::note::Checkpoint;
use keys::{KeyRing, Purpose, VerifyKey};
use serde::{Deserialize, Serialize};

/// From which signing key to which, as a line of the ledger says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyHandover {
    /// Number of the key that signed until now; it signs this line as its last.
    pub from: u32,
    /// Number of the key that signs from now on.
    pub to: u32,
    /// The journal's origin at that moment.
    pub origin: String,
    /// The journal's size at that moment: no checkpoint of the old key is larger. The entry of this sequence holds the statement too.
    pub size: u64,
    /// The statement, a signed note of both keys.
    pub statement: String,
}

/// The keys, newest first.
#[derive(Debug, Clone)]
pub(crate) struct Signers(Vec<Known>);

#[derive(Debug, Clone)]
struct Known {
    number: u32,
    key: VerifyKey,
    until: Option<Until>,
}

/// Where a key ended: in the journal, by epoch and size, and in the ledger.
#[derive(Debug, Clone, Copy)]
struct Until {
    journal: (u32, u64),
    line: u64,
}

impl Signers {
    /// The keys of the ring, and before them those that the ledger's handovers (oldest first, with their line) lead back to.
    pub fn new(ring: &KeyRing, handovers: &[(u64, KeyHandover)]) -> Result<Self> {
        let damaged = |to: u32| Error::damaged("the ledger", format!("the handover to signing key {to} does not hold"));
        let mut known: Vec<Known> =
            ring.signers().map(|(number, signer)| Known { number, key: signer.verify_key(), until: None }).collect();
        for (line, handover) in handovers.iter().rev() {
            let change =
                keys::note::read_key_change(&handover.statement, &handover.origin).map_err(|_| damaged(handover.to))?;
            if !known.iter().any(|known| known.number == handover.to && known.key == change.new) {
                return Err(damaged(handover.to));
            }
            let until = Some(Until { journal: (epoch_of(&handover.origin), handover.size), line: *line });
            match known.iter_mut().find(|known| known.number == handover.from) {
                Some(known) if known.key == change.old => known.until = until,
                Some(_) => return Err(damaged(handover.to)),
                None => known.push(Known { number: handover.from, key: change.old, until }),
            }
        }
        Ok(Self(known))
    }

    /// The keys of the ring alone: for a ledger that cannot be read.
    pub fn of_ring(ring: &KeyRing) -> Self {
        Self::new(ring, &[]).unwrap_or(Self(Vec::new()))
    }

    /// The checkpoint of a note that one of the keys signed, as long as it was the one to sign.
    pub fn checkpoint(&self, note: &str) -> Result<Checkpoint, keys::Error> {
        let mut refused = keys::Error::WrongKey { key: "The signing key" };
        for known in &self.0 {
            match keys::note::verify(note, &known.key) {
                Ok(found) => {
                    let at = (epoch_of(&found.origin), found.size);
                    if known.until.is_none_or(|until| at <= until.journal) {
                        return Ok(found);
                    }
                    refused = keys::Error::Damaged { what: "The checkpoint, signed by a key after its end," };
                }
                Err(keys::Error::WrongKey { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Err(refused)
    }

    /// The key of that number, if it may have signed that line of the ledger.
    pub fn for_line(&self, number: u32, line: u64) -> Option<&VerifyKey> {
        let known = self.0.iter().find(|known| known.number == number)?;
        known.until.is_none_or(|until| line <= until.line).then_some(&known.key)
    }
}

/// The epoch that an origin names: `obhut/<tenant>` is 0, `obhut/<tenant>/3` is 3.
pub(crate) fn epoch_of(origin: &str) -> u32 {
    origin.splitn(3, '/').nth(2).and_then(|epoch| epoch.parse().ok()).unwrap_or(0)
}

/// Whether the ring is between two signing keys.
pub(crate) fn is_changing(ring: &KeyRing) -> Option<(u32, u32)> {
    match *ring.numbers(Purpose::Signing).as_slice() {
        [to, .., from] => Some((from, to)),
        _ => None,
    }
}
