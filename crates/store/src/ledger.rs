//! The ledger: everything that narrows (erasures, restrictions, holds, revoked tokens), append-only, outside the databases and their
//! backups, so that a restored database cannot forget it.
//!
//! One file per tenant. A line is `JSON TAB chain TAB key TAB signature`: the chain is SHA-256(previous chain ‖ JSON) in hex (zeros before
//! the first line), the signature Ed25519 over the 32 bytes of the chain in Base64, `key` names the signing key by its number. The JSON holds opaque
//! ids, counts and times, never what was erased (SDM M60.S06).
use crate::outside::{Appender, Sheet};
use crate::signers::{KeyHandover, Signers};
use crate::{Error, Result};
use base::{SubjectId, Timestamp, UnitId};
use data_encoding::{BASE64, HEXLOWER};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// What a line says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// The tenant began.
    Opened,
    /// An erasure begins: from here on it is finished, even after a crash.
    ErasureBegun,
    /// Live copies are gone.
    ErasureDone,
    /// A subject was restricted.
    Restricted,
    /// A restriction was lifted.
    Released,
    /// A token was revoked.
    TokenRevoked,
    /// A user was locked.
    UserLocked,
    /// A lock of a user was lifted.
    UserUnlocked,
    /// The journal began a new origin after a restore.
    Epoch,
    /// Another key signs from the next line on.
    SigningKey,
}

/// One line, as written and read.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Line {
    /// Its number, from 0.
    pub n: u64,
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: What,
    /// Whose, if it is about a subject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<SubjectId>,
    /// Which case: an erasure's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
    /// Which units.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub units: Vec<UnitId>,
    /// What in short: `0.1` of a rule, a count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// To which signing key was handed over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handover: Option<KeyHandover>,
    /// Which epoch of the journal began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<EpochBegun>,
}

/// A new epoch of the journal: what it begins with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EpochBegun {
    /// Its number, from 1.
    pub epoch: u32,
    /// How many entries of the epoch before it keeps; its own first entry has this sequence.
    pub size: u64,
    /// The root over those, hex.
    pub root: String,
    /// The newest checkpoint of the epoch before that was found outside: what was cut off reached at least to there.
    pub before: Option<String>,
}

impl Line {
    /// A line about nothing further.
    pub fn new(at: Timestamp, what: What) -> Self {
        Self { n: 0, at, what, subject: None, case: None, units: Vec::new(), note: None, handover: None, epoch: None }
    }
}

/// An open ledger.
pub struct Ledger {
    name: String,
    end: Appender,
    chain: [u8; 32],
    lines: Vec<Line>,
    erased: HashSet<UnitId>,
    chains: Vec<[u8; 32]>,
    signers: Signers,
    /// Where the last whole line ends, if something follows it.
    unfinished_at: Option<u64>,
}

/// A line may be this long; an erasure names each of its units with 29 bytes.
const LINE_MAX: usize = 64 << 20;

impl Ledger {
    /// Opens or begins a ledger and verifies the chain and every signature. A last line without its end was never
    /// acknowledged and is cut off.
    pub(crate) fn open(sheet: &Sheet, ring: &keys::KeyRing) -> Result<Self> {
        let ledger = Self::read(sheet, ring)?;
        if let Some(whole) = ledger.unfinished_at {
            ledger.end.cut(whole)?;
        }
        Ok(ledger)
    }

