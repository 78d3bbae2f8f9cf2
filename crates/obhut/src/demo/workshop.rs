//! The car workshop: customers, their vehicles, orders of three and a half years in every state, what was talked about.
use super::dice::Dice;
use super::draft::{Draft, Place, TODAY, days};
use super::people::{self, Region};
use base::Date;
use serde_json::json;

const PERSONS: usize = 120;
const ORGANISATIONS: usize = 14;
const VEHICLES: usize = 140;
const ORDERS: usize = 210;
const INTERACTIONS: usize = 40;
/// Orders of the last weeks.
const LATEST: usize = 13;
/// The day on which its records begin.
const FIRST_DAY: Date = Date::constant(2023, 1, 9);

type Make = (&'static str, &'static str, &'static [(&'static str, &'static str)]);
/// Make, world manufacturer identifier, models with their drive.
const MAKES: &[Make] = &[
    (
        "Volkswagen",
        "WVW",
        &[("Golf", "petrol"), ("Polo", "petrol"), ("Passat Variant", "diesel"), ("ID.3", "electric")],
    ),
    ("Opel", "W0L", &[("Corsa", "petrol"), ("Astra Sports Tourer", "diesel"), ("Mokka-e", "electric")]),
    ("Ford", "WF0", &[("Fiesta", "petrol"), ("Focus Turnier", "diesel"), ("Kuga", "hybrid")]),
    ("Audi", "WAU", &[("A3 Sportback", "petrol"), ("A4 Avant", "diesel")]),
    ("BMW", "WBA", &[("118i", "petrol"), ("320d Touring", "diesel"), ("i3", "electric")]),
    ("Mercedes-Benz", "WDD", &[("A 180", "petrol"), ("C 220 d", "diesel"), ("Vito", "diesel")]),
    ("Škoda", "TMB", &[("Fabia", "petrol"), ("Octavia Combi", "diesel"), ("Enyaq", "electric")]),
    ("Renault", "VF1", &[("Clio", "petrol"), ("Zoe", "electric"), ("Kangoo", "diesel")]),
    ("Toyota", "SB1", &[("Yaris", "hybrid"), ("Corolla Touring Sports", "hybrid")]),
    ("Dacia", "UU1", &[("Duster", "gas"), ("Sandero", "gas"), ("Spring", "electric")]),
];
const PLATES: &[&str] = &["KI", "RD", "SL", "FL", "IZ", "NF", "PLÖ"];
const COLOURS: &[&str] = &["weiß", "silber", "grau", "schwarz", "dunkelblau", "rot", "grün", "perlmutt"];
const MECHANICS: &[&str] = &["Kfz-Meisterin I. Thoms", "Geselle P. Öllrich", "Geselle D. Rasch", "Annahme: M. Veit"];
/// What is done, as it stands on the invoice, and what it costs in cents from and to.
const WORKS: &[(&str, &str, i64, i64)] = &[
    (
        "Inspektion nach Herstellervorgabe",
        "Inspektion, Öl- und Filterwechsel, Bremsflüssigkeit geprüft, Flüssigkeiten aufgefüllt.",
        24_900,
        48_900,
    ),
    (
        "Hauptuntersuchung mit Abgasuntersuchung",
        "Vorbereitung und Vorführung zur Hauptuntersuchung, ohne Mängel bestanden.",
        14_900,
        19_900,
    ),
    ("Bremsen vorn erneuert", "Bremsscheiben und Beläge vorn erneuert, Probefahrt.", 32_000, 58_000),
    (
        "Räderwechsel mit Einlagerung",
        "Winterräder montiert, Sommerräder gewaschen und eingelagert, Reifendruck eingestellt.",
        5_900,
        8_900,
    ),
    (
        "Zahnriemen und Wasserpumpe",
        "Zahnriemen, Spannrolle und Wasserpumpe erneuert, Kühlmittel gewechselt.",
        61_000,
        94_000,
    ),
    (
        "Klimaanlage gewartet",
        "Kältemittel abgesaugt, Dichtigkeit geprüft, neu befüllt, Innenraumfilter gewechselt.",
        11_900,
        17_900,
    ),
    (
        "Steinschlag in der Frontscheibe",
        "Frontscheibe erneuert, Kamera kalibriert, mit der Versicherung abgerechnet.",
        68_000,
        115_000,
    ),
    ("Batterie geprüft und erneuert", "Starterbatterie geprüft, ersetzt und angelernt.", 14_900, 26_900),
    (
        "Unfallschaden hinten links",
        "Seitenwand instand gesetzt und lackiert, Stoßfänger ersetzt, Achse vermessen.",
        185_000,
        420_000,
    ),
    (
        "Fehlersuche Motorkontrollleuchte",
        "Fehlerspeicher gelesen, Lambdasonde erneuert, Probefahrt ohne Befund.",
        17_900,
        39_900,
    ),
];

/// The whole business, in the order in which it is made.
pub(super) fn drafts() -> Vec<Draft> {
    let mut dice = Dice::new(0x0B_0817);
    let mut drafts = Vec::with_capacity(PERSONS + ORGANISATIONS + VEHICLES + ORDERS + INTERACTIONS);
    for number in 0..ORGANISATIONS {
        drafts.push(people::organisation(&mut dice, Region::North, 1001 + number, "customer"));
    }
    for number in 0..PERSONS {
        let mut contact = people::contact(&mut dice, Region::North, 10_001 + number, "customer");
        if dice.percent(8) {
            contact = contact.link("organisation", dice.below(ORGANISATIONS));
        }
        drafts.push(contact);
    }
    for number in 0..VEHICLES {
        // Everybody has one car at least; firms and some people have more.
        let owner = if number < PERSONS { ORGANISATIONS + number } else { dice.below(ORGANISATIONS) };
        drafts.push(vehicle(&mut dice, owner));
    }
    let span = i64::from((TODAY - FIRST_DAY).get_days());
    // Chance alone might leave the last weeks empty, and with them the states that come before the invoice.
    let latest = (0_i64..).take(LATEST).map(|number| days(TODAY, -3 * number));
    let mut begun: Vec<Date> =
        (0..ORDERS.saturating_sub(LATEST)).map(|_| days(FIRST_DAY, dice.between(0, span - 40))).chain(latest).collect();
    begun.sort_unstable();
    for (number, ordered) in begun.into_iter().enumerate() {
        // The first and the last orders are people's, so that a look at either end of the list shows what the law keeps of a person.
        let vehicle = if (10..ORDERS - 40).contains(&number) { dice.below(VEHICLES) } else { dice.below(PERSONS) };
        let owner = if vehicle < PERSONS {
            ORGANISATIONS + vehicle
        } else {
            owner_of(&drafts, ORGANISATIONS + PERSONS + vehicle)
        };
        drafts.push(order(&mut dice, number, ordered, owner, ORGANISATIONS + PERSONS + vehicle));
    }
    for _ in 0..INTERACTIONS {
        drafts.push(interaction(&mut dice));
    }
    drafts
}

fn owner_of(drafts: &[Draft], vehicle: Place) -> Place {
    drafts.get(vehicle).and_then(|vehicle| vehicle.first_link("owner")).unwrap_or(0)
}

fn vehicle(dice: &mut Dice, owner: Place) -> Draft {
    let (make, manufacturer, models) = *dice.pick(MAKES);
    let (model, fuel) = *dice.pick(models);
    let registered = days(TODAY, -dice.between(200, 15 * 365));
    let age_days = i64::from((TODAY - registered).get_days());
    let letter = |dice: &mut Dice| {
        *dice.pick(&['A', 'B', 'C', 'D', 'E', 'F', 'H', 'K', 'L', 'M', 'N', 'P', 'R', 'S', 'T', 'V', 'W', 'X'])
    };
    let (first, second) = (letter(dice), letter(dice));
    let electric = if fuel == "electric" { "E" } else { "" };
    let mut draft = Draft::about("vehicle", "Auftragsannahme", "customer-care")
        .link("owner", owner)
        .with("plate", format!("{}-{first}{second} {}{electric}", dice.pick(PLATES), dice.between(10, 998)))
        .with("vin", vin(dice, manufacturer))
        .with("make", make)
        .with("model", model)
        .with("fuel", fuel)
        .with("colour", *dice.pick(COLOURS))
        .on("first_registration", registered)
        .with("mileage", age_days * dice.between(18, 55))
        .on("next_inspection", days(TODAY, dice.between(-40, 720)));
    if dice.percent(12) {
        draft = draft.with(
            "notes",
            *dice.pick(&[
                "Felgenschloss liegt im Handschuhfach.",
                "Anhängerkupplung nachgerüstet.",
                "Lackschaden an der Tür hinten rechts, bekannt.",
                "Zweitschlüssel klemmt.",
            ]),
        );
    }
    if dice.percent(5) {
        draft = draft.on("left_on", days(TODAY, -dice.between(30, 900)));
    }
    draft
}

/// A vehicle identification number with its check digit (ISO 3779).
fn vin(dice: &mut Dice, manufacturer: &str) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHJKLMNPRSTUVWXYZ0123456789";
    let mut vin: Vec<u8> = manufacturer.bytes().chain((0..5).map(|_| *dice.pick(LETTERS))).collect();
    vin.push(b'0');
    vin.extend((0..2).map(|_| *dice.pick(LETTERS)));
    vin.extend((0..6).map(|_| *dice.pick(b"0123456789")));
    let digits = b"0123456789X";
    let mut text = String::new();
    for digit in digits {
        if let Some(check) = vin.get_mut(8) {
            *check = *digit;
        }
        text = String::from_utf8_lossy(&vin).into_owned();
        if store::module::vin_check_digit_fits(&text) {
            break;
        }
    }
    text
}

