//! Finding what was tampered with: a changed value or header, a nulled hash, a removed part or entry, a cut tail, a swapped order, a live
//! record that differs from its last entry, an older file put back.
//!
//! Reads with connections of its own, beside a running server, from one state of the records.
mod emptied;
mod epochs;
mod judge;
mod live;
mod rows;
mod shares;
mod since;

pub(crate) use since::{Checked, verify_since};
pub use since::{Nightly, WHOLE_EVERY_MS, nightly};

use super::body::{Body, Digest};
use super::purge;
use super::tree::{TILE, Tree, tile};
use super::{ledger_position, read_copy};
use crate::database::Database;
use crate::engine::{self, Connection};
use crate::ledger::Ledger;
use crate::place;
use crate::shared::Paths;
use crate::signers::{Signers, epoch_of};
use crate::sqlite::{Mode, Settings};
use crate::statements::{self, on_keys};
use crate::tenant::Head;
use crate::{Error, Result};
use base::{Finding, Severity, UnitId};
use keys::{KeyRing, Pages, UnitKey};
use live::Left;
use rows::half;
use shares::{IdMap, Shares};
use std::collections::{BTreeMap, HashMap};

/// Sequence, record's row number, body and leaf of an entry as they are stored.
type Raw = (u64, i64, Option<Vec<u8>>, Option<Vec<u8>>);

/// What a verification read and found.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Report {
    /// The first entry that was read; those before were verified earlier, or pruned.
    pub from: u64,
    /// Entries of the journal up to which was verified.
    pub entries: u64,
    /// Live records compared with what their last entry commits to.
    pub records: u64,
    /// Value parts that are gone and whose erasure is written down in journal and ledger.
    pub erased_values: u64,
    /// Entries whose contents are gone because their period is over, as the journal says.
    pub purged: u64,
    /// The checkpoint that holds now.
    pub checkpoint: String,
    /// The outside copies that were compared, by path.
    pub compared_with: Vec<String>,
    /// What is wrong, first entry first; empty if everything verifies. At most [`MAX_FINDINGS`].
    pub findings: Vec<Finding>,
    /// What a verification here cannot see.
    pub limits: &'static str,
}

impl Report {
    /// Nothing read, nothing found.
    pub(crate) const fn empty() -> Self {
        Self {
            from: 0,
            purged: 0,
            entries: 0,
            records: 0,
            erased_values: 0,
            checkpoint: String::new(),
            compared_with: Vec::new(),
            findings: Vec::new(),
            limits: LIMITS,
        }
    }
    /// Takes down what is wrong, as long as there is room.
    pub(crate) fn find(&mut self, code: &str, place: &str, message: impl Into<String>) {
        if self.findings.len() < MAX_FINDINGS {
            self.findings.push(Finding {
                code: code.into(),
                severity: Severity::Error,
                place: place.into(),
                message: message.into(),
            });
        }
    }
}

/// Findings that are kept; a destroyed file would give millions.
pub const MAX_FINDINGS: usize = 100;
/// Entries read in one go.
const CHUNK: u64 = 4_096;
/// Records whose last entries are held in memory in one pass; beyond it the entries are read again for the rest.
const RECORDS_PER_PASS: u64 = 4_000_000;
const LIMITS: &str = "Whoever holds the host and the keys can sign a journal of his own making; only a checkpoint copied elsewhere before shows it.";

const RECORD_MISSING: &str = "the record that this entry left is gone without a later entry";
const MISPLACED: &str = "this entry or one before it about the same record does not stand in the record's history";

/// Verifies everything of a tenant: its journal ([`entries`]), that every live unit has its key and no erased one, and every page of both files,
/// free ones too; the pages beside the rest, on a thread of their own.
pub fn verify(paths: &Paths, ring: &KeyRing, settings: &Settings) -> Result<Report> {
    let (read, damaged) = std::thread::scope(|scope| {
        let pages = scope.spawn(|| damaged_pages(paths, ring, settings));
        let read = read(paths, ring, settings, true);
        let damaged =
            pages.join().unwrap_or_else(|_| Err(Error::Busy { message: "the check of the pages ended early".into() }));
        (read, damaged)
    });
    let mut check = read?;
    for (name, message) in damaged? {
        check.find("page-damaged", name, message);
    }
    Ok(check.report)
}

