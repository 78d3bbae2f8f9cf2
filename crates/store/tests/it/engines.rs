//! One sequence of operations, made up at random, on both engines: every answer is the same, and so is the journal.
//!
//! Its root cannot be: ids of key units, keys and nonces come from the operating system always, and an entry's leaf covers the ids of units and the
//! digests of what is sealed. So entries are compared with each random value beside its counterpart: whatever stands for A on one engine must stand
//! for the same B on the other, wherever it turns up, and for nothing else. That the root over the same leaves is the same is a test of its own.
use crate::faults::tampering::units_of;
use crate::story::put;
use base::RecordId;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::Hash;
use store::engine::{Connection, Query, Sql};
use store::erase::{Destroy, delete_record, destroy, restrict_record};
use store::journal::{Body, Tree};
use store::rows::{Access, Written};
use store::{InstanceSettings, Op, UniqueValue};
use testkit::Business;

const PACKS: &[&str] = &["core", "realestate"];
/// Contacts and properties that a sequence speaks of, whether they are there or not.
const CONTACTS: usize = 5;
const PROPERTIES: usize = 4;
const CONTACT: u8 = 1;
const PROPERTY: u8 = 101;
const NAMES: [&str; 5] = ["Müller", "Groß", "Óscarsson", "Ayşe", "Weiß-Schmidt"];

/// One operation; numbers name contacts, properties, names and keys.
#[derive(Debug, Clone)]
enum Step {
    Contact { who: usize, name: usize, note: Option<String> },
    Property { which: usize, owner: usize, number: usize },
    Restrict { who: usize, on: bool },
    Erase { who: usize },
    DeleteContact { who: usize },
    DeleteProperty { which: usize },
    Claim { which: usize, owner: usize, key: usize },
    Ask { key: usize },
    Job { payload: u8 },
    HalfUndone { who: usize, name: usize },
    Wait { ms: i64 },
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    let (who, which, name) = (0..CONTACTS, 0..PROPERTIES, 0..NAMES.len());
    let note = proptest::option::of("[a-zäöü ]{0,40}");
    prop_oneof![
        8 => (who.clone(), name.clone(), note).prop_map(|(who, name, note)| Step::Contact { who, name, note }),
        5 => (which.clone(), who.clone(), 0..3_usize).prop_map(|(which, owner, number)| Step::Property { which, owner, number }),
        2 => (who.clone(), any::<bool>()).prop_map(|(who, on)| Step::Restrict { who, on }),
        1 => who.clone().prop_map(|who| Step::Erase { who }),
        1 => who.clone().prop_map(|who| Step::DeleteContact { who }),
        1 => which.clone().prop_map(|which| Step::DeleteProperty { which }),
        2 => (which, who.clone(), 0..3_usize).prop_map(|(which, owner, key)| Step::Claim { which, owner, key }),
        2 => (0..3_usize).prop_map(|key| Step::Ask { key }),
        1 => any::<u8>().prop_map(|payload| Step::Job { payload }),
        1 => (who, name).prop_map(|(who, name)| Step::HalfUndone { who, name }),
        1 => (0..100_000_i64).prop_map(|ms| Step::Wait { ms }),
        1 => Just(Step::Reopen),
    ]
}

/// A business, and whom its numbers mean: an id is never given twice, so whoever comes after one that is gone is another.
struct Stage {
    business: Business,
    gone: BTreeMap<[u8; 2], u8>,
    there: BTreeSet<RecordId>,
}

