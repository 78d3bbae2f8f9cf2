//! A business with what a real one has, a hand in every step of its moves, and everything that can be seen of it.
use crate::faults::tampering::units_of;
use crate::story::{person, put};
use base::RecordId;
use keys::Pages;
use parking_lot::Mutex;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use store::engine::{Connection, Row, Sql};
use store::erase::{Destroy, delete_record, destroy, restrict_record};
use store::logs::{Access, Line, Log};
use store::postgres::{Server, report};
use store::rows::{Access as _, Written};
use store::{Error, Goal, Instance, InstanceSettings, Paths, Place, Steps, Tenant, UniqueValue};
use testkit::Business;
use testkit::postgres::Servers;

pub type Hook = Box<dyn FnMut(&str) + Send>;

/// A business with what a real one has, and a hand in every step of its moves.
pub struct Story {
    pub business: Business,
    pub erika: RecordId,
    pub hook: Arc<Mutex<Option<Hook>>>,
}

pub fn here() -> Goal {
    Goal::Embedded
}
pub fn there() -> Goal {
    Goal::Server("main".into())
}

pub fn write(tenant: &Tenant, id: RecordId, family: &'static str, number: Option<&'static str>) -> store::Result<()> {
    let mut values = person("Erika", family);
    if let Some(number) = number {
        values["customer_number"] = json!(number);
    }
    tenant.write(store::Caller::operator("test"), move |op| put(op, "contact", id, values).map(drop))
}

pub fn erase(business: &Business, tenant: &Tenant, person: RecordId) {
    let units = units_of(business, person);
    erase_units(tenant, person, units);
}

pub fn erase_units(tenant: &Tenant, person: RecordId, units: Vec<base::UnitId>) {
    let what = Destroy { case: person.to_string(), action: "erase", subject: Some(person.cast()), units };
    tenant.exclusive(move |writer| destroy(writer, &store::Caller::operator("test"), &what)).unwrap();
}

impl Story {
    pub fn new(goal: &Goal) -> Self {
        Self::with(goal, Vec::new())
    }

    /// On the servers of this process, and with others beside.
    pub fn with(goal: &Goal, more: Vec<Server>) -> Self {
        let hook: Arc<Mutex<Option<Hook>>> = Arc::default();
        let told = Arc::clone(&hook);
        let steps = Steps::new(move |step| {
            // Taken out while it runs: what it does may have steps of its own.
            let taken = told.lock().take();
            if let Some(mut hook) = taken {
                hook(step);
                told.lock().get_or_insert(hook);
            }
        });
        let servers = std::iter::once(Servers::shared().server()).chain(more).collect();
        let settings = InstanceSettings { steps, servers, ..InstanceSettings::default() };
        let packs = ["workshop"];
        let business = match goal {
            Goal::Embedded => Business::in_files_with(&packs, settings),
            Goal::Server(name) => Business::on(name, &packs, settings),
        };
        let story = Self { business, erika: keys::random_id(), hook };
        story.fill();
        story
    }

