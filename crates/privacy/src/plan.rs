//! The plan of an erasure: what goes now, what must stay until when and why, and who else's records mention the person.
//!
//! It is stored with ids, versions, classes and dates only, and its hash over all of them is what an approval approves.
use crate::held::{Held, HeldUnit, held};
use crate::mentions::{Mention, Mentions, mentions};
use crate::statements;
use base::{Date, Permission, RecordId, SubjectId, Timestamp, UnitId};
use serde::{Deserialize, Serialize};
use store::journal::covered;
use store::module::{Label, Map};
use store::rows::Access;
use store::{Caller, Error, Reader, Result, Tenant};

/// Names an erasure.
pub type ErasureId = base::Id<of::Erasure>;

/// Marks what an id names.
pub mod of {
    /// An erasure.
    pub enum Erasure {}
}

/// One key unit in a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanItem {
    /// The unit.
    pub unit: UnitId,
    /// Its deletion class.
    pub class: String,
    /// That class's label.
    pub label_de: String,
    /// The same in English.
    pub label_en: String,
    /// Modules and ids of the records that it covers.
    pub records: Vec<(String, RecordId)>,
    /// Until when it must stay; none if it goes.
    pub until: Option<Date>,
    /// The law.
    pub basis: String,
    /// Why, in German.
    pub reason_de: String,
    /// Why, in English.
    pub reason_en: String,
}

impl PlanItem {
    /// Label of the class in both languages.
    pub fn label(&self) -> Label {
        Label::new(&self.label_de, &self.label_en)
    }
    /// Reason in both languages.
    pub fn reason(&self) -> Label {
        Label::new(&self.reason_de, &self.reason_en)
    }
}

/// A record as the plan found it: whatever changes in it afterwards was not shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanRecord {
    /// Its module.
    pub module: String,
    /// Its id.
    pub record: RecordId,
    /// Its version, from 1.
    pub version: i64,
    /// Whether the record is the person's; otherwise only some of its fields are.
    pub own: bool,
    /// The person's units under which it has a part, or which it is; none for a record that is only clear.
    pub units: Vec<UnitId>,
}

/// A plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The erasure's id.
    pub id: ErasureId,
    /// The person.
    pub subject: SubjectId,
    /// When it was made.
    pub made_at: Timestamp,
    /// What goes.
    pub goes: Vec<PlanItem>,
    /// What stays, restricted.
    pub stays: Vec<PlanItem>,
    /// Every record that holds something of the person, with the version that was planned.
    #[serde(default)]
    pub records: Vec<PlanRecord>,
    /// Other people's records that mention the person.
    pub mentions: Vec<Mention>,
    /// Whether there may be more mentions than are listed: a value of the person is too common to be searched for, or the list was cut.
    #[serde(default)]
    pub mentions_incomplete: bool,
    /// SHA-256 over everything that the plan shows, hex: performing compares it.
    pub hash: String,
}

/// Why a person is erased: one of a list, so that no text of a person gets in.
pub const REASONS: &[(&str, &str, &str)] = &[
    ("request", "Verlangen der betroffenen Person (Art. 17 Abs. 1 DSGVO)", "Request of the person (Art. 17(1) GDPR)"),
    ("purpose-ended", "Zweck entfallen (Art. 17 Abs. 1 lit. a DSGVO)", "Purpose has ended (Art. 17(1)(a) GDPR)"),
    (
        "consent-withdrawn",
        "Einwilligung widerrufen (Art. 17 Abs. 1 lit. b DSGVO)",
        "Consent withdrawn (Art. 17(1)(b) GDPR)",
    ),
    ("objection", "Widerspruch (Art. 17 Abs. 1 lit. c DSGVO)", "Objection (Art. 17(1)(c) GDPR)"),
    (
        "unlawful",
        "Unrechtmäßige Verarbeitung (Art. 17 Abs. 1 lit. d DSGVO)",
        "Unlawful processing (Art. 17(1)(d) GDPR)",
    ),
    ("legal-duty", "Rechtliche Verpflichtung (Art. 17 Abs. 1 lit. e DSGVO)", "Legal obligation (Art. 17(1)(e) GDPR)"),
    ("other", "Sonstiger Grund", "Other reason"),
];

/// The key of a reason: its own, or that of its words in either language; `other` for any other text, which is not kept (it might name the person).
pub fn reason_key(text: &str) -> &'static str {
    let wanted = store::text::fold(text);
    let is = |word: &str| store::text::fold(word) == wanted;
    REASONS.iter().find(|(key, de, en)| is(key) || is(de) || is(en)).map_or("other", |(key, _, _)| *key)
}

/// Makes a plan without storing it.
pub fn draft(reader: &mut Reader, caller: &Caller, subject: SubjectId) -> Result<Plan> {
    caller.needs(Permission::Privacy)?;
    let held = held(reader, subject)?;
    if held.subject.state == "erased" {
        return Err(Error::conflict("erased", "this person has been erased already"));
    }
    let mentions = mentions(reader, &held)?;
    Ok(of_held(reader, &held, mentions))
}