    /// The same without changing the file, beside the process that holds it.
    pub(crate) fn read(sheet: &Sheet, ring: &keys::KeyRing) -> Result<Self> {
        let text = sheet.read()?.unwrap_or_default();
        let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let unfinished_at = (whole < text.len()).then_some(whole as u64);
        let mut ledger = Self {
            name: format!("ledger {sheet}"),
            end: Appender::of(sheet)?,
            chain: [0; 32],
            lines: Vec::new(),
            erased: HashSet::new(),
            chains: Vec::new(),
            signers: Signers::of_ring(ring),
            unfinished_at,
        };
        let mut signatures = Vec::new();
        let name = ledger.name.clone();
        let damaged =
            |number: usize| Error::damaged(&name, format!("line {} does not follow from the one before", number + 1));
        for (number, line) in text.get(..whole).unwrap_or_default().split(|byte| *byte == b'\n').enumerate() {
            if line.is_empty() {
                continue;
            }
            if line.len() > LINE_MAX {
                return Err(damaged(number));
            }
            let mut fields = line.split(|byte| *byte == b'\t');
            let (Some(json), Some(chain), Some(key), Some(signature), None) =
                (fields.next(), fields.next(), fields.next(), fields.next(), fields.next())
            else {
                return Err(damaged(number));
            };
            let next = keys::sha256(&[&ledger.chain, json]);
            if HEXLOWER.decode(chain).ok().as_deref() != Some(next.as_slice()) {
                return Err(damaged(number));
            }
            let read: Line = serde_json::from_slice(json).map_err(|_| damaged(number))?;
            if read.n != number as u64 {
                return Err(damaged(number));
            }
            ledger.chain = next;
            ledger.remember(read);
            let key: Option<u32> = std::str::from_utf8(key).ok().and_then(|text| text.parse().ok());
            signatures.push((key, next, BASE64.decode(signature).unwrap_or_default()));
        }
        // The handovers stand in the lines themselves; the chain that they form ends at a key of the ring.
        ledger.signers = Signers::new(ring, &ledger.handovers())?;
        for (number, (key, chain, signature)) in signatures.iter().enumerate() {
            let signer = key.and_then(|key| ledger.signers.for_line(key, number as u64));
            if signer.is_none_or(|signer| signer.verify(chain, signature).is_err()) {
                return Err(Error::damaged(&name, format!("the signature of line {} does not hold", number + 1)));
            }
        }
        Ok(ledger)
    }

    fn remember(&mut self, line: Line) {
        if line.what == What::ErasureBegun {
            self.erased.extend(line.units.iter().copied());
        }
        self.lines.push(line);
        self.chains.push(self.chain);
    }

    /// Whether this ledger has the one that ended after `lines` lines with `chain` as its beginning.
    pub fn reached(&self, lines: u64, chain: &[u8; 32]) -> bool {
        let Some(last) = usize::try_from(lines).ok().and_then(|lines| lines.checked_sub(1)) else { return true };
        self.chains.get(last) == Some(chain)
    }

    fn handovers(&self) -> Vec<(u64, KeyHandover)> {
        self.lines.iter().filter_map(|line| Some((line.n, line.handover.clone()?))).collect()
    }
    /// Who may have signed what.
    pub(crate) fn signers(&self) -> &Signers {
        &self.signers
    }
    /// The newest epoch of the journal that has begun; none is the first, 0.
    pub(crate) fn epoch(&self) -> Option<&EpochBegun> {
        self.lines.iter().rev().find_map(|line| line.epoch.as_ref())
    }
    /// The handover to the signing key of that number.
    pub(crate) fn handover_to(&self, number: u32) -> Option<&KeyHandover> {
        self.lines.iter().rev().filter_map(|line| line.handover.as_ref()).find(|handover| handover.to == number)
    }

    /// Hands over to another signing key: the last line that the old one signs. The ring holds both.
    pub(crate) fn hand_over(&mut self, ring: &keys::KeyRing, at: Timestamp, handover: KeyHandover) -> Result<()> {
        let old = ring.signers().find(|(number, _)| *number == handover.from);
        let old = old.ok_or_else(|| Error::damaged(&self.name, "the key that hands over is gone"))?;
        self.append_signed(old, Line { handover: Some(handover), ..Line::new(at, What::SigningKey) })?;
        self.signers = Signers::new(ring, &self.handovers())?;
        Ok(())
    }

    /// Appends a line; it is on the disk when this returns.
    pub fn append(&mut self, ring: &keys::KeyRing, line: Line) -> Result<()> {
        let newest = ring.signers().next().unwrap_or((0, ring.signer()));
        self.append_signed(newest, line)
    }

