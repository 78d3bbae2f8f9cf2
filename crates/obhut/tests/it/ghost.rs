//! The ghost test: after an erasure no string of the person is found anywhere, by a search that finds every one of them before
//! (F-112; design, *The ghost test*).
//!
//! The search reads pages and write-ahead frames itself ([`testkit::forensic`]). Earlier copies are searched with the keys that are left now;
//! an earlier keys.db is not among them, because keys travel apart and the keeping side drops the generations before. Neither is an earlier
//! index.db: it is never backed up.
mod planting;

use base::RecordId;
use planting::{Planted, planted_record, planted_word};
use serde_json::json;
use std::collections::BTreeSet;
use std::path::Path;
use store::engine::Query;
use testkit::forensic::{Loot, SealedRows, Thief, keys_left_of};
use testkit::{Business, TempDir};

const PACKS: &[&str] = &["core", "workshop", "realestate", "training"];

/// What a thief takes away at some time.
struct Copied {
    folder: TempDir,
    /// Of a server: what it had sealed then.
    rows: Option<SealedRows>,
}

impl Copied {
    /// What does not travel with the records: the keys, which are kept apart, and the index, which is never backed up.
    fn without_keys_and_index(self) -> Self {
        for name in ["keys.db", "keys.db-wal", "index.db", "index.db-wal"] {
            let _ = std::fs::remove_file(self.folder.join("tenant").join(name));
        }
        self
    }
}