impl Stage {
    fn new(business: Business) -> Self {
        Self { business, gone: BTreeMap::new(), there: BTreeSet::new() }
    }
    fn id(&self, kind: u8, number: usize) -> RecordId {
        let number = u8::try_from(number).unwrap();
        let mut id = [kind + number; 16];
        id[15] = self.gone.get(&[kind, number]).copied().unwrap_or_default();
        RecordId::from_bytes(id)
    }
    fn contact(&self, number: usize) -> RecordId {
        self.id(CONTACT, number)
    }
    fn property(&self, number: usize) -> RecordId {
        self.id(PROPERTY, number)
    }
    /// Numbers of those that were there and are no more mean others from here on: an erasure takes along what is about the person alone.
    fn look(&mut self) {
        let all = [(CONTACT, CONTACTS), (PROPERTY, PROPERTIES)];
        let mut reader = self.business.tenant().reader().unwrap();
        for (kind, number) in all.into_iter().flat_map(|(kind, count)| (0..count).map(move |number| (kind, number))) {
            let id = self.id(kind, number);
            if reader.stored(id).unwrap().is_some() {
                self.there.insert(id);
            } else if self.there.remove(&id) {
                *self.gone.entry([kind, u8::try_from(number).unwrap()]).or_default() += 1;
            }
        }
    }
    /// All that there are or were.
    fn everybody(&self) -> Vec<RecordId> {
        let all = [(CONTACT, CONTACTS), (PROPERTY, PROPERTIES)];
        let numbers = all.into_iter().flat_map(|(kind, count)| (0..count).map(move |number| (kind, number)));
        let each = numbers.flat_map(|(kind, number)| {
            let newest = *self.id(kind, number).bytes();
            (0..=newest[15]).map(move |generation| {
                let mut id = newest;
                id[15] = generation;
                RecordId::from_bytes(id)
            })
        });
        each.collect()
    }
}

fn key(number: usize) -> UniqueValue {
    UniqueValue::new("import.property.external_id", &number.to_string())
}

/// An answer as text: what was done, or why it was refused.
fn said<T>(result: store::Result<T>, show: impl FnOnce(T) -> String) -> String {
    result.map_or_else(|error| format!("refused: {error:?}"), show)
}
fn written(written: &Written) -> String {
    format!("record {} version {} entry {}", written.stored.rid, written.stored.version, written.seq)
}