fn order(dice: &mut Dice, number: usize, ordered: Date, owner: Place, vehicle: Place) -> Draft {
    let (subject_line, text, low, high) = *dice.pick(WORKS);
    let age = i64::from((TODAY - ordered).get_days());
    let mut draft = Draft::about("order", "Auftragsannahme", "order-processing")
        .with("number", format!("A-{}-{:04}", ordered.year(), number + 1))
        .link("customer", owner)
        .link("vehicle", vehicle)
        .with("subject_line", subject_line)
        .with("text", text)
        .with("mileage", dice.between(9_000, 210_000))
        .with("employee", *dice.pick(MECHANICS));
    if age < 6 {
        return draft.with("state", "draft").on("required_on", days(ordered, dice.between(7, 20)));
    }
    draft = draft
        .on("ordered_on", ordered)
        .on("required_on", days(ordered, dice.between(3, 14)))
        .money("total", dice.between(low, high));
    if age < 20 {
        return draft.with("state", "ordered");
    }
    if dice.percent(4) {
        return draft.with("state", "cancelled");
    }
    let shipped = days(ordered, dice.between(1, 9));
    draft = draft.on("shipped_on", shipped);
    if age < 34 {
        return draft.with("state", "done");
    }
    let invoiced = days(shipped, dice.between(0, 6));
    draft.on("invoiced_on", invoiced).on("due_on", days(invoiced, 14)).with("state", "invoiced")
}