/// Verifies the whole journal of a tenant, with the comparison of every live record and row that it covers.
pub fn entries(paths: &Paths, ring: &KeyRing, settings: &Settings) -> Result<Report> {
    Ok(read(paths, ring, settings, false)?.report)
}

fn read(paths: &Paths, ring: &KeyRing, settings: &Settings, with_keys: bool) -> Result<Check> {
    let mut records = place::open(paths, ring, Pages::Records, Mode::Reader, settings)?;
    records.begin_snapshot()?;
    let mut check = Check::new();
    let ledger = check.ledger(paths, ring);
    let signers = ledger.as_ref().map_or_else(|| Signers::of_ring(ring), |ledger| ledger.signers().clone());
    let head = check.head(paths, &signers, ledger.as_ref(), &mut records)?;
    check.report.from = purge::pruned(&mut records)?.min(head.size);
    let passes = head.size.div_ceil(RECORDS_PER_PASS).max(1);
    for pass in 0..passes {
        let last = check.entries(&mut records, &head, pass, passes)?;
        check.live(&mut records, last, pass, passes)?;
        check.covered_rows(&mut records, pass, passes)?;
    }
    check.judge(&mut records, &head, ledger.as_ref(), true);
    if with_keys {
        let mut keys = place::open(paths, ring, Pages::Keys, Mode::Reader, settings)?;
        check.keys(&mut records, &mut keys, ring, ledger.as_ref())?;
    }
    check.report.checkpoint = head.note;
    Ok(check)
}

/// Authenticates every page as it lies on the disk; gives the file and a sentence for each that is wrong.
fn damaged_pages(paths: &Paths, ring: &KeyRing, settings: &Settings) -> Result<Vec<(&'static str, String)>> {
    let mut damaged = Vec::new();
    for (name, pages) in [("records.db", Pages::Records), ("keys.db", Pages::Keys)] {
        let mut opened = place::open(paths, ring, pages, Mode::Reader, settings)?;
        // A server has checksums of its own, and what it holds is authenticated when it is opened.
        let Some(file) = opened.file() else { continue };
        let wrong = file.damaged_pages()?;
        damaged.extend(wrong.into_iter().map(|message| (name, message)));
    }
    Ok(damaged)
}

/// The hashes of an entry's sealed value parts, by sequence and unit.
type Values = IdMap<(u64, UnitId), Digest>;

struct Check {
    report: Report,
    /// Units whose value parts are missing, with the first entry that misses one.
    missing: BTreeMap<UnitId, (u64, u64)>,
    /// Units that entries name as erased, with the last such entry.
    named: HashMap<UnitId, u64>,
    rows: rows::Rows,
    emptied: emptied::Emptied,
    /// Entries that begin an epoch, with its number.
    epochs: Vec<(u64, u32)>,
}

impl Check {
    fn new() -> Self {
        Self {
            report: Report::empty(),
            missing: BTreeMap::new(),
            named: HashMap::new(),
            rows: rows::Rows::default(),
            emptied: emptied::Emptied::default(),
            epochs: Vec::new(),
        }
    }

    fn find(&mut self, code: &str, place: &str, message: String) {
        self.report.find(code, place, message);
    }
    fn find_entry(&mut self, code: &str, seq: u64, message: &str) {
        self.find(code, &format!("journal entry {seq}"), message.to_owned());
    }

