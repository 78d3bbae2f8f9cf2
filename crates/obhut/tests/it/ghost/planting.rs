//! Records whose every personal field holds a string that stands nowhere else.
use base::RecordId;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU64, Ordering};
use store::module::{Definition, Field, FieldType, Map};
use testkit::Business;

/// A string and where it was put.
#[derive(Debug, Clone)]
pub struct Planted {
    pub module: String,
    pub field: String,
    pub text: String,
    /// Goes to the full text.
    pub searchable: bool,
    /// Goes to a key or a display value of the index.
    pub indexed: bool,
}

static NEXT: AtomicU64 = AtomicU64::new(1);

/// Letters that no other call gives, spread over the alphabet so that lists and pages are entered everywhere.
fn letters() -> String {
    let mut number = NEXT.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (0..11)
        .map(|_| {
            number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            char::from(b'a' + u8::try_from((number >> 40) % 26).unwrap())
        })
        .collect()
}

/// A word with umlauts in it that stands nowhere else.
pub fn planted_word() -> String {
    let letters = letters();
    format!("{}äß{}", letters[..5].to_uppercase(), &letters[5..])
}

/// A value for a field, and the strings in it that a search must find.
fn value(field: &Field) -> Option<(Value, Vec<String>)> {
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let one = |text: String| Some((json!(text), vec![text]));
    match field.kind {
        FieldType::Text => one(planted_word()),
        FieldType::LongText => {
            let word = planted_word();
            Some((json!(format!("Zeile eins\n{word} {}", "füllt ".repeat(40))), vec![word]))
        }
        FieldType::Email => one(format!("{}@{}.example", letters(), letters())),
        FieldType::Phone => one(format!("0171 {:07}", (number * 7_919 + 1_234_567) % 10_000_000)),
        FieldType::Url => one(format!("https://{}.example/{}", letters(), letters())),
        FieldType::Address => {
            let (street, city) = (planted_word(), planted_word());
            Some((json!({"street": street, "city": city, "postal_code": "50667", "country": "DE"}), vec![street, city]))
        }
        FieldType::Date => Some((json!("1971-02-03"), Vec::new())),
        FieldType::Integer => Some((json!(12), Vec::new())),
        FieldType::Decimal => Some((json!("12.50"), Vec::new())),
        FieldType::Boolean => Some((json!(true), Vec::new())),
        FieldType::Choice => Some((json!(field.choices.first()?.key), Vec::new())),
        _ => None,
    }
}

/// The values of a record of that module about that person.
fn values(definition: &Definition, person: Option<RecordId>) -> (Map, Vec<Planted>) {
    let mut values = Map::new();
    let mut planted = Vec::new();
    for field in &definition.fields {
        if field.name == "activity" {
            values.insert(field.name.clone(), json!("customer-care"));
        } else if Some(&field.name) == definition.subject_link().map(|link| &link.name) {
            values.insert(field.name.clone(), json!(person.unwrap().to_string()));
        } else if (field.protection.sealed() || field.required) && field.default.is_none() {
            let Some((value, strings)) = value(field) else { continue };
            values.insert(field.name.clone(), if field.many { json!([value]) } else { value });
            if field.protection.sealed() {
                let indexed = field.indexed();
                planted.extend(strings.into_iter().map(|text| Planted {
                    module: definition.name.clone(),
                    field: field.name.clone(),
                    text,
                    searchable: field.searchable,
                    indexed,
                }));
            }
        }
    }
    (values, planted)
}

/// Makes a record whose every personal field is planted; `more` are values beside.
pub fn planted_record(
    business: &Business,
    module: &'static str,
    person: Option<RecordId>,
    more: &[(&str, Value)],
) -> (RecordId, Vec<Planted>) {
    let modules = business.tenant().shared().modules();
    let (mut values, planted) = values(modules.set.get(module).unwrap(), person);
    values.extend(more.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    let made = business.tenant().write(business.admin(), move |op| records::create(op, module, values));
    let made = made.unwrap_or_else(|error| panic!("{module}: {error:?}"));
    (made.id, planted)
}