    fn append_signed(&mut self, (number, signer): (u32, &keys::Signer), mut line: Line) -> Result<()> {
        line.n = self.lines.len() as u64;
        let json = serde_json::to_vec(&line).map_err(|error| Error::damaged(&self.name, error.to_string()))?;
        let chain = keys::sha256(&[&self.chain, &json]);
        let mut bytes = json;
        bytes.push(b'\t');
        bytes.extend(HEXLOWER.encode(&chain).bytes());
        bytes.extend(format!("\t{number}\t").bytes());
        bytes.extend(BASE64.encode(&signer.sign(&chain)).bytes());
        bytes.push(b'\n');
        self.end.put(line.n, &bytes)?;
        self.chain = chain;
        self.remember(line);
        Ok(())
    }

    /// Whether an erasure of this unit is written down.
    pub fn names(&self, unit: &UnitId) -> bool {
        self.erased.contains(unit)
    }

    /// Units whose erasure is done, by what the lines say.
    pub(crate) fn done_units(&self) -> HashSet<UnitId> {
        let open: HashSet<u64> = self.unfinished().iter().map(|line| line.n).collect();
        let begun = self.lines.iter().filter(|line| line.what == What::ErasureBegun && !open.contains(&line.n));
        begun.flat_map(|line| line.units.iter().copied()).collect()
    }

    /// All lines, oldest first.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// Number of lines and the chain over them: what a backup or a key generation names.
    pub fn position(&self) -> (u64, [u8; 32]) {
        (self.lines.len() as u64, self.chain)
    }

    /// Erasures that have begun and are not done: what start-up finishes.
    pub fn unfinished(&self) -> Vec<Line> {
        let done: HashSet<&str> = self
            .lines
            .iter()
            .filter(|line| line.what == What::ErasureDone)
            .filter_map(|line| line.case.as_deref())
            .collect();
        let open = |line: &&Line| {
            line.what == What::ErasureBegun && line.case.as_deref().is_some_and(|case| !done.contains(case))
        };
        self.lines.iter().filter(open).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(what: What, unit: u8) -> Line {
        Line {
            case: Some(format!("case{unit}")),
            units: vec![UnitId::from_bytes([unit; 16])],
            ..Line::new(Timestamp(0), what)
        }
    }

    fn folder(name: &str) -> std::path::PathBuf {
        let folder = std::env::temp_dir().join(format!("obhut-ledger-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        folder.join("ledger")
    }

    #[test]
    fn lines_are_kept_and_changes_are_noticed() {
        let path = folder("changes");
        let ring = keys::KeyRing::create(base::TenantId::from_bytes([1; 16]));
        let mut ledger = Ledger::open(&Sheet::File(path.clone()), &ring).unwrap();
        for unit in 1..=3 {
            ledger.append(&ring, line(What::ErasureBegun, unit)).unwrap();
        }
        ledger.append(&ring, line(What::ErasureDone, 1)).unwrap();
        let position = ledger.position();
        drop(ledger);
        let bytes = std::fs::read(&path).unwrap();
        let ledger = Ledger::open(&Sheet::File(path.clone()), &ring).unwrap();
        assert_eq!(ledger.position(), position);
        assert!(ledger.names(&UnitId::from_bytes([2; 16])) && !ledger.names(&UnitId::from_bytes([9; 16])));
        assert_eq!(ledger.unfinished().len(), 2);
        for place in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[place] ^= 1;
            std::fs::write(&path, &changed).unwrap();
            let opened = Ledger::open(&Sheet::File(path.clone()), &ring);
            // A changed line end at the very end is an unfinished line; everything else must be an error.
            assert!(opened.is_err() || place == bytes.len() - 1, "byte {place} changed and nobody noticed");
        }
        std::fs::write(&path, [bytes.as_slice(), b"{\"n\":4"].concat()).unwrap();
        assert_eq!(Ledger::open(&Sheet::File(path.clone()), &ring).unwrap().position(), position);
        std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
    }
}