    fn head(
        &mut self,
        paths: &Paths,
        signers: &Signers,
        ledger: Option<&Ledger>,
        records: &mut Database,
    ) -> Result<Head> {
        let head = Head::read(records)?;
        let own = signers.checkpoint(&head.note);
        if let (Some(ledger), Ok(own)) = (ledger, &own)
            && let Some((lines, chain)) = ledger_position(own)
            && !ledger.reached(lines, &chain)
        {
            let message = "it is shorter than the journal's checkpoint says, or another one".to_owned();
            self.find("ledger-cut", "the ledger", message);
        }
        match own {
            Ok(own) if own.size == head.size && own.root == head.root && own.origin == head.origin => {}
            Ok(_) => self.find("head-differs", "the journal's head", "it differs from its signed checkpoint".into()),
            Err(_) => {
                self.find(
                    "head-unsigned",
                    "the journal's head",
                    "the signature of its checkpoint does not hold".into(),
                );
            }
        }
        let sheet = paths.checkpoint();
        match read_copy(&sheet, signers) {
            Ok(Some(copy)) if epoch_of(&copy.origin) < epoch_of(&head.origin) => {
                if self.earlier_epoch(records, &head, &copy, ledger) {
                    self.report.compared_with.push(sheet.to_string());
                }
            }
            // The tree of that size cannot be built any more, as its entries are pruned.
            Ok(Some(copy)) if copy.origin == head.origin && copy.size < purge::pruned(records)? => {}
            Ok(Some(copy)) => {
                self.report.compared_with.push(sheet.to_string());
                if copy.origin != head.origin || copy.size > head.size {
                    let message = format!(
                        "the checkpoint outside names {} entries, the database has {}: its tail was cut off or an older file was put back",
                        copy.size, head.size
                    );
                    self.find("tail-cut", &format!("journal entry {}", head.size), message);
                } else {
                    let then = Tree::load(records, &head.origin, copy.size).map(|tree| tree.root());
                    if then.ok() != Some(copy.root) {
                        let message =
                            "the journal does not continue the one that the checkpoint outside was taken of".to_owned();
                        self.find("history-rewritten", &format!("journal entries before {}", copy.size), message);
                    }
                }
            }
            Ok(None) if head.size > 0 => {
                self.find("copy-missing", &sheet.to_string(), "the copy of the checkpoint is missing".into());
            }
            Ok(None) => {}
            Err(error) => self.find("copy-damaged", &sheet.to_string(), error.to_string()),
        }
        Ok(head)
    }

    /// Reads every entry with its value parts. Only the first pass checks them; all collect the last digests of their share of the records.
    fn entries(&mut self, records: &mut Database, head: &Head, pass: u64, passes: u64) -> Result<Shares<Left>> {
        let mut last = Shares::default();
        let mut tree = Growing::at(records, &head.origin, self.report.from)?;
        let mut expected = self.report.from;
        while expected < head.size {
            let to = (expected + CHUNK).min(head.size);
            let range = [signed(expected).into(), signed(to).into()];
            let mut rows: Vec<Raw> = Vec::new();
            records.query((&statements::ENTRIES_FROM).into(), &range, &mut |row| {
                rows.push((
                    unsigned(row.int(0)?),
                    row.int(3)?,
                    row.opt_bytes(1)?.map(<[u8]>::to_vec),
                    row.opt_bytes(2)?.map(<[u8]>::to_vec),
                ));
                Ok(true)
            })?;
            let mut values: Values = Values::default();
            if pass == 0 {
                let mut unreadable = Vec::new();
                records.query((&statements::VALUES_FROM).into(), &range, &mut |row| {
                    let (seq, sealed) = (unsigned(row.int(0)?), row.bytes(2)?);
                    match keys::sealed_unit(sealed) {
                        Ok(unit) => drop(values.insert((seq, unit), keys::sha256(&[sealed]))),
                        Err(_) => unreadable.push(seq),
                    }
                    Ok(true)
                })?;
                for seq in unreadable {
                    self.find_entry("value-unreadable", seq, "a sealed value part has no readable header");
                }
            }
            for (seq, rid, body, leaf) in rows {
                while expected < seq {
                    self.gap(pass, &mut tree, expected);
                    expected += 1;
                }
                expected = seq + 1;
                let read = self.entry(pass, seq, body.as_deref(), leaf.as_deref(), &mut values, &mut tree);
                let Some(body) = read else { continue };
                self.rows.take(seq, &body, pass, passes);
                if let Some(record) = body.record
                    && share(record.bytes(), passes) == pass
                    && body.module.is_some()
                {
                    let state = body.row.map(|row| half(&state_digest(&row, &body.parts)));
                    last.push(Left { id: *record.bytes(), seq, rid, state });
                }
            }
            while expected < to {
                self.gap(pass, &mut tree, expected);
                expected += 1;
            }
            if pass == 0 {
                let mut left: Vec<u64> = values.keys().map(|(seq, _)| *seq).collect();
                left.sort_unstable();
                for seq in left {
                    self.find_entry("value-added", seq, "a value part is there that the entry does not name");
                }
                tree.compare_tiles(records, self)?;
            }
        }
        if pass == 0 {
            self.report.entries = head.size;
            if tree.tree.root() != head.root && self.report.findings.is_empty() {
                let message = "the entries do not give the root that the signed checkpoint names: one of the last entries was changed";
                self.find(
                    "root-differs",
                    &format!("journal entries {} to {}", head.size - head.size % TILE as u64, head.size),
                    message.into(),
                );
            }
            let beyond = engine::first(records, &statements::ENTRY_LAST, &[], |row| row.int(0))?.unwrap_or(-1);
            if beyond >= signed(head.size) {
                self.find_entry("entry-added", head.size, "there are entries behind the journal's head");
            }
        }
        Ok(last)
    }

