//! The bytes of a journal entry that its leaf hash covers. They hold no value: ids, digests and what was done (X-14).
//!
//! Layout, version 2; numbers are big-endian, a text is its length in one byte (actor, action, module) or four (note) and UTF-8:
//!
//! ```text
//! u8  2                      version of this layout
//! u64 sequence   i64 time in ms   text actor   text action
//! text module    32 bytes fingerprint of its definition   (only if the module's text is not empty)
//! u8  0|1        16 bytes record id                        (only if 1)
//! u16 n          n × (16 bytes unit id, 32 bytes SHA-256 of the sealed value part)
//! u8  0|1        32 bytes digest of the record's row after the change   (only if 1)
//! u16 n          n × (16 bytes unit id, 32 bytes SHA-256 of the sealed part after the change)
//! u32 n          n × 16 bytes: units that this entry names (erased, restricted, held)
//! u32 n          n × (u8 table, 16 bytes id, u8 0|1, 32 bytes digest of the covered row after the change, only if 1)
//! text note      JSON of ids, counts and times
//! ```
//!
//! The leaf is SHA-256(0x00 ‖ body), as RFC 6962 has it. `docs/journal.md` repeats this for readers outside.
use crate::{Error, Result};
use base::{RecordId, Timestamp, UnitId};

/// A digest: SHA-256.
pub type Digest = [u8; 32];

/// An entry without its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    /// Position in the journal, from 0.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// Who: `user:<id>`, `os:<name>`; ids only (C-04).
    pub actor: String,
    /// What was done: `create`, `change`, `delete`, `erase`, …
    pub action: String,
    /// Module and fingerprint of its definition, for entries about a record.
    pub module: Option<(String, Digest)>,
    /// The record.
    pub record: Option<RecordId>,
    /// Sealed value parts: whose, and their hash.
    pub values: Vec<(UnitId, Digest)>,
    /// Digest of the record's row after the change; none if the record is gone.
    pub row: Option<Digest>,
    /// Digests of the record's sealed parts after the change.
    pub parts: Vec<(UnitId, Digest)>,
    /// Units named by this entry.
    pub units: Vec<UnitId>,
    /// Covered rows that the change made or altered ([`super::covered`]).
    pub covers: Vec<Cover>,
    /// Ids, counts, times; never a value of a person.
    pub note: String,
}

/// What a covered row is after the change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cover {
    /// Number of its table.
    pub table: u8,
    /// Its id.
    pub id: [u8; 16],
    /// Its digest; none if it is gone.
    pub digest: Option<Digest>,
}

const VERSION: u8 = 2;

impl Body {
    /// The bytes that the leaf hash covers.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(
            160 + 48 * (self.values.len() + self.parts.len())
                + 16 * self.units.len()
                + 50 * self.covers.len()
                + self.note.len(),
        );
        out.push(VERSION);
        out.extend(self.seq.to_be_bytes());
        out.extend(self.at.0.to_be_bytes());
        short(&mut out, &self.actor);
        short(&mut out, &self.action);
        match &self.module {
            Some((name, fingerprint)) => {
                short(&mut out, name);
                out.extend(fingerprint);
            }
            None => out.push(0),
        }
        match &self.record {
            Some(id) => {
                out.push(1);
                out.extend(id.bytes());
            }
            None => out.push(0),
        }
        digests(&mut out, &self.values);
        match &self.row {
            Some(digest) => {
                out.push(1);
                out.extend(digest);
            }
            None => out.push(0),
        }
        digests(&mut out, &self.parts);
        out.extend(u32::try_from(self.units.len()).unwrap_or(u32::MAX).to_be_bytes());
        for unit in &self.units {
            out.extend(unit.bytes());
        }
        out.extend(u32::try_from(self.covers.len()).unwrap_or(u32::MAX).to_be_bytes());
        for cover in &self.covers {
            out.push(cover.table);
            out.extend(cover.id);
            out.push(u8::from(cover.digest.is_some()));
            out.extend(cover.digest.iter().flatten());
        }
        out.extend(u32::try_from(self.note.len()).unwrap_or(u32::MAX).to_be_bytes());
        out.extend(self.note.as_bytes());
        out
    }

    /// Reads the bytes back. Anything that is not exactly one body is damage.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let mut input = Input { rest: bytes };
        let body = input.body().ok_or_else(|| Error::damaged("journal", "an entry's bytes are not readable"))?;
        if input.rest.is_empty() {
            Ok(body)
        } else {
            Err(Error::damaged("journal", "an entry has bytes behind its end"))
        }
    }
}

