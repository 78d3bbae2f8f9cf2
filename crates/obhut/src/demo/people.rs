//! Invented people and organisations: common German names in any combination, real towns, telephone numbers that the Bundesnetzagentur
//! keeps free for films, addresses of mail below `.example`. Nobody is meant.
use super::dice::Dice;
use super::draft::{Draft, TODAY, days};
pub(super) use super::names::Region;
use super::names::{FAMILIES, MEN, STREETS, TOWNS, TRADES, WOMEN};
use serde_json::{Value, json};

/// Numbers that belong to nobody: `(0)30 23125 xxx` and so on.
const FREE_NUMBERS: &[&str] = &["+49 30 23125", "+49 40 66969", "+49 69 90009", "+49 89 99998"];

/// The names of an invented person.
pub(super) struct Person {
    pub salutation: &'static str,
    pub given: &'static str,
    pub family: String,
}

impl Person {
    pub(super) fn invent(dice: &mut Dice) -> Self {
        let (salutation, given) =
            if dice.percent(50) { ("Frau", *dice.pick(WOMEN)) } else { ("Herr", *dice.pick(MEN)) };
        let mut family = (*dice.pick(FAMILIES)).to_owned();
        if dice.percent(6) {
            family = format!("{family}-{}", dice.pick(FAMILIES));
        }
        Self { salutation, given, family }
    }
    /// An address below `.example`, which belongs to nobody.
    pub(super) fn email(&self, number: usize) -> String {
        format!("{}.{}{number}@post.example", ascii(self.given), ascii(&self.family))
    }
}

/// The name as people write it in an address of mail.
fn ascii(name: &str) -> String {
    let mut text = String::new();
    for letter in name.to_lowercase().chars() {
        match letter {
            'ä' => text.push_str("ae"),
            'ö' => text.push_str("oe"),
            'ü' => text.push_str("ue"),
            'ß' => text.push_str("ss"),
            'ç' => text.push('c'),
            'á' => text.push('a'),
            'ı' => text.push('i'),
            'a'..='z' | '0'..='9' | '-' => text.push(letter),
            _ => {}
        }
    }
    text
}

/// A postal address in the region.
pub(super) fn address(dice: &mut Dice, region: Region) -> Value {
    let towns: Vec<_> = TOWNS.iter().filter(|(place, ..)| region == Region::Everywhere || *place == region).collect();
    let (_, postal_code, city) = **dice.pick(&towns);
    let letter = if dice.percent(8) { "a" } else { "" };
    let street = format!("{} {}{letter}", dice.pick(STREETS), dice.between(1, 96));
    json!({"street": street, "postal_code": postal_code, "city": city, "country": "DE"})
}

/// A telephone number that belongs to nobody.
pub(super) fn phone(dice: &mut Dice) -> String {
    let number = dice.between(0, 999);
    format!("{} {number:03}", dice.pick(FREE_NUMBERS))
}

/// A contact that is a person. `number` makes the customer number.
pub(super) fn contact(dice: &mut Dice, region: Region, number: usize, group: &str) -> Draft {
    const ORIGINS: &[&str] = &[
        "Auftragsannahme",
        "Kontaktformular der Website",
        "Telefonat",
        "Empfehlung eines Kunden",
        "Messe",
        "Persönlich im Geschäft",
    ];
    const NOTES: &[&str] = &[
        "Ruft lieber an, als zu schreiben.",
        "Erreichbar nach 17 Uhr.",
        "Bittet um Termine am Vormittag.",
        "Möchte Unterlagen auf Papier.",
        "Kommt mit dem Bus, bitte pünktlich fertig werden.",
        "Spricht auch Dänisch.",
    ];
    let mut person = Person::invent(dice);
    if number % 1_000 == 1 {
        // Somebody to look for: Müller is found as mueller and MULLER too.
        "Müller".clone_into(&mut person.family);
    }
    let label = |value: String, label: &str| json!({"value": value, "label": label});
    let mut phones = vec![label(phone(dice), "home")];
    if dice.percent(40) {
        phones.push(label(phone(dice), "cell"));
    }
    let mut addresses = vec![address(dice, region)];
    if dice.percent(10) {
        addresses.push(address(dice, region));
    }
    let origin = *dice.pick(ORIGINS);
    let mut draft = Draft::about("contact", origin, "customer-care")
        .with("kind", "person")
        .with("salutation", person.salutation)
        .with("given_name", person.given)
        .with("family_name", person.family.clone())
        .with("groups", json!([group]))
        .with("customer_number", format!("K{number:05}"))
        .with("addresses", addresses)
        .with("phones", phones);
    if dice.percent(80) {
        draft = draft.with("emails", json!([person.email(number)]));
    }
    if dice.percent(5) {
        draft = draft.with("prefix", "Dr.");
    }
    if dice.percent(45) {
        draft = draft.on("birthday", days(TODAY, -dice.between(19 * 365, 86 * 365)));
    }
    if dice.percent(25) {
        draft = draft.with("notes", *dice.pick(NOTES));
    }
    draft
}

/// An organisation: a trade and a family name that no register was asked about.
pub(super) fn organisation(dice: &mut Dice, region: Region, number: usize, group: &str) -> Draft {
    let family = *dice.pick(FAMILIES);
    let trade = *dice.pick(TRADES);
    let (form, suffix) = *dice.pick(&[
        ("company", " GmbH"),
        ("company", " GmbH"),
        ("partnership", " OHG"),
        ("sole_trader", ""),
        ("cooperative", " eG"),
    ]);
    let name = format!("{trade} {family}{suffix}");
    let domain = format!("{}-{}.example", ascii(trade), ascii(family));
    Draft::about("organisation", "Auftragsannahme", "customer-care")
        .with("name", name)
        .with("legal_form", form)
        .with("groups", json!([group]))
        .with("customer_number", format!("F{number:04}"))
        .with("emails", json!([format!("info@{domain}")]))
        .with("phones", json!([phone(dice)]))
        .with("addresses", json!([address(dice, region)]))
        .with("urls", json!([format!("https://www.{domain}/")]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_mail_are_plain_and_belong_to_nobody() {
        let mut dice = Dice::new(1);
        for number in 0..500 {
            let email = Person::invent(&mut dice).email(number);
            assert!(email.is_ascii() && email.ends_with(".example") && !email.contains(' '), "{email}");
        }
    }
}