/// Copies a tenant's folder and its ledger's, as a thief does who does not care who has them open; of a server, every sealed row.
fn copy(business: &Business) -> Copied {
    let shared = business.tenant().shared();
    let paths = shared.paths().clone();
    let rows = paths.place.is_remote().then(|| SealedRows::of(&paths, &shared.ring()));
    let folder = TempDir::new().unwrap();
    for (from, name) in [(paths.folder, "tenant"), (paths.ledger, "ledger")] {
        copy_folder(&from, &folder.join(name));
    }
    Copied { folder, rows }
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &to.join(entry.file_name()));
        } else if entry.path().is_file() {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

/// The copy, with the keys that are left now. Of servers besides everything that lies on their disks now.
fn search(business: &Business, copied: &Copied) -> Loot {
    let shared = business.tenant().shared();
    let ring = shared.ring();
    let keys = keys_left_of(shared.paths(), &ring);
    let thief = Thief { tenant: business.id(), ring: &ring, keys };
    let mut loot = thief.search(&copied.folder.join("tenant"), &copied.folder.join("ledger"));
    if let Some(rows) = &copied.rows {
        thief.unseal_rows(rows, &mut loot);
        let servers = testkit::postgres::Servers::shared();
        thief.search_server("server of records", servers.records.folder(), &mut loot);
        thief.search_server("server of keys", servers.keys.folder(), &mut loot);
    }
    loot
}

fn search_now(business: &Business) -> Loot {
    search(business, &copy(business))
}

/// Where nothing of a person may ever lie in the clear, erased or not.
const NEVER: &[&str] = &[
    "records.db",
    "records.db-wal",
    "keys.db",
    "keys.db-wal",
    "ledger",
    "checkpoint",
    "root",
    "records.db statistics",
    "index.db statistics",
    "server of records",
    "server of keys",
];

/// Before: every string is found where it must be, and nowhere else.
fn assert_found(loot: &Loot, planted: &[Planted]) {
    let strings: Vec<&str> = planted.iter().map(|one| one.text.as_str()).collect();
    let ghosts = loot.ghosts(&strings);
    for one in planted {
        let kinds: BTreeSet<&str> =
            ghosts.get(one.text.as_str()).into_iter().flat_map(|kinds| kinds.keys().map(String::as_str)).collect();
        let field = format!("{}.{} ({})", one.module, one.field, one.text);
        for never in NEVER {
            assert!(!kinds.contains(never), "{field} lies in the clear: {:?}", ghosts[one.text.as_str()]);
        }
        assert!(kinds.contains("parts"), "{field} is not found in a sealed part: {kinds:?}");
        assert!(kinds.contains("journal values"), "{field} is not found in the journal: {kinds:?}");
        if one.searchable {
            assert!(kinds.contains("index.db terms"), "{field} is not found in the full text: {kinds:?}");
        }
        if one.searchable || one.indexed {
            assert!(
                kinds.contains("index.db") || kinds.contains("index.db-wal"),
                "{field} is not found in the index: {kinds:?}"
            );
        }
    }
}

fn assert_gone(loot: &Loot, planted: &[Planted], when: &str) {
    let strings: Vec<&str> = planted.iter().map(|one| one.text.as_str()).collect();
    let ghosts = loot.ghosts(&strings);
    assert!(ghosts.is_empty(), "{when}: {} of {} strings are left: {ghosts:#?}", ghosts.len(), strings.len());
}

/// Everything that the change feed has from its beginning, as segments carry it: rows, sealed parts, entries, sealed values.
fn change_feed(business: &Business) -> Vec<(String, Vec<u8>)> {
    const ROWS: Query =
        Query { name: "FEED_ROWS", sql: "SELECT id, clear FROM record WHERE commit_no > 0 ORDER BY commit_no, rid" };
    const ENTRIES: Query = Query { name: "FEED_ENTRIES", sql: "SELECT body, leaf FROM entry ORDER BY seq" };
    const PARTS: Query =
        Query { name: "FEED_PARTS", sql: "SELECT sealed FROM part UNION ALL SELECT sealed FROM entry_value" };
    let mut reader = business.tenant().reader().unwrap();
    let mut feed = Vec::new();
    for (query, columns) in [(&ROWS, 2), (&ENTRIES, 2), (&PARTS, 1)] {
        let rows = reader
            .all(query, &[], |row| {
                Ok((0..columns)
                    .map(|column| {
                        row.bytes(column)
                            .map(<[u8]>::to_vec)
                            .or_else(|_| row.text(column).map(|text| text.as_bytes().to_vec()))
                            .unwrap_or_default()
                    })
                    .collect::<Vec<_>>()
                    .concat())
            })
            .unwrap();
        feed.extend(rows.into_iter().map(|bytes| (query.name.to_owned(), bytes)));
    }
    feed
}

fn feed_loot(feed: Vec<(String, Vec<u8>)>) -> Loot {
    let found =
        feed.into_iter().map(|(kind, bytes)| testkit::forensic::Found { place: kind.clone(), kind, bytes }).collect();
    Loot { found, ..Loot::default() }
}

fn others(business: &Business, count: usize) -> Vec<(RecordId, Vec<Planted>)> {
    (0..count).map(|_| planted_record(business, "contact", None, &[])).collect()
}

#[test]
fn f112_of_a_person_without_duties_to_keep_nothing_is_left() {
    let mut business = Business::new(PACKS);
    others(&business, 30);
    let (person, mut planted) = planted_record(&business, "contact", None, &[]);
    for module in ["interaction", "vehicle", "property", "history", "lecturer", "store"] {
        planted.extend(planted_record(&business, module, Some(person), &[]).1);
    }
    // A draft that nobody was sent is no business letter.
    planted.extend(planted_record(&business, "order", Some(person), &[]).1);
    for (module, field) in
        [("contact", "external_id"), ("order", "shipped_by"), ("property", "description"), ("store", "name")]
    {
        assert!(planted.iter().any(|one| one.module == module && one.field == field), "{module}.{field} is planted");
    }
    // Changed once: what stood there before lies in the journal and, changed again, in overwritten pages.
    let word = planted_word();
    let notes = word.clone();
    let change = move |op: &mut store::Op<'_>| {
        records::change(op, "contact", person, json!({"notes": notes}).as_object().cloned().unwrap(), None).map(drop)
    };
    business.tenant().write(business.admin(), change).unwrap();
    let older: Vec<Planted> =
        planted.iter().filter(|one| one.module == "contact" && one.field == "notes").cloned().collect();
    planted.retain(|one| !(one.module == "contact" && one.field == "notes"));
    planted.push(Planted {
        module: "contact".into(),
        field: "notes".into(),
        text: word,
        searchable: true,
        indexed: false,
    });
    others(&business, 30);
    assert!(planted.len() > 30, "only {} strings were planted", planted.len());

    let before = copy(&business);
    let found = search(&business, &before);
    assert_found(&found, &planted);
    assert!(found.closed == 0 && found.opened > 100);
    assert!(found.ghosts(&[older[0].text.as_str()])[older[0].text.as_str()].contains_key("journal values"));
    planted.extend(older);
    let feed = change_feed(&business);

    let plan = privacy::plan(
        business.tenant(),
        &business.admin(),
        person.cast(),
        &format!("auf Wunsch von {}", planted[0].text),
    )
    .unwrap();
    assert!(plan.stays.is_empty(), "{:?}", plan.stays);
    let wrapped = wrapped_keys(&business, &plan.goes.iter().map(|item| item.unit).collect());
    assert!(wrapped.iter().all(|key| !found.places_of(key).is_empty()), "the search finds wrapped keys");
    privacy::perform(business.tenant(), &business.admin(), plan.id).unwrap();

    let after = search_now(&business);
    assert_gone(&after, &planted, "the live folder");
    for key in &wrapped {
        assert_eq!(after.places_of(key), Vec::<&str>::new(), "a destroyed key is left");
    }
    // The copy from before: sealed parts with the keys left now, and its pages.
    let before = before.without_keys_and_index();
    let copied = search(&business, &before);
    assert!(copied.closed > 10 && copied.opened > 50, "others can still be read, the person cannot");
    assert_gone(&copied, &planted, "a copy of the folder from before");
    assert_gone(&feed_loot(feed), &planted, "a copy of the change feed");
    business.assert_sound();
    business.reopen();
    assert_gone(&search_now(&business), &planted, "after a restart");
    business.assert_sound();
}

