//! Everything held about a person: records of every module, fields of others' records that are theirs, and the key units behind them,
//! each with until when and why (F-110, T-159).
use base::{RecordId, SubjectId};
use std::collections::{BTreeMap, BTreeSet};
use store::module::{Definition, Map};
use store::retention::{Hold, hold};
use store::rows::{Access, Opened, SubjectRow, UnitRow};
use store::{Error, Result, Shared, statements};

/// A key unit of a person.
#[derive(Debug, Clone)]
pub struct HeldUnit {
    /// The unit.
    pub row: UnitRow,
    /// What keeps it, if anything does.
    pub hold: Option<Hold>,
    /// Records that have a part under it, or are it.
    pub records: BTreeSet<i64>,
}

/// A record that holds data of the person.
#[derive(Debug, Clone)]
pub struct HeldRecord {
    /// Name of its module.
    pub module: String,
    /// The record, opened.
    pub opened: Opened,
    /// Whether the record is the person's; otherwise only some of its fields are.
    pub own: bool,
}

/// Everything held about a person.
#[derive(Debug, Clone)]
pub struct Held {
    /// The person, after merges.
    pub subject: SubjectRow,
    /// Persons that were merged into this one.
    pub aliases: Vec<SubjectId>,
    /// Records by row number.
    pub records: BTreeMap<i64, HeldRecord>,
    /// Live units.
    pub units: Vec<HeldUnit>,
}

/// Records of one person that are read at a time; a person with more is a business of its own.
const MAX_RECORDS: usize = 100_000;

/// Collects everything held about a person.
pub fn held(access: &mut dyn Access, id: SubjectId) -> Result<Held> {
    let found = subject_by_id(access, id)?.ok_or_else(|| Error::not_found(format!("person {id}")))?;
    let subject = canonical(access, found)?;
    let all = family(access, &subject)?;
    let aliases = all.iter().filter(|row| row.rid != subject.rid).map(|row| row.id).collect();
    let mut units: Vec<UnitRow> = Vec::new();
    let mut rids: BTreeSet<i64> = BTreeSet::new();
    let mut parts: BTreeMap<i64, BTreeSet<i64>> = BTreeMap::new();
    for row in &all {
        collect(access, &statements::UNITS_OF_SUBJECT, row.rid, &mut |row| {
            units.push(UnitRow::read(row)?);
            Ok(())
        })?;
        collect(access, &statements::RECORDS_OF_SUBJECT, row.rid, &mut |row| {
            rids.insert(row.int(0)?);
            Ok(())
        })?;
        // The record that is the person is the person's, whatever it says of itself, and so is what was sealed for it alone.
        if row.record != 0 {
            rids.insert(row.record);
            collect(access, &statements::UNITS_OF_RECORD, row.record, &mut |row| {
                let unit = UnitRow::read(row)?;
                if unit.subject == 0 {
                    units.push(unit);
                }
                Ok(())
            })?;
        }
    }
    units.retain(|unit| unit.state == 0);
    let own = rids.clone();
    let mut orphans: BTreeSet<i64> = BTreeSet::new();
    for unit in &units {
        let under = parts.entry(unit.rid).or_default();
        collect(access, &statements::PARTS_OF_UNIT, unit.rid, &mut |row| {
            under.insert(row.int(0)?);
            Ok(())
        })?;
        if unit.record != 0 && under.insert(unit.record) && !own.contains(&unit.record) {
            orphans.insert(unit.rid);
        }
        rids.extend(under.iter().copied());
    }
    if rids.len() > MAX_RECORDS {
        return Err(Error::invalid(format!("more than {MAX_RECORDS} records are held about this person")));
    }
    let modules = access.shared().modules();
    let mut records = BTreeMap::new();
    for rid in rids {
        let Some(stored) = access.stored_rid(rid)? else { continue };
        let Some(module) = modules.rows.get(&stored.module).map(|row| row.name.clone()) else { continue };
        let opened = access.open(stored)?;
        records.insert(rid, HeldRecord { module, opened, own: own.contains(&rid) });
    }
    let mut of_person = Vec::with_capacity(units.len());
    for row in units {
        let mut under = parts.remove(&row.rid).unwrap_or_default();
        under.retain(|rid| records.contains_key(rid));
        let hold = if orphans.contains(&row.rid) {
            orphan_hold(access, &row, &records)?
        } else {
            unit_hold(access.shared(), &row, &under, &records)
        };
        of_person.push(HeldUnit { row, hold, records: under });
    }
    Ok(Held { subject, aliases, records, units: of_person })
}