fn short(out: &mut Vec<u8>, text: &str) {
    // Longer names are cut at a character: they are made by us (actions, modules ≤ 40) or by the system (account names ≤ 32).
    let mut end = text.len().min(255);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let text = text.get(..end).unwrap_or_default();
    out.push(u8::try_from(text.len()).unwrap_or(u8::MAX));
    out.extend(text.as_bytes());
}

fn digests(out: &mut Vec<u8>, list: &[(UnitId, Digest)]) {
    out.extend(u16::try_from(list.len()).unwrap_or(u16::MAX).to_be_bytes());
    for (unit, digest) in list {
        out.extend(unit.bytes());
        out.extend(digest);
    }
}

struct Input<'a> {
    rest: &'a [u8],
}

impl<'a> Input<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(head)
    }
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }
    fn text(&mut self, length: usize) -> Option<String> {
        std::str::from_utf8(self.take(length)?).ok().map(str::to_owned)
    }
    fn short(&mut self) -> Option<String> {
        let length = self.array::<1>()?[0];
        self.text(usize::from(length))
    }
    fn flag(&mut self) -> Option<bool> {
        match self.array::<1>()? {
            [0] => Some(false),
            [1] => Some(true),
            _ => None,
        }
    }
    fn digests(&mut self) -> Option<Vec<(UnitId, Digest)>> {
        let count = u16::from_be_bytes(self.array()?);
        (0..count).map(|_| Some((UnitId::from_bytes(self.array()?), self.array()?))).collect()
    }
    fn cover(&mut self) -> Option<Cover> {
        let [table] = self.array()?;
        let id = self.array()?;
        let digest = if self.flag()? { Some(self.array()?) } else { None };
        Some(Cover { table, id, digest })
    }
    fn body(&mut self) -> Option<Body> {
        if self.array::<1>()? != [VERSION] {
            return None;
        }
        let seq = u64::from_be_bytes(self.array()?);
        let at = Timestamp(i64::from_be_bytes(self.array()?));
        let actor = self.short()?;
        let action = self.short()?;
        let name = self.short()?;
        let module = if name.is_empty() { None } else { Some((name, self.array()?)) };
        let record = if self.flag()? { Some(RecordId::from_bytes(self.array()?)) } else { None };
        let values = self.digests()?;
        let row = if self.flag()? { Some(self.array()?) } else { None };
        let parts = self.digests()?;
        let count = u32::from_be_bytes(self.array()?);
        if self.rest.len() < usize::try_from(count).ok()?.checked_mul(16)? {
            return None;
        }
        let units = (0..count).map(|_| self.array().map(UnitId::from_bytes)).collect::<Option<_>>()?;
        let count = u32::from_be_bytes(self.array()?);
        if self.rest.len() < usize::try_from(count).ok()?.checked_mul(18)? {
            return None;
        }
        let covers = (0..count).map(|_| self.cover()).collect::<Option<_>>()?;
        let length = u32::from_be_bytes(self.array()?);
        let note = self.text(usize::try_from(length).ok()?)?;
        Some(Body { seq, at, actor, action, module, record, values, row, parts, units, covers, note })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn example() -> Body {
        Body {
            seq: 7,
            at: Timestamp(1_700_000_000_000),
            actor: "os:root".into(),
            action: "change".into(),
            module: Some(("contact".into(), [3; 32])),
            record: Some(RecordId::from_bytes([4; 16])),
            values: vec![(UnitId::from_bytes([5; 16]), [6; 32])],
            row: Some([7; 32]),
            parts: vec![(UnitId::from_bytes([5; 16]), [8; 32]), (UnitId::from_bytes([9; 16]), [10; 32])],
            units: vec![UnitId::from_bytes([11; 16])],
            covers: vec![
                Cover { table: 1, id: [12; 16], digest: Some([13; 32]) },
                Cover { table: 2, id: [14; 16], digest: None },
            ],
            note: "{\"n\":1}".into(),
        }
    }

    #[test]
    fn reads_what_it_wrote_and_nothing_else() {
        let bytes = example().encode();
        assert_eq!(Body::decode(&bytes).unwrap(), example());
        for cut in 0..bytes.len() {
            assert!(Body::decode(&bytes[..cut]).is_err(), "cut at {cut}");
        }
        assert!(Body::decode(&[bytes, vec![0]].concat()).is_err());
    }

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            drop(Body::decode(&bytes));
        }
    }
}