    /// Persons with and without numbers of their own, one restricted, one erased, one deleted; links; logs; jobs; keys of imports.
    fn fill(&self) {
        let (business, erika) = (&self.business, self.erika);
        let tenant = business.tenant();
        write(tenant, erika, "Müller", Some("K-1")).unwrap();
        let others: Vec<RecordId> = (0..4).map(|_| keys::random_id()).collect();
        for id in &others {
            write(tenant, *id, "Beispiel", None).unwrap();
        }
        let admin = business.admin();
        let deleted = keys::random_id();
        let written = car(tenant, keys::random_id(), erika);
        car(tenant, deleted, erika);
        let [restricted, erased, _, _] = others.as_slice() else { panic!("four") };
        let restricted = *restricted;
        tenant.write(admin.clone(), move |op| restrict_record(op, restricted, true)).unwrap();
        erase(business, tenant, *erased);
        delete_car(tenant, deleted);
        let at = base::Clock::now(&business.clock);
        tenant
            .write(admin, move |op| {
                op.log(Log::Security, vec![Line { at, body: r#"{"event":"sign-in"}"#.into() }])?;
                op.queue("verify-journal", &json!({}), at.plus_ms(86_400_000))?;
                (0..700).try_for_each(|row| op.remember_external(&external(row), &written))
            })
            .unwrap();
        tenant.shared().note_access(self.access());
        assert!(tenant.flush_logs().unwrap());
    }

    pub fn access(&self) -> Access {
        Access {
            at: base::Clock::now(&self.business.clock),
            surface: "api",
            method: "GET",
            route: "/{m}/{id}".into(),
            status: 200,
            took_ms: 12,
            address: None,
        }
    }

    /// Does this at that step of the moves that come.
    pub fn at(&self, wanted: &'static str, mut what: impl FnMut(&Instance) + Send + 'static) {
        let instance = Arc::downgrade(self.business.instance());
        *self.hook.lock() = Some(Box::new(move |step| {
            if step == wanted {
                what(&instance.upgrade().unwrap());
            }
        }));
    }

    pub fn as_ever(&self) {
        *self.hook.lock() = None;
    }

    /// What everybody sees: the values of the records, who is restricted, the history, what lists show.
    pub fn seen(&self) -> Vec<String> {
        let mut reader = self.business.tenant().reader().unwrap();
        let mut seen = Vec::new();
        for module in ["contact", "vehicle"] {
            for (id, title) in crate::load::all_rows(&mut reader, module) {
                let opened = reader.opened(id).unwrap().unwrap();
                let steps = store::journal::history(&mut reader, id, None, 10).unwrap().steps;
                let changes: Vec<_> =
                    steps.iter().flat_map(|step| &step.changes).map(|change| change.new.to_string()).collect();
                seen.push(format!("{id} {title} {:?} {changes:?}", opened.values));
            }
        }
        seen
    }

    /// Everything must go on where it lies now: what may stand only once, keys of imports, new rows behind the old ones.
    pub fn works(&self) {
        let tenant = self.business.tenant();
        assert!(matches!(write(tenant, keys::random_id(), "Zweite", Some("K-1")), Err(Error::Fields(_))));
        let known = tenant.write(self.business.admin(), |op| {
            (0..700).map(|row| Ok(op.external(&external(row))?.is_some())).collect::<store::Result<Vec<_>>>()
        });
        assert!(known.unwrap().into_iter().all(|known| known));
        let id = keys::random_id();
        write(tenant, id, "Neu", None).unwrap();
        assert!(tenant.reader().unwrap().opened(id).unwrap().is_some());
        self.business.assert_sound();
    }

    /// Where it does not lie at the moment.
    pub fn other_half(&self, goal: &Goal) -> Paths {
        let info = self.business.instance().find(&self.business.id().to_string()).unwrap();
        let place = match (goal, info.former) {
            (_, Some(former)) => former.place,
            (Goal::Embedded, None) => Place::Embedded,
            (Goal::Server(_), None) => panic!("nothing is known of another half"),
        };
        self.business.tenant().shared().paths().with(place)
    }

    /// Whether anything is left at that place.
    pub fn is_left(&self, goal: &Goal) -> bool {
        let paths = self.business.tenant().shared().paths();
        assert!(!paths.ledger.join("moving").exists(), "the ledger's copy of one moment");
        match goal {
            Goal::Embedded => {
                let folder = &paths.folder;
                ["records.db", "keys.db", "keys.db-wal"].iter().any(|name| folder.join(name).exists())
            }
            Goal::Server(_) => {
                let servers = Servers::shared();
                [(servers.records.address(), "records"), (servers.keys.address(), "keys")].iter().any(
                    |(server, what)| {
                        let found = report(&server.in_database(&format!("obhut_{}_{what}", self.business.id())));
                        !matches!(found, Err(Error::NotFound { .. }))
                    },
                )
            }
        }
    }
}

/// A vehicle with its keeper.
pub fn car(tenant: &Tenant, id: RecordId, owner: RecordId) -> Written {
    let values = json!({"owner": owner.to_string(), "plate": "M-AB 123", "make": "Opel", "origin": "Telefonat", "activity": "customer-care"});
    tenant.write(store::Caller::operator("test"), move |op| put(op, "vehicle", id, values)).unwrap()
}

pub fn delete_car(tenant: &Tenant, id: RecordId) {
    let caller = store::Caller::operator("test");
    tenant.exclusive(move |writer| delete_record(writer, &caller, "vehicle", id, None).map(drop)).unwrap();
}

pub fn external(row: usize) -> UniqueValue {
    UniqueValue::new("import.contact.row", &row.to_string())
}

pub fn family(tenant: &Tenant, id: RecordId) -> Option<String> {
    let opened = tenant.reader().unwrap().opened(id).unwrap()?;
    opened.values["family_name"].as_str().map(str::to_owned)
}

pub fn units(tenant: &Tenant, person: RecordId) -> Vec<base::UnitId> {
    let units = tenant.write(store::Caller::operator("test"), move |op| {
        let subject = op.subject(person.cast())?.unwrap();
        op.units_of_subject(subject.rid)
    });
    units.unwrap().into_iter().map(|unit| unit.id).collect()
}

/// Text that lives as long as the test's process, as statements do.
fn forever(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

pub type Columns = BTreeMap<(String, String), Vec<(String, String)>>;

/// Tables and columns with their types, as the embedded engine itself says them.
pub fn columns() -> Columns {
    let business = Business::in_files(&["core"]);
    let shared = business.tenant().shared();
    let mut all = Columns::new();
    for (pages, file) in [(Pages::Records, "records.db"), (Pages::Keys, "keys.db")] {
        let mut database = store::beside(shared.paths(), &shared.ring(), pages).unwrap();
        for table in database.tables().unwrap() {
            let sql = forever(format!("SELECT name, type FROM pragma_table_info('{table}')"));
            let columns = all.entry((file.to_owned(), table)).or_default();
            database
                .query(Sql { name: "COLUMNS", text: sql }, &[], &mut |row| {
                    columns.push((row.text(0)?.to_owned(), row.text(1)?.to_owned()));
                    Ok(true)
                })
                .unwrap();
        }
    }
    all
}

/// Every row of every table, as text. Without the fencing number, which each opening may move on.
pub fn rows(business: &Business, columns: &Columns) -> BTreeMap<String, BTreeSet<String>> {
    let shared = business.tenant().shared();
    let mut all = BTreeMap::new();
    for ((file, table), columns) in columns {
        let pages = if file == "keys.db" { Pages::Keys } else { Pages::Records };
        let mut database = store::beside(shared.paths(), &shared.ring(), pages).unwrap();
        let columns: Vec<_> = columns.iter().filter(|(name, _)| name != "fence").collect();
        let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
        let sql = forever(format!("SELECT {} FROM {table}", names.join(", ")));
        let cell = |row: &dyn Row, place: usize, kind: &str| {
            Ok::<_, Error>(match kind {
                "INTEGER" => format!("{:?}", row.opt_int(place)?),
                "TEXT" => format!("{:?}", row.opt_text(place)?),
                _ => format!("{:?}", row.opt_bytes(place)?.map(store::hex)),
            })
        };
        let mut rows = BTreeSet::new();
        database
            .query(Sql { name: "ROWS", text: sql }, &[], &mut |row| {
                let cells: Result<Vec<_>, _> =
                    columns.iter().enumerate().map(|(place, (_, kind))| cell(row, place, kind)).collect();
                let cells = cells?;
                // Row -2 of the keys is the fencing number there.
                if table != "key" || cells.first().is_none_or(|rid| rid != "Some(-2)") {
                    rows.insert(cells.join(" "));
                }
                Ok(true)
            })
            .unwrap();
        all.insert(format!("{file}/{table}"), rows);
    }
    all
}

/// Differences, table by table: an answer that a person can read.
pub fn assert_same(
    before: &BTreeMap<String, BTreeSet<String>>,
    after: &BTreeMap<String, BTreeSet<String>>,
    when: &str,
) {
    assert_eq!(before.keys().collect::<Vec<_>>(), after.keys().collect::<Vec<_>>());
    for (table, before) in before {
        let after = &after[table];
        let gone: Vec<_> = before.difference(after).take(3).collect();
        let come: Vec<_> = after.difference(before).take(3).collect();
        assert!(gone.is_empty() && come.is_empty(), "{when}: {table}: gone {gone:?}, come {come:?}");
    }
}