/// The plan for what is held.
fn of_held(reader: &Reader, held: &Held, mentions: Mentions) -> Plan {
    let (goes, stays) = items(reader, held);
    let mut plan = Plan {
        id: keys_id(reader),
        subject: held.subject.id,
        made_at: reader.tenant().clock().now(),
        goes,
        stays,
        records: records(held),
        mentions: mentions.found,
        mentions_incomplete: mentions.incomplete,
        hash: String::new(),
    };
    plan.hash = plan.digest();
    plan
}

fn keys_id(reader: &Reader) -> ErasureId {
    reader.tenant().random_id()
}

/// What a user is told when a plan is not what would happen now.
pub(crate) fn changed() -> Error {
    Error::conflict(
        "plan-changed",
        "what is held about the person has changed since the plan was made; make a new plan and look at it again",
    )
}

/// Makes a plan and stores it for approval.
pub fn plan(tenant: &Tenant, caller: &Caller, subject: SubjectId, reason: &str) -> Result<Plan> {
    let plan = draft(&mut tenant.reader()?, caller, subject)?;
    store(tenant, caller, plan, reason)
}

/// Stores the plan that was shown, known by its hash. If it would be another one now, it is refused (`plan-changed`) and nothing is stored.
pub fn plan_as_shown(tenant: &Tenant, caller: &Caller, subject: SubjectId, reason: &str, shown: &str) -> Result<Plan> {
    let plan = draft(&mut tenant.reader()?, caller, subject)?;
    if plan.hash != shown {
        return Err(changed());
    }
    store(tenant, caller, plan, reason)
}

fn store(tenant: &Tenant, caller: &Caller, plan: Plan, reason: &str) -> Result<Plan> {
    let stored = plan.clone();
    let reason = reason_key(reason);
    tenant.write(caller.clone(), move |op| {
        let mut entry = op.entry("plan-erasure", None, None);
        entry.name_units(stored.goes.iter().map(|item| item.unit));
        let rid = op.first(&statements::ERASURE_NEXT, &[], |row| row.int(0))?.unwrap_or(1);
        let text = serde_json::to_string(&stored).map_err(|error| Error::invalid(error.to_string()))?;
        let (now, actor, commit) = (op.now().0, op.caller().actor.to_string(), op.commit_no());
        let params = [
            rid.into(),
            stored.id.bytes().into(),
            stored.subject.bytes().into(),
            reason.into(),
            text.as_str().into(),
            stored.hash.as_bytes().into(),
            now.into(),
            actor.as_str().into(),
            commit.into(),
        ];
        op.change(&statements::ERASURE_PUT, &params, &entry)?;
        op.cover(&entry, &covered::ERASURE, stored.id.bytes())?;
        let mut note = Map::new();
        note.insert("case".into(), stored.id.to_string().into());
        op.finish(entry, &note).map(drop)
    })?;
    Ok(plan)
}

/// What goes and what stays.
pub(crate) fn items(access: &dyn Access, held: &Held) -> (Vec<PlanItem>, Vec<PlanItem>) {
    let modules = access.shared().modules();
    let as_item = |unit: &&HeldUnit| {
        let class = modules.set.class(&unit.row.class);
        let kept_by = unit.hold.as_ref();
        PlanItem {
            unit: unit.row.id,
            class: unit.row.class.clone(),
            label_de: class.map(|class| class.label.de.clone()).unwrap_or_default(),
            label_en: class.map(|class| class.label.en.clone()).unwrap_or_default(),
            records: unit
                .records
                .iter()
                .filter_map(|rid| held.records.get(rid))
                .map(|record| (record.module.clone(), record.opened.stored.id))
                .collect(),
            until: kept_by.map(|kept_by| kept_by.until),
            basis: kept_by.map(|kept_by| kept_by.basis.clone()).unwrap_or_default(),
            reason_de: kept_by
                .map_or_else(|| "Keine Aufbewahrungspflicht.".to_owned(), |kept_by| kept_by.reason_de.clone()),
            reason_en: kept_by.map_or_else(|| "No duty to keep it.".to_owned(), |kept_by| kept_by.reason_en.clone()),
        }
    };
    let (goes, stays) = held.partition();
    (goes.iter().map(as_item).collect(), stays.iter().map(as_item).collect())
}

/// Every record that holds something of the person, by row number.
fn records(held: &Held) -> Vec<PlanRecord> {
    let record = |(rid, record): (&i64, &crate::held::HeldRecord)| PlanRecord {
        module: record.module.clone(),
        record: record.opened.stored.id,
        version: record.opened.stored.version,
        own: record.own,
        units: held.units.iter().filter(|unit| unit.records.contains(rid)).map(|unit| unit.row.id).collect(),
    };
    held.records.iter().map(record).collect()
}

impl Plan {
    /// The hash over all that the plan shows; the same for the same, whenever it is made.
    fn digest(&self) -> String {
        let shown = (&self.subject, &self.goes, &self.stays, &self.records, &self.mentions, self.mentions_incomplete);
        // Plain structs with string keys always serialise.
        store::digest_hex(&serde_json::to_vec(&shown).unwrap_or_default())
    }
}