fn write(business: &Business, work: impl FnOnce(&mut Op<'_>) -> store::Result<Written> + Send + 'static) -> String {
    let admin = business.admin();
    said(business.tenant().write(admin, move |op| work(op).map(|done| written(&done))), |done| done)
}

fn person(name: usize, note: Option<&String>) -> serde_json::Value {
    let mut values = json!({"kind": "person", "given_name": "Erika", "family_name": NAMES[name], "origin": "x", "activity": "customer-care"});
    if let Some(note) = note {
        values["notes"] = json!(note);
    }
    values
}

/// Does it and gives the answer.
fn play(stage: &mut Stage, step: &Step) -> String {
    let business = &stage.business;
    match step.clone() {
        Step::Contact { who, name, note } => {
            let id = stage.contact(who);
            write(business, move |op| put(op, "contact", id, person(name, note.as_ref())))
        }
        Step::Property { which, owner, number } => {
            let (id, owner) = (stage.property(which), stage.contact(owner));
            write(business, move |op| property(op, id, owner, &format!("O-{number}")))
        }
        Step::Claim { which, owner, key: number } => {
            let (id, owner) = (stage.property(which), stage.contact(owner));
            write(business, move |op| {
                if op.external(&key(number))?.is_some() {
                    return Err(store::Error::conflict("taken", "the key has been used"));
                }
                let done = property(op, id, owner, &format!("K-{which}"))?;
                op.remember_external(&key(number), &done)?;
                Ok(done)
            })
        }
        Step::Ask { key: number } => {
            let found = business.tenant().write(business.admin(), move |op| op.external(&key(number)));
            said(found, |found| format!("{found:?}"))
        }
        Step::Restrict { who, on } => {
            let id = stage.contact(who);
            let done = business.tenant().write(business.admin(), move |op| restrict_record(op, id, on));
            said(done, |done| done.to_string())
        }
        Step::Erase { who } => {
            let id = stage.contact(who);
            if business.tenant().reader().unwrap().stored(id).unwrap().is_none() {
                return "nobody".into();
            }
            let units = units_of(business, id);
            let what = Destroy { case: format!("case/{id}"), action: "erase", subject: Some(id.cast()), units };
            let admin = business.admin();
            let done = business.tenant().exclusive(move |writer| destroy(writer, &admin, &what));
            said(done, |done| format!("{done:?}"))
        }
        Step::DeleteContact { who } => delete(business, "contact", stage.contact(who)),
        Step::DeleteProperty { which } => delete(business, "property", stage.property(which)),
        Step::Job { payload } => {
            let work = move |op: &mut Op<'_>| op.queue("probe", &json!({ "payload": payload }), op.now());
            said(business.tenant().write(business.admin(), work), |()| "queued".into())
        }
        Step::HalfUndone { who, name } => {
            let id = stage.contact(who);
            write(business, move |op| {
                let undone = op.part(|op| {
                    put(op, "contact", id, person((name + 1) % NAMES.len(), None))?;
                    Err::<(), _>(store::Error::invalid("undone"))
                });
                assert!(undone.is_err());
                put(op, "contact", id, person(name, None))
            })
        }
        Step::Wait { ms } => {
            business.clock.advance_ms(ms);
            String::new()
        }
        Step::Reopen => {
            stage.business.reopen();
            String::new()
        }
    }
}

fn property(op: &mut Op<'_>, id: RecordId, owner: RecordId, number: &str) -> store::Result<Written> {
    if op.stored(owner)?.is_none() {
        return Err(store::Error::not_found("the owner"));
    }
    let values = json!({"owner": owner.to_string(), "number": number, "origin": "x", "activity": "customer-care"});
    put(op, "property", id, values)
}

fn delete(business: &Business, module: &'static str, id: RecordId) -> String {
    let admin = business.admin();
    let done = business.tenant().exclusive(move |writer| delete_record(writer, &admin, module, id, None));
    said(done, |done| format!("{done:?}"))
}

/// Everything that can be asked of the records: what stands in them, their history, lists, search.
fn state(stage: &Stage) -> Vec<String> {
    let mut reader = stage.business.tenant().reader().unwrap();
    let mut all = Vec::new();
    for id in stage.everybody() {
        let opened = said(reader.opened(id), |opened| {
            opened.map_or_else(String::new, |opened| {
                let stored = &opened.stored;
                format!("{} {} {:?} {:?}", stored.version, stored.restricted, stored.scope, opened.values)
            })
        });
        all.push(format!("{id} {opened}"));
        let history = store::journal::history(&mut reader, id, None, 1000);
        all.push(said(history, |shown| format!("{:?}", shown.steps)));
    }
    for module in ["contact", "property"] {
        all.push(format!("{:?}", crate::load::all_rows(&mut reader, module)));
    }
    for name in NAMES {
        let terms = store::text::query_terms(name);
        let query = store::index::ListQuery {
            text: Some(terms),
            limit: 200,
            ..store::index::ListQuery::new("contact", [0].into())
        };
        let found = store::index::list(reader.index().unwrap(), &query).unwrap().rows;
        all.push(format!("{name} {:?}", found.iter().map(|row| row.id).collect::<Vec<_>>()));
    }
    all
}

const ENTRIES: Query =
    Query { name: "ENTRIES", sql: "SELECT seq, commit_no, body FROM entry WHERE seq >= 0 ORDER BY seq" };

fn journal(business: &Business) -> Vec<(i64, Body)> {
    let shared = business.tenant().shared();
    let mut records = store::beside(shared.paths(), &shared.ring(), keys::Pages::Records).unwrap();
    let mut entries = Vec::new();
    let each = &mut |row: &dyn store::engine::Row| {
        entries.push((row.int(1)?, Body::decode(row.bytes(2)?)?));
        Ok(true)
    };
    records.query((&ENTRIES).into(), &[], each).unwrap();
    entries
}

/// Random values of one engine and those that stand for them on the other.
#[derive(Default)]
struct Pairs<T> {
    there: HashMap<T, T>,
    back: HashMap<T, T>,
}

impl<T: Copy + Eq + Hash> Pairs<T> {
    fn same(&mut self, one: T, other: T) -> bool {
        *self.there.entry(one).or_insert(other) == other && *self.back.entry(other).or_insert(one) == one
    }
    fn all<'a>(
        &mut self,
        one: impl ExactSizeIterator<Item = &'a T>,
        other: impl ExactSizeIterator<Item = &'a T>,
    ) -> bool
    where
        T: 'a,
    {
        one.len() == other.len() && one.zip(other).all(|(one, other)| self.same(*one, *other))
    }
}

