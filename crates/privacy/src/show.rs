//! A person's page, and the copy that a person may ask for (Art. 15 GDPR, F-110).
use crate::held::{Held, held};
use base::{Date, Permission, RecordId, SubjectId, UnitId};
use serde_json::{Value, json};
use store::logs::sensitive_read;
use store::module::{Label, Map};
use store::{Caller, Disclosure, Error, Reader, Result, Shared};

/// A record on a person's page.
#[derive(Debug, Clone)]
pub struct SubjectRecord {
    /// Module.
    pub module: String,
    /// Id.
    pub id: RecordId,
    /// Title.
    pub title: String,
    /// The values that are the person's.
    pub values: Map,
    /// Whether it is restricted.
    pub restricted: bool,
    /// Whether the record is the person's; otherwise only these values are.
    pub own: bool,
}

/// A unit on a person's page: what can be destroyed by itself, and until when it must stay.
#[derive(Debug, Clone)]
pub struct SubjectUnit {
    /// Id.
    pub id: UnitId,
    /// Deletion class.
    pub class: String,
    /// Its label.
    pub label: Label,
    /// Records that it covers.
    pub records: Vec<RecordId>,
    /// Until when it must be kept; none if nothing keeps it.
    pub until: Option<Date>,
    /// The law.
    pub basis: String,
    /// Why.
    pub reason: Label,
}

/// Everything held about a person.
#[derive(Debug, Clone)]
pub struct SubjectView {
    /// Id.
    pub id: SubjectId,
    /// Title of the record that is the person, if it is there still.
    pub title: Option<String>,
    /// `live`, `restricted`, `erased`.
    pub state: String,
    /// Ids of persons that were merged into this one.
    pub aliases: Vec<SubjectId>,
    /// Records, the person's own first.
    pub records: Vec<SubjectRecord>,
    /// Units.
    pub units: Vec<SubjectUnit>,
}

/// Everything held about a person.
pub fn subject(reader: &mut Reader, caller: &Caller, id: SubjectId) -> Result<SubjectView> {
    caller.needs(Permission::Privacy)?;
    let held = held(reader, id)?;
    let view = view(reader, &held)?;
    note(reader.tenant(), caller, "subject", &view.records)?;
    Ok(view)
}

/// Notes the sensitive fields that are handed out with a person's records.
fn note(shared: &Shared, caller: &Caller, way: &'static str, records: &[SubjectRecord]) -> Result<()> {
    let modules = shared.modules();
    let reads = records.iter().filter_map(|record| {
        sensitive_read(shared, caller, way, modules.set.get(&record.module)?, record.id, &record.values)
    });
    shared.note_reads(reads.collect::<Vec<_>>())
}

fn view(reader: &mut Reader, held: &Held) -> Result<SubjectView> {
    let modules = reader.tenant().modules();
    let mut records = Vec::new();
    let mut title = None;
    for (rid, record) in &held.records {
        let definition =
            modules.set.get(&record.module).ok_or_else(|| Error::not_found(format!("module {}", record.module)))?;
        let shown = Held::title(definition, record);
        if *rid == held.subject.record {
            title = Some(shown.clone());
        }
        records.push(SubjectRecord {
            module: record.module.clone(),
            id: record.opened.stored.id,
            title: shown,
            values: held.values_of(reader, *rid)?,
            restricted: record.opened.stored.restricted,
            own: record.own,
        });
    }
    records.sort_by_key(|record| (!record.own, record.id.cast() != held.subject.id));
    let units = held.units.iter().map(|unit| {
        let class = modules.set.class(&unit.row.class);
        SubjectUnit {
            id: unit.row.id,
            class: unit.row.class.clone(),
            label: class.map(|class| class.label.clone()).unwrap_or_default(),
            records: unit.records.iter().filter_map(|rid| held.id(*rid)).collect(),
            until: unit.hold.as_ref().map(|hold| hold.until),
            basis: unit.hold.as_ref().map(|hold| hold.basis.clone()).unwrap_or_default(),
            reason: unit.hold.as_ref().map(|hold| Label::new(&hold.reason_de, &hold.reason_en)).unwrap_or_default(),
        }
    });
    Ok(SubjectView {
        id: held.subject.id,
        title,
        state: held.subject.state.clone(),
        aliases: held.aliases.clone(),
        units: units.collect(),
        records,
    })
}

/// The copy for the person: structured, machine-readable, with purposes and origin. Every export is journaled.
pub fn export(tenant: &store::Tenant, caller: &Caller, id: SubjectId) -> Result<Value> {
    caller.needs(Permission::Privacy)?;
    let (document, subject, records) = {
        let mut reader = tenant.reader()?;
        let held = held(&mut reader, id)?;
        let shown = view(&mut reader, &held)?;
        note(reader.tenant(), caller, "subject-export", &shown.records)?;
        let modules = reader.tenant().modules();
        let now = reader.tenant().clock().now();
        let records: Vec<Value> = shown.records.iter().map(|record| {
            let purpose = modules.set.get(&record.module).map(|definition| definition.purpose.de.clone());
            let activity = record.values.get("activity").and_then(Value::as_str).and_then(|key| modules.set.activity(key));
            json!({
                "module": record.module, "id": record.id, "title": record.title, "restricted": record.restricted, "purpose": purpose,
                "activity": activity.map(|activity| activity.label.de.clone()), "values": record.values,
            })
        }).collect();
        let units: Vec<Value> = shown.units.iter().map(|unit| {
            json!({"class": unit.class, "label": unit.label.de, "records": unit.records, "until": unit.until, "basis": unit.basis, "reason": unit.reason.de})
        }).collect();
        let document = json!({
            "subject": id, "exported_at": now, "state": shown.state, "merged": shown.aliases, "records": records, "kept": units,
        });
        (document, held.subject.id, shown.records.len() as u64)
    };
    let leaves = Disclosure {
        what: "subject-export",
        module: None,
        subject: Some(subject),
        recipient: "person",
        records,
        facts: Map::new(),
    };
    tenant.write(caller.clone(), move |op| op.disclose(&leaves))?;
    Ok(document)
}