/// The wrapped keys of units, as they lie in keys.db.
fn wrapped_keys(business: &Business, units: &BTreeSet<base::UnitId>) -> Vec<Vec<u8>> {
    let shared = business.tenant().shared();
    testkit::forensic::wrapped_keys_of(shared.paths(), &shared.ring())
        .into_iter()
        .filter_map(|(unit, wrapped)| units.contains(&unit).then_some(wrapped))
        .collect()
}

#[test]
fn f112_of_a_customer_with_an_invoice_the_voucher_is_left_and_nothing_else() {
    let mut business = Business::new(PACKS);
    others(&business, 20);
    let (person, contact) = planted_record(&business, "contact", None, &[]);
    let (vehicle, vehicle_planted) = planted_record(&business, "vehicle", Some(person), &[]);
    // The recipient stays empty, so that invoicing copies the person's name and address.
    let empty = [("recipient_name", json!(null)), ("recipient_address", json!(null))];
    let order = [&[("number", json!("A-1")), ("vehicle", json!(vehicle.to_string()))], empty.as_slice()].concat();
    let placed = [&[("number", json!("A-0")), ("state", json!("ordered"))], empty.as_slice()].concat();
    let (ordered, ordered_planted) = planted_record(&business, "order", Some(person), &placed);
    let (_, draft_planted) = planted_record(&business, "order", Some(person), &[]);
    let (invoiced, voucher) = planted_record(&business, "order", Some(person), &order);
    let to = |state: &'static str| {
        move |op: &mut store::Op<'_>| {
            records::change(op, "order", invoiced, json!({"state": state}).as_object().cloned().unwrap(), None)
                .map(drop)
        }
    };
    business.tenant().write(business.admin(), to("invoiced")).unwrap();
    let mut everything: Vec<Planted> =
        contact.iter().chain(&vehicle_planted).chain(&voucher).chain(&ordered_planted).cloned().collect();
    everything.retain(|one| !one.field.starts_with("recipient_"));
    assert_found(&search_now(&business), &[everything.as_slice(), draft_planted.as_slice()].concat());
    let before = copy(&business);

    let plan = privacy::plan(business.tenant(), &business.admin(), person.cast(), "request").unwrap();
    let stays: BTreeSet<&str> = plan.stays.iter().map(|item| item.class.as_str()).collect();
    assert_eq!(stays, BTreeSet::from(["order", "voucher"]));
    privacy::perform(business.tenant(), &business.admin(), plan.id).unwrap();

    // What the two documents say may stay: their own text, and the name and address that were copied onto the invoice.
    let view = records::get(&mut business.tenant().reader().unwrap(), &business.admin(), "order", invoiced).unwrap();
    let kept = serde_json::Value::Object(view.values).to_string();
    let (stay, mut go): (Vec<Planted>, Vec<Planted>) =
        everything.into_iter().partition(|one| one.module == "order" || kept.contains(&one.text));
    go.extend(draft_planted);
    assert!(go.len() > 15, "{} strings must go", go.len());
    assert!(stay.iter().any(|one| one.field == "family_name"), "the invoice names its recipient");
    assert!(go.iter().any(|one| one.field == "notes") && go.iter().any(|one| one.field == "emails"));
    let after = search_now(&business);
    assert_gone(&after, &go, "the live folder");
    let strings: Vec<&str> = stay.iter().map(|one| one.text.as_str()).collect();
    let allowed = ["restricted parts", "journal values", "index.db", "index.db terms"];
    for (text, kinds) in after.ghosts(&strings) {
        assert!(kinds.keys().all(|kind| allowed.contains(&kind.as_str())), "{text}: {kinds:?}");
        assert!(kinds.contains_key("restricted parts"), "{text}: {kinds:?}");
    }
    let mut nobody = business.admin();
    nobody.grants.permissions.remove(&base::Permission::Privacy);
    for id in [ordered, invoiced] {
        let mut reader = business.tenant().reader().unwrap();
        assert!(records::get(&mut reader, &nobody, "order", id).is_err(), "restricted");
    }
    let before = before.without_keys_and_index();
    assert_gone(&search(&business, &before), &go, "a copy of the folder from before");
    business.reopen();
    assert_gone(&search_now(&business), &go, "after a restart");
    business.assert_sound();
}