fn interaction(dice: &mut Dice) -> Draft {
    const TALKS: &[(&str, &str, &str, &str)] = &[
        (
            "call",
            "incoming",
            "Termin verschoben",
            "Bittet, den Termin um eine Woche zu verschieben; neuer Termin ist eingetragen.",
        ),
        ("call", "outgoing", "Zusatzarbeit abgestimmt", "Bremsschläuche porös, Erneuerung telefonisch freigegeben."),
        ("mail", "incoming", "Frage zur Rechnung", "Fragt nach dem Posten für die Altölentsorgung; erklärt."),
        ("mail", "outgoing", "Kostenvoranschlag", "Kostenvoranschlag für den Zahnriemen geschickt."),
        (
            "visit",
            "incoming",
            "Geräusch vorgeführt",
            "Klappern vorn rechts auf Probefahrt nachvollzogen, Koppelstange notiert.",
        ),
        ("note", "outgoing", "Erinnerung Hauptuntersuchung", "Beim nächsten Besuch an die Hauptuntersuchung erinnern."),
    ];
    let (kind, direction, subject_line, text) = *dice.pick(TALKS);
    let contact = ORGANISATIONS + dice.below(PERSONS);
    let filed = if kind == "mail" && dice.percent(50) { json!("filed") } else { json!(null) };
    Draft::about("interaction", "Gespräch", "customer-care")
        .link("contact", contact)
        .with("kind", kind)
        .with("direction", direction)
        .on("on", days(TODAY, -dice.between(1, 1_100)))
        .with("subject_line", subject_line)
        .with("text", text)
        .with("state", filed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identification_numbers_have_their_check_digit() {
        let mut dice = Dice::new(5);
        for (_, manufacturer, _) in MAKES.iter().cycle().take(200) {
            let vin = vin(&mut dice, manufacturer);
            assert!(store::module::vin_check_digit_fits(&vin), "{vin}");
        }
    }

    #[test]
    fn orders_stand_in_every_state_and_vouchers_are_of_several_years() {
        let drafts = drafts();
        let orders: Vec<&Draft> = drafts.iter().filter(|draft| draft.module == "order").collect();
        for state in ["draft", "ordered", "done", "invoiced", "cancelled"] {
            assert!(orders.iter().any(|order| order.value("state").is_some_and(|found| found == state)), "{state}");
        }
        for year in ["2023", "2024", "2025", "2026"] {
            let of_year = |order: &&&Draft| {
                order.value("invoiced_on").and_then(|on| on.as_str()).is_some_and(|on| on.starts_with(year))
            };
            assert!(orders.iter().filter(of_year).count() > 10, "{year}");
        }
    }
}