/// The duty on a unit that was left behind when its record became another person's: from what the journal has under this unit, never from
/// what the record says by now of somebody else.
fn orphan_hold(access: &mut dyn Access, unit: &UnitRow, records: &BTreeMap<i64, HeldRecord>) -> Result<Option<Hold>> {
    let Some(record) = records.get(&unit.record) else { return Ok(None) };
    let (values, at) = store::journal::last_under(access, unit.record, unit)?;
    let mut opened = Opened { stored: record.opened.stored.clone(), values };
    opened.stored.changed_at = at.unwrap_or(opened.stored.changed_at);
    let shared = access.shared();
    let modules = shared.modules();
    let Some(definition) = modules.set.get(&record.module) else { return Ok(None) };
    Ok(hold(&modules.set, definition, &opened, &unit.class, shared.clock().now(), shared.zone()))
}

/// The longest duty among the records that a unit covers.
fn unit_hold(
    shared: &Shared,
    unit: &UnitRow,
    under: &BTreeSet<i64>,
    records: &BTreeMap<i64, HeldRecord>,
) -> Option<Hold> {
    let modules = shared.modules();
    let now = shared.clock().now();
    let covered = under.iter().filter_map(|rid| records.get(rid));
    covered
        .filter_map(|record| {
            let definition = modules.set.get(&record.module)?;
            hold(&modules.set, definition, &record.opened, &unit.class, now, shared.zone())
        })
        .max_by_key(|hold| hold.until)
}

impl Held {
    /// The fields of a record that are this person's: all of the person's own record, only the parts under the person's units of another's.
    pub fn values_of(&self, access: &mut dyn Access, rid: i64) -> Result<Map> {
        let Some(record) = self.records.get(&rid) else { return Ok(Map::new()) };
        if record.own {
            return Ok(record.opened.values.clone());
        }
        let mine: BTreeSet<i64> = self.units.iter().map(|unit| unit.row.rid).collect();
        let mut stored = record.opened.stored.clone();
        stored.parts.retain(|part| mine.contains(&part.unit));
        stored.clear = "{}".into();
        Ok(access.open(stored)?.values)
    }
    /// The title of a record that is the person's; of another's record only the name of its kind, as its title may name somebody else.
    pub fn title(definition: &Definition, record: &HeldRecord) -> String {
        if record.own { definition.title(&record.opened.values, &|_| None) } else { definition.label.de.clone() }
    }
    /// Unit ids whose data goes now and those that must stay.
    pub fn partition(&self) -> (Vec<&HeldUnit>, Vec<&HeldUnit>) {
        self.units.iter().partition(|unit| unit.hold.is_none())
    }
    /// Id of a record.
    pub fn id(&self, rid: i64) -> Option<RecordId> {
        self.records.get(&rid).map(|record| record.opened.stored.id)
    }
}

/// The subject of that id.
pub fn subject_by_id(access: &mut dyn Access, id: SubjectId) -> Result<Option<SubjectRow>> {
    let mut found = None;
    access.rows(&statements::SUBJECT_BY_ID, &[id.bytes().into()], &mut |row| {
        found = Some(SubjectRow::read(row)?);
        Ok(false)
    })?;
    Ok(found)
}

fn canonical(access: &mut dyn Access, from: SubjectRow) -> Result<SubjectRow> {
    let mut at = from;
    for _ in 0..64 {
        if at.alias_of == 0 {
            return Ok(at);
        }
        let mut next = None;
        access.rows(&statements::SUBJECT_BY_RID, &[at.alias_of.into()], &mut |row| {
            next = Some(SubjectRow::read(row)?);
            Ok(false)
        })?;
        at = next.ok_or_else(|| Error::not_found("the person that this one was merged into"))?;
    }
    Err(Error::invalid("merged persons form a circle"))
}

fn family(access: &mut dyn Access, subject: &SubjectRow) -> Result<Vec<SubjectRow>> {
    let mut all = vec![subject.clone()];
    let mut at = 0;
    while let Some(rid) = all.get(at).map(|row| row.rid) {
        let mut aliases = Vec::new();
        collect(access, &statements::SUBJECT_ALIASES, rid, &mut |row| {
            aliases.push(SubjectRow::read(row)?);
            Ok(())
        })?;
        all.extend(aliases);
        at += 1;
        if at > 10_000 {
            return Err(Error::invalid("merged persons form a circle"));
        }
    }
    Ok(all)
}

fn collect(
    access: &mut dyn Access,
    query: &store::engine::Query,
    rid: i64,
    take: &mut dyn FnMut(&dyn store::engine::Row) -> Result<()>,
) -> Result<()> {
    access.rows(query, &[rid.into()], &mut |row| take(row).map(|()| true))
}
