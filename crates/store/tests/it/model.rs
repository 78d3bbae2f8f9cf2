//! Random sequences of operations beside a model of a few lines; at the end records, lists and journal say what the model says.
use crate::faults::tampering::units_of;
use crate::story::put;
use base::RecordId;
use serde_json::json;
use std::collections::BTreeMap;
use store::erase::{Destroy, delete_record, destroy, restrict_record};
use store::rows::Access;
use testkit::{Business, Dice};

#[derive(Debug, Clone, Default)]
struct Modelled {
    family: String,
    note: Option<String>,
    versions: usize,
    restricted: bool,
}

fn compare(business: &Business, model: &BTreeMap<RecordId, Modelled>, gone: &[RecordId], seed: u64) {
    let mut reader = business.tenant().reader().unwrap();
    for (id, expected) in model {
        let opened = reader.opened(*id).unwrap().unwrap_or_else(|| panic!("seed {seed}: {id} is missing"));
        assert_eq!(opened.values["family_name"], expected.family, "seed {seed}");
        assert_eq!(
            opened.values.get("notes").and_then(|notes| notes.as_str()),
            expected.note.as_deref(),
            "seed {seed}"
        );
        assert_eq!(opened.stored.restricted, expected.restricted, "seed {seed}");
        assert_eq!(usize::try_from(opened.stored.version).unwrap(), expected.versions, "seed {seed}");
        let history = store::journal::history(&mut reader, *id, None, 1000).unwrap();
        assert_eq!(history.steps.len(), expected.versions, "seed {seed}");
    }
    for id in gone {
        assert!(reader.opened(*id).unwrap().is_none(), "seed {seed}: {id} is back");
    }
    let mut listed = crate::load::all_rows(&mut reader, "contact");
    listed.sort();
    let shown = model.iter().filter(|(_, one)| !one.restricted).map(|(id, one)| (*id, format!("Erika {}", one.family)));
    assert_eq!(listed, shown.collect::<Vec<_>>(), "seed {seed}");
    for word in model.values().map(|one| &one.family).take(5) {
        let terms = store::text::query_terms(word);
        let query = store::index::ListQuery {
            text: Some(terms),
            limit: 200,
            ..store::index::ListQuery::new("contact", [0].into())
        };
        let found = store::index::list(reader.index().unwrap(), &query).unwrap().rows.len();
        let expected = model.values().filter(|one| one.family == *word && !one.restricted).count();
        assert_eq!(found, expected, "seed {seed}: search for {word}");
    }
    drop(reader);
    business.assert_sound();
}

fn play(seed: u64) {
    let mut business = Business::new(&["core"]);
    let mut dice = Dice::new(seed);
    let mut model: BTreeMap<RecordId, Modelled> = BTreeMap::new();
    let mut gone = Vec::new();
    let names = ["Müller", "Groß", "Óscarsson", "Ayşe", "Weiß-Schmidt"];
    for step in 0..120 {
        business.clock.advance_ms(1000);
        let ids: Vec<RecordId> = model.keys().copied().collect();
        let chosen = dice.pick(&ids).copied();
        match (dice.below(20), chosen) {
            (0..8, _) | (_, None) => {
                let (id, family) = (keys::random_id(), (*dice.pick(&names).unwrap()).to_owned());
                let values = json!({"kind": "person", "given_name": "Erika", "family_name": family, "origin": "x", "activity": "customer-care"});
                business.tenant().write(business.admin(), move |op| put(op, "contact", id, values).map(drop)).unwrap();
                model.insert(id, Modelled { family, note: None, versions: 1, restricted: false });
            }
            (8..14, Some(id)) => {
                let one = model.get_mut(&id).unwrap();
                (*dice.pick(&names).unwrap()).clone_into(&mut one.family);
                one.note = dice.chance(1, 2).then(|| format!("note {step}"));
                one.versions += 1;
                let mut values = json!({"kind": "person", "given_name": "Erika", "family_name": one.family, "origin": "x", "activity": "customer-care"});
                if let Some(note) = &one.note {
                    values["notes"] = json!(note);
                }
                business.tenant().write(business.admin(), move |op| put(op, "contact", id, values).map(drop)).unwrap();
            }
            (14..16, Some(id)) => {
                let one = model.get_mut(&id).unwrap();
                one.restricted = !one.restricted;
                one.versions += 1;
                let restricted = one.restricted;
                assert!(
                    business.tenant().write(business.admin(), move |op| restrict_record(op, id, restricted)).unwrap()
                );
            }
            (16..18, Some(id)) => {
                let what = Destroy {
                    case: format!("case{step}"),
                    action: "erase",
                    subject: Some(id.cast()),
                    units: units_of(&business, id),
                };
                let admin = business.admin();
                let done = business.tenant().exclusive(move |writer| destroy(writer, &admin, &what)).unwrap();
                assert_eq!(done.records, 1, "seed {seed}");
                model.remove(&id);
                gone.push(id);
            }
            (18, Some(id)) => {
                // A person is not deleted like a record: refused, and nothing is changed by it.
                let admin = business.admin();
                let refused =
                    business.tenant().exclusive(move |writer| delete_record(writer, &admin, "contact", id, None));
                assert!(refused.is_err());
            }
            _ => {
                business.reopen();
                compare(&business, &model, &gone, seed);
            }
        }
    }
    compare(&business, &model, &gone, seed);
    if dice.chance(1, 2) {
        business.instance().close_idle();
    }
    business.reopen();
    compare(&business, &model, &gone, seed);
}

#[test]
fn records_lists_and_journal_agree_with_a_model() {
    let seeds = if std::env::var_os("OBHUT_SOAK").is_some() { 50 } else { 4 };
    (0..seeds).for_each(play);
}