/// Covered rows stand in the order of their ids, which are random; what they are is not, so that is what tells them apart.
fn covers(ids: &mut Pairs<[u8; 16]>, one: &Body, other: &Body) -> bool {
    let sorted = |body: &Body| {
        let mut covers: Vec<_> = body.covers.iter().map(|cover| (cover.table, cover.digest, cover.id)).collect();
        covers.sort_unstable();
        covers
    };
    let (one, other) = (sorted(one), sorted(other));
    let what = |cover: &(u8, Option<[u8; 32]>, [u8; 16])| (cover.0, cover.1);
    let twice = |cover| one.iter().filter(|two| what(two) == what(cover)).count() > 1;
    one.len() == other.len()
        && one.iter().zip(&other).all(|(a, b)| what(a) == what(b) && (twice(a) || ids.same(a.2, b.2)))
}

/// Where two journals differ in more than what is random.
fn difference(one: &[(i64, Body)], other: &[(i64, Body)]) -> Option<String> {
    if one.len() != other.len() {
        return Some(format!("{} entries and {}", one.len(), other.len()));
    }
    let (mut ids, mut digests) = (Pairs::<[u8; 16]>::default(), Pairs::<[u8; 32]>::default());
    one.iter().zip(other).find_map(|(one, other)| {
        let (commit, a) = one;
        let (other_commit, b) = other;
        let plain = |body: &Body| {
            (
                body.seq,
                body.at,
                body.actor.clone(),
                body.action.clone(),
                body.module.clone(),
                body.record,
                body.note.clone(),
            )
        };
        let units = |list: &[(base::UnitId, [u8; 32])]| list.iter().map(|(id, _)| *id.bytes()).collect::<Vec<_>>();
        let hashes = |list: &[(base::UnitId, [u8; 32])]| list.iter().map(|(_, hash)| *hash).collect::<Vec<_>>();
        let named = |body: &Body| body.units.iter().map(|unit| *unit.bytes()).collect::<Vec<_>>();
        let row = |body: &Body| body.row.into_iter().collect::<Vec<_>>();
        let same = commit == other_commit
            && plain(a) == plain(b)
            && ids.all(units(&a.values).iter(), units(&b.values).iter())
            && digests.all(hashes(&a.values).iter(), hashes(&b.values).iter())
            && digests.all(row(a).iter(), row(b).iter())
            && ids.all(units(&a.parts).iter(), units(&b.parts).iter())
            && digests.all(hashes(&a.parts).iter(), hashes(&b.parts).iter())
            && ids.all(named(a).iter(), named(b).iter())
            && covers(&mut ids, a, b);
        (!same).then(|| format!("{commit} {a:#?}\n{other_commit} {b:#?}"))
    })
}

