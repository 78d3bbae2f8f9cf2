//! What the readers and the mappings make fits the definitions of the packs: names, lengths, forms.
use store::module::{Modules, NormaliseOptions, packs};

use super::*;

fn modules() -> Modules {
    packs::load(packs::NAMES).unwrap()
}

fn fits(modules: &Modules, module: &str, values: &serde_json::Map<String, Value>) {
    let definition = modules.get(module).unwrap();
    // As the import calls it: links are ids only after the import has resolved them.
    let options = NormaliseOptions { tolerant: true, ..NormaliseOptions::default() };
    let normal =
        definition.normalise(values, &options).unwrap_or_else(|errors| panic!("{module}: {errors:?}\n{values:?}"));
    for (field, value) in values {
        assert_eq!(normal.get(field), Some(value), "{module}.{field} is in canonical form already");
    }
}

#[test]
fn northwind_fits_the_packs() {
    let modules = modules();
    let mut count = 0;
    for name in ["customers", "suppliers", "employees", "orders"] {
        for record in northwind(name).0.iter().flatten() {
            let mut values = record.values.clone();
            // Money has two digits in its canonical form already.
            assert!(values.get("freight").is_none_or(|value| value["amount"].as_str().unwrap().contains('.')));
            for (field, _) in &record.links {
                assert!(modules.get(&record.module).unwrap().field(field).is_some(), "{field}");
            }
            values.retain(|_, value| !value.is_null());
            fits(&modules, &record.module, &values);
            count += 1;
        }
    }
    assert_eq!(count, 134 + 40 + 9 + 654);
}

#[test]
fn cards_fit_the_contact() {
    let modules = modules();
    let definition = modules.get("contact").unwrap();
    for field in vcard::VCARD_FIELDS {
        assert!(definition.field(field).is_some(), "{field}");
    }
    for file in std::fs::read_dir(path("vcards")).unwrap() {
        for entry in CardReader::open(File::open(file.unwrap().path()).unwrap(), true).unwrap() {
            let Ok(Entry::Card(card)) = entry else { panic!("{entry:?}") };
            fits(&modules, "contact", &card.fields);
        }
    }
}

#[test]
fn damaged_cards_that_are_read_fit_the_contact_or_are_refused_by_a_field() {
    let modules = modules();
    let definition = modules.get("contact").unwrap();
    let mut dice = Dice(3);
    let original = bytes("vcards/John_Doe_EVOLUTION.vcf");
    for _ in 0..300 {
        let mut file = original.clone();
        damage(&mut dice, &mut file);
        for entry in CardReader::open(Cursor::new(file), true).unwrap() {
            if let Ok(Entry::Card(card)) = entry {
                let options = NormaliseOptions { tolerant: true, ..NormaliseOptions::default() };
                if let Err(errors) = definition.normalise(&card.fields, &options) {
                    panic!("{errors:?}\n{:?}", card.fields);
                }
            }
        }
    }
}

#[test]
fn northwind_is_guessed_with_the_fields_of_the_packs() {
    let modules = modules();
    let reader =
        TableReader::open(File::open(path("northwind/customers.csv")).unwrap(), &TableOptions::default()).unwrap();
    let headers = reader.headers().clone();
    let separator = reader.separator();
    let rows: Vec<Row> = reader.filter_map(Result::ok).collect();
    for (module, unused) in [("contact", 0), ("organisation", 2)] {
        let fields = TargetField::all_of(modules.get(module).unwrap());
        let found = guess(module, &headers, &fields, &rows, separator);
        assert_eq!(found.unused().count(), unused, "{module}\n{}", found.describe(false));
        for row in &rows {
            for record in apply(&found.mapping, row).unwrap() {
                fits(&modules, &record.module, &record.values);
            }
        }
    }
}