/// A person stays one: whatever kind the record says later, an erasure reaches all of it.
#[test]
fn f112_of_a_person_whose_record_was_made_an_institution_nothing_is_left() {
    let mut business = Business::new(PACKS);
    others(&business, 20);
    let (person, mut planted) = planted_record(&business, "contact", None, &[]);
    let word = planted_word();
    let patch = json!({"kind": "institution", "family_name": word}).as_object().cloned().unwrap();
    let change = move |op: &mut store::Op<'_>| records::change(op, "contact", person, patch, None).map(drop);
    business.tenant().write(business.admin(), change).unwrap();
    planted.push(Planted {
        module: "contact".into(),
        field: "family_name".into(),
        text: word,
        searchable: true,
        indexed: true,
    });
    let mut everybody = business.admin();
    everybody.grants.permissions.remove(&base::Permission::Privacy);
    privacy::restrict(business.tenant(), &business.admin(), person.cast(), "claims").unwrap();
    let mut reader = business.tenant().reader().unwrap();
    assert!(records::get(&mut reader, &everybody, "contact", person).is_err(), "it can be restricted as before");
    drop(reader);
    privacy::release(business.tenant(), &business.admin(), person.cast(), "settled").unwrap();

    let plan = privacy::plan(business.tenant(), &business.admin(), person.cast(), "request").unwrap();
    assert!(plan.stays.is_empty() && !plan.goes.is_empty(), "{:?}", plan.stays);
    privacy::perform(business.tenant(), &business.admin(), plan.id).unwrap();
    let mut reader = business.tenant().reader().unwrap();
    assert!(records::get(&mut reader, &business.admin(), "contact", person).is_err(), "it is gone");
    drop(reader);
    assert_gone(&search_now(&business), &planted, "the live folder");
    business.reopen();
    assert_gone(&search_now(&business), &planted, "after a restart");
    business.assert_sound();
}