    fn gap(&mut self, pass: u64, tree: &mut Growing, seq: u64) {
        if pass == 0 {
            self.find_entry("entry-missing", seq, "the entry is missing");
            tree.push([0; 32]);
        }
    }

    fn entry(
        &mut self,
        pass: u64,
        seq: u64,
        bytes: Option<&[u8]>,
        leaf: Option<&[u8]>,
        values: &mut Values,
        tree: &mut Growing,
    ) -> Option<Body> {
        let Some(bytes) = bytes else {
            if pass == 0 {
                tree.push(self.emptied(seq, leaf));
            }
            return None;
        };
        let body = Body::decode(bytes).ok();
        if pass > 0 {
            return body;
        }
        let hash = keys::merkle::leaf_hash(bytes);
        tree.push(hash);
        match leaf {
            Some(stored) if stored == hash => {}
            Some(_) => {
                self.find_entry("entry-changed", seq, "the entry does not have the hash that was stored with it");
            }
            None => self.find_entry("hash-nulled", seq, "the entry has lost its hash"),
        }
        let Some(body) = body else {
            self.find_entry("entry-unreadable", seq, "the entry cannot be read");
            return None;
        };
        if body.seq != seq {
            self.find_entry("entry-moved", seq, &format!("the entry was number {} when it was written", body.seq));
        }
        for (unit, digest) in &body.values {
            match values.remove(&(seq, *unit)) {
                Some(found) if found == *digest => {}
                Some(_) => self.find_entry("value-changed", seq, "a sealed value part was changed"),
                None => self.missing.entry(*unit).or_insert((seq, 0)).1 += 1,
            }
        }
        self.noticed(seq, &body);
        Some(body)
    }

