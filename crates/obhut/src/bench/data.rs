//! The bench's own business: German contacts, made from their number alone, so that every run and every machine has the same.
use serde_json::{Value, json};
use store::module::Map;

const GIVEN: [&str; 20] = [
    "Sabine", "Jörg", "Änne", "Thomas", "Ulrike", "Günther", "Petra", "Özlem", "Hans", "Ingrid", "Mehmet", "Łukasz",
    "Renate", "Björn", "Heike", "Jürgen", "Doris", "Karl", "Søren", "Zoë",
];
const CITIES: [&str; 12] = [
    "Köln",
    "München",
    "Berlin",
    "Düsseldorf",
    "Nürnberg",
    "Gießen",
    "Lübeck",
    "Bremen",
    "Göttingen",
    "Jena",
    "Trier",
    "Ulm",
];
const SYLLABLES: [&str; 24] = [
    "mül", "ber", "stein", "hof", "wald", "fels", "brück", "ner", "meier", "schmidt", "groß", "klein", "ack", "lind",
    "horn", "feld", "bach", "thal", "rö", "kä", "zim", "ter", "vogt", "nau",
];
const STREETS: [&str; 8] = [
    "Bahnhofstraße",
    "Lindenweg",
    "Am Markt",
    "Schloßallee",
    "Gartenstraße",
    "Hauptstraße",
    "Kirchplatz",
    "Mühlengasse",
];
const GROUPS: [&str; 4] = ["customer", "prospect", "partner", "other"];

/// How many family names there are: one of them is 0.01 % of all contacts.
pub(super) const FAMILIES: u64 = 10_000;
/// One contact in so many is a supplier, whatever else it is: 10 %.
pub(super) const SUPPLIER_EVERY: u64 = 10;
/// One contact in so many is an institution.
pub(super) const INSTITUTION_EVERY: u64 = 10;

/// The same numbers in every run (`SplitMix64`).
pub(super) struct Dice(u64);

impl Dice {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }
    /// A number from 0, below `sides`.
    pub(super) fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % sides.max(1)
    }
    /// One of these.
    pub(super) fn pick<T: Copy + Default>(&mut self, from: &[T]) -> T {
        let place = self.roll(from.len() as u64);
        usize::try_from(place).ok().and_then(|place| from.get(place)).copied().unwrap_or_default()
    }
}

fn syllable(number: u64) -> &'static str {
    let place = usize::try_from(number % SYLLABLES.len() as u64).unwrap_or(0);
    SYLLABLES.get(place).copied().unwrap_or_default()
}

/// One of [`FAMILIES`] family names, three syllables.
pub(super) fn family(number: u64) -> String {
    let sides = SYLLABLES.len() as u64;
    let number = number % FAMILIES;
    let name = [syllable(number), syllable(number / sides), syllable(number / sides / sides)].concat();
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A given name.
pub(super) fn given(dice: &mut Dice) -> &'static str {
    dice.pick(&GIVEN)
}
/// A city: each stands in 8.3 % of all contacts.
pub(super) fn city(dice: &mut Dice) -> &'static str {
    dice.pick(&CITIES)
}

/// Whether the contact of that number has a birthday, the one sensitive field here.
pub(super) const fn has_birthday(number: u64) -> bool {
    number % 2 == 1 && !number.is_multiple_of(INSTITUTION_EVERY)
}

/// The contact of that number: about 450 bytes of JSON, ten fields.
pub(super) fn contact(number: u64) -> Map {
    let mut dice = Dice::new(number);
    let (given, family, city) = (given(&mut dice), family(dice.roll(FAMILIES)), city(&mut dice));
    let ascii: String = format!("{given}.{family}{number}")
        .chars()
        .filter(|letter| letter.is_ascii_alphanumeric() || *letter == '.')
        .collect();
    let street = format!("{} {}", dice.pick(&STREETS), 1 + dice.roll(200));
    let mut values = object(json!({
        "kind": if number.is_multiple_of(INSTITUTION_EVERY) { "institution" } else { "person" },
        "given_name": given,
        "family_name": family,
        "emails": [format!("{}@example.de", ascii.to_lowercase())],
        "phones": [format!("+49 221 {}", 1_000_000 + dice.roll(8_999_999))],
        "addresses": [{"street": street, "postal_code": format!("{:05}", 10_000 + dice.roll(89_999)), "city": city, "country": "DE"}],
        "groups": [if dice.roll(SUPPLIER_EVERY) == 0 { "supplier" } else { dice.pick(&GROUPS) }],
        "external_id": format!("K{number:08}"),
        "origin": "Messe Köln",
        "activity": "customer-care",
    }));
    if has_birthday(number) {
        let birthday = format!("{:04}-{:02}-{:02}", 1940 + dice.roll(65), 1 + dice.roll(12), 1 + dice.roll(28));
        values.insert("birthday".into(), birthday.into());
    }
    values
}

/// A note about a person.
pub(super) fn interaction(contact: &str, number: u64) -> Map {
    let mut dice = Dice::new(number);
    object(json!({
        "contact": contact,
        "kind": "call",
        "on": format!("2026-{:02}-{:02}", 1 + dice.roll(10), 1 + dice.roll(28)),
        "subject_line": format!("Rückruf wegen Angebot {number}"),
        "text": format!("Frau {} bittet um Rückruf, am besten nachmittags; es geht um die Lieferung nach {}.", family(dice.roll(FAMILIES)), city(&mut dice)),
        "origin": "Telefonat",
        "activity": "customer-care",
    }))
}

/// A JSON object as the values of a record.
pub(super) fn object(value: Value) -> Map {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn there_are_as_many_names_as_are_promised_and_every_run_has_the_same() {
        let names: BTreeSet<String> = (0..FAMILIES).map(family).collect();
        assert_eq!(names.len() as u64, FAMILIES);
        assert_eq!(contact(4711), contact(4711));
        assert_ne!(contact(1)["external_id"], contact(2)["external_id"]);
        assert_eq!(
            (contact(1).contains_key("birthday"), contact(2).contains_key("birthday")),
            (has_birthday(1), has_birthday(2))
        );
    }
}