#[test]
fn both_engines_answer_the_same_and_keep_the_same_journal() {
    let (cases, steps) = if std::env::var_os("OBHUT_SOAK").is_some() { (60, 120) } else { (3, 50) };
    let config = Config { cases, max_shrink_iters: 8, failure_persistence: None, ..Config::default() };
    let mut runner = if cases > 3 {
        TestRunner::new(config)
    } else {
        let rng = proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha);
        TestRunner::new_with_rng(config, rng)
    };
    let sequence = proptest::collection::vec(step(), steps / 2..steps);
    let outcome = runner.run(&sequence, |steps| {
        let mut embedded = Stage::new(Business::in_files(PACKS));
        let mut server = Stage::new(Business::on_server(PACKS, InstanceSettings::default()));
        for (number, step) in steps.iter().enumerate() {
            let (one, other) = (play(&mut embedded, step), play(&mut server, step));
            prop_assert_eq!(one, other, "step {}: {:?}", number, step);
            embedded.look();
            server.look();
        }
        for _ in 0..2 {
            prop_assert_eq!(state(&embedded), state(&server));
            let (one, other) = (embedded.business.verify(), server.business.verify());
            prop_assert!(
                one.findings.is_empty() && other.findings.is_empty(),
                "{:?} {:?}",
                one.findings,
                other.findings
            );
            prop_assert_eq!(one.entries, other.entries);
            let differing = difference(&journal(&embedded.business), &journal(&server.business));
            prop_assert!(differing.is_none(), "{}", differing.unwrap_or_default());
            embedded.business.reopen();
            server.business.reopen();
        }
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

const ENTRY: &str = "INSERT INTO entry (seq, record, commit_no, body, leaf) VALUES (?1, 0, 0, ?2, ?3)";
const TILES: Query =
    Query { name: "TILES", sql: "SELECT level, place, hashes FROM tile WHERE level >= 0 ORDER BY level, place" };

/// The root of a journal of these entries, the root after it was read back, and the tiles.
type Kept = ([u8; 32], [u8; 32], Vec<(i64, i64, Vec<u8>)>);

fn keep(business: &Business, bodies: &[Vec<u8>]) -> Kept {
    let shared = business.tenant().shared();
    let mut records = store::beside(shared.paths(), &shared.ring(), keys::Pages::Records).unwrap();
    records.begin().unwrap();
    records.script("empty", "DELETE FROM tile").unwrap();
    records.script("empty", "DELETE FROM entry").unwrap();
    let mut tree = Tree::empty("obhut/probe");
    for (seq, body) in (0_i64..).zip(bodies) {
        let leaf = keys::merkle::leaf_hash(body);
        let params = [seq.into(), body.as_slice().into(), (&leaf).into()];
        records.send(Sql { name: "ENTRY", text: ENTRY }, &params).unwrap();
        tree.push(leaf, &mut records).unwrap();
    }
    let loaded = Tree::load(&mut records, "obhut/probe", tree.size()).unwrap();
    let mut tiles = Vec::new();
    let each = &mut |row: &dyn store::engine::Row| {
        tiles.push((row.int(0)?, row.int(1)?, row.bytes(2)?.to_vec()));
        Ok(true)
    };
    records.query((&TILES).into(), &[], each).unwrap();
    records.rollback();
    (tree.root(), loaded.root(), tiles)
}

#[test]
fn the_same_entries_give_the_same_root_on_both_engines() {
    let (embedded, server) =
        (Business::in_files(&["core"]), Business::on_server(&["core"], InstanceSettings::default()));
    let config = Config { cases: 12, max_shrink_iters: 20, failure_persistence: None, ..Config::default() };
    let rng = proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha);
    let sizes = prop_oneof![0..3_usize, 250..260_usize, 510..520_usize, 0..700_usize];
    let entries = (sizes, any::<u64>()).prop_map(|(size, seed)| {
        let mut dice = testkit::Dice::new(seed);
        (0..size)
            .map(|_| (0..dice.below(40)).map(|_| u8::try_from(dice.below(256)).unwrap()).collect())
            .collect::<Vec<Vec<u8>>>()
    });
    let outcome = TestRunner::new_with_rng(config, rng).run(&entries, |bodies| {
        let (one, other) = (keep(&embedded, &bodies), keep(&server, &bodies));
        let leaves: Vec<_> = bodies.iter().map(|body| keys::merkle::leaf_hash(body)).collect();
        let mut plain = Tree::empty("obhut/probe");
        for leaf in &leaves {
            plain.grow(*leaf);
        }
        prop_assert_eq!(one.0, plain.root());
        prop_assert_eq!(one.1, plain.root(), "read back");
        prop_assert!(one == other, "{} entries", bodies.len());
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}