    /// Every live unit has its key; a key that is gone is one whose erasure is written down.
    fn keys(
        &mut self,
        records: &mut Database,
        keys: &mut Database,
        ring: &KeyRing,
        ledger: Option<&Ledger>,
    ) -> Result<()> {
        const BATCH: i64 = 10_000;
        let done = ledger.map(Ledger::done_units).unwrap_or_default();
        let mut from = 1;
        loop {
            let units = engine::collect(records, &statements::UNITS_FROM, &[from.into(), BATCH.into()], |row| {
                let id = UnitId::from_slice(row.bytes(1)?)
                    .map_err(|_| Error::damaged("records.db", "a unit has no readable id"))?;
                Ok((row.int(0)?, id, row.int(2)?))
            })?;
            let Some((last, _, _)) = units.last() else { return Ok(()) };
            let last = *last;
            let mut there: IdMap<i64, bool> = IdMap::default();
            let ids: IdMap<i64, UnitId> = units.iter().map(|(rid, id, _)| (*rid, *id)).collect();
            keys.query((&on_keys::KEYS_FROM).into(), &[from.into(), (last - from + 1).into()], &mut |row| {
                let rid = row.int(0)?;
                if row.bytes(2)? == crate::writer::DESTROYED {
                    return Ok(true);
                }
                let opens = ids
                    .get(&rid)
                    .is_some_and(|id| UnitKey::unwrap(row.bytes(2).unwrap_or_default(), ring, *id).is_ok());
                there.insert(rid, opens);
                Ok(true)
            })?;
            for (rid, id, state) in units {
                if state != 2 && done.contains(&id) {
                    let message = "the ledger says that it was erased, and the databases do not know: older files were put back. It is erased again when the tenant is opened";
                    self.find("erased-back", &format!("unit {id}"), message.into());
                    continue;
                }
                match (there.get(&rid), state) {
                    (Some(_), 2) => {
                        self.find("key-back", &format!("unit {id}"), "it was erased and its key is there".into());
                    }
                    (Some(false), _) => self.find(
                        "key-wrong",
                        &format!("unit {id}"),
                        "its key cannot be unwrapped or is another unit's".into(),
                    ),
                    (None, _) if !(self.named.contains_key(&id) && ledger.is_some_and(|ledger| ledger.names(&id))) => {
                        self.find(
                            "key-missing",
                            &format!("unit {id}"),
                            "its key is gone and no erasure of it is written down".into(),
                        );
                    }
                    _ => {}
                }
            }
            from = last + 1;
        }
    }
}

/// One digest over a record's row and parts.
fn state_digest(row: &Digest, parts: &[(UnitId, Digest)]) -> Digest {
    let mut sorted: Vec<_> =
        parts.iter().map(|(unit, digest)| [unit.bytes().as_slice(), digest.as_slice()].concat()).collect();
    sorted.sort_unstable();
    let flat = sorted.concat();
    keys::sha256(&[row, &flat])
}

/// In which pass a record is compared.
fn share(id: &[u8; 16], passes: u64) -> u64 {
    u64::from(id[0]) * passes / 256
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

/// The tree as the entries give it, with its finished tiles waiting to be compared with the stored ones.
struct Growing {
    tree: Tree,
    leaves: Vec<Digest>,
    compared: u64,
}

impl Growing {
    /// Begins behind the first `from` entries, of which the stored nodes are taken as they are: the root at the end shows whether they are right.
    fn at(records: &mut dyn Connection, origin: &str, from: u64) -> Result<Self> {
        let tree = Tree::load(records, origin, from)?;
        Ok(Self { leaves: tree.last_tile().to_vec(), compared: from / TILE as u64, tree })
    }
    fn push(&mut self, leaf: Digest) {
        self.tree.grow(leaf);
        self.leaves.push(leaf);
    }
    fn compare_tiles(&mut self, records: &mut dyn Connection, check: &mut Check) -> Result<()> {
        let mut rest = std::mem::take(&mut self.leaves);
        while rest.len() >= TILE {
            let after = rest.split_off(TILE);
            let stored = tile(records, 0, self.compared)?;
            if stored != rest {
                let first = rest
                    .iter()
                    .zip(stored.iter().chain(std::iter::repeat(&[0; 32])))
                    .position(|(ours, theirs)| ours != theirs);
                let seq = self.compared * TILE as u64 + first.unwrap_or(0) as u64;
                check.find_entry(
                    "tile-differs",
                    seq,
                    "the entry is not the one that the journal's tree was built with",
                );
            }
            self.compared += 1;
            rest = after;
        }
        self.leaves = rest;
        Ok(())
    }
}