/// Many people, most of them erased, so that pages split and are merged: the engine must not leave a copy of what moved.
#[test]
fn f112_nothing_is_left_among_many_people() {
    let business = Business::new(&["core"]);
    let people = others(&business, 240);
    let chosen: Vec<_> = people.into_iter().enumerate().filter(|(at, _)| at % 4 != 1).map(|(_, one)| one).collect();
    let planted: Vec<Planted> = chosen.iter().flat_map(|(_, planted)| planted.clone()).collect();
    assert_found(&search_now(&business), &planted);
    let mut wrapped = Vec::new();
    for (person, _) in &chosen {
        let plan = privacy::plan(business.tenant(), &business.admin(), person.cast(), "request").unwrap();
        wrapped.extend(wrapped_keys(&business, &plan.goes.iter().map(|item| item.unit).collect()));
        privacy::perform(business.tenant(), &business.admin(), plan.id).unwrap();
    }
    let after = search_now(&business);
    for key in &wrapped {
        assert_eq!(after.places_of(key), Vec::<&str>::new(), "a destroyed key is left");
    }
    assert_gone(&after, &planted, "among many");
    business.assert_sound();
}

/// Strings planted through every way in that stores anything: none is ever found in the pages of records.db or keys.db.
#[test]
fn no_planted_string_lies_in_the_clear_whatever_the_way_in() {
    let business = Business::new(PACKS);
    let admin = business.admin();
    let words: Vec<String> = (0..9).map(|_| planted_word()).collect();
    let file = business.folder.join(format!("{}.csv", words[0]));
    std::fs::write(
        &file,
        format!(
            "Vorname;Nachname;Notiz;Geburtstag\n{};{};{};kein Datum {}\nErika;{};;1971-02-03\n",
            words[1], words[2], words[3], words[4], words[5]
        ),
    )
    .unwrap();
    let request = records::ImportRequest {
        file,
        format: None,
        module: Some("contact".into()),
        map: None,
        origin: words[6].clone(),
        activity: "customer-care".into(),
        dry_run: false,
        all_or_nothing: false,
        german: true,
    };
    let report = records::import_file(business.tenant(), &admin, &request, &mut |_, _| {}, &mut |_| {}).unwrap();
    assert!(report.created["contact"] >= 1, "{report:?}");
    let new = identity::NewUser {
        login: words[7].clone(),
        name: words[8].clone(),
        email: None,
        role: identity::Role::Administrator,
        password: identity::Password::given("Geheim-12345").unwrap(),
    };
    let user = business.tenant().write(admin.clone(), move |op| identity::create_user(op, &new)).unwrap();
    let typed = planted_word();
    assert!(identity::sign_in(business.tenant(), &typed, &typed, Some("203.0.113.77")).is_err());
    assert!(identity::sign_in(business.tenant(), &words[7], "Geheim-12345", Some("203.0.113.77")).is_ok());
    let token = planted_word();
    let by_user = store::Caller { actor: base::Actor::User(user), ..admin.clone() };
    let name = token.clone();
    business
        .tenant()
        .write(by_user, move |op| identity::create_token(op, &name, "contact:rw", None).map(drop))
        .unwrap();
    let (person, contact) = planted_record(&business, "contact", None, &[]);
    let searched = planted_word();
    records::search(&mut business.tenant().reader().unwrap(), &admin, &searched, 10).unwrap();
    let reason = planted_word();
    privacy::plan(business.tenant(), &admin, person.cast(), &reason).unwrap();
    let refused = planted_word();
    let wrong = json!({"given_name": refused, "birthday": refused, "origin": "x", "activity": "customer-care"})
        .as_object()
        .cloned()
        .unwrap();
    assert!(business.tenant().write(admin.clone(), move |op| records::create(op, "contact", wrong)).is_err());

    let mut strings: Vec<&str> = words.iter().map(String::as_str).collect();
    strings.extend([
        typed.as_str(),
        token.as_str(),
        searched.as_str(),
        reason.as_str(),
        refused.as_str(),
        "203.0.113.77",
    ]);
    strings.extend(contact.iter().map(|one| one.text.as_str()));
    let loot = search_now(&business);
    let ghosts = loot.ghosts(&strings);
    for (text, kinds) in &ghosts {
        for never in NEVER {
            assert!(!kinds.contains_key(*never), "{text}: {kinds:?}");
        }
    }
    assert!(
        ghosts.contains_key(words[2].as_str()) || ghosts.contains_key(words[5].as_str()),
        "what was imported is found where it belongs"
    );
    for gone in [&typed, &searched, &reason, &refused] {
        assert!(!ghosts.contains_key(gone.as_str()), "{gone} is kept nowhere: {ghosts:?}");
    }
    business.assert_sound();
}
