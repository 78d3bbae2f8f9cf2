//! The training franchise: stores and who runs them, courses and qualifications, lecturers, participants.
use super::dice::Dice;
use super::draft::{Draft, Place, TODAY, days};
use super::people::{self, Person, Region};
use serde_json::json;

const ORGANISATIONS: usize = 24;
const PERSONS: usize = 40;
const LECTURERS: usize = 12;
const STORES: usize = 36;
const PARTICIPANTS: usize = 230;

/// Name, what one must be able to do, months that it is valid.
const QUALIFICATIONS: &[(&str, &str, Option<i64>)] = &[
    ("Röstmeisterin und Röstmeister", "Röstprofile anlegen, Proben beurteilen, Fehler erkennen.", None),
    ("Barista Grundstufe", "Mühle einstellen, Espresso und Milch sicher zubereiten.", None),
    ("Barista Aufbaustufe", "Rezepte entwickeln, Sensorik, Arbeit unter Druck.", Some(36)),
    ("Hygiene nach § 43 IfSG", "Belehrung und Folgebelehrung.", Some(24)),
    ("Lebensmittelhygiene (HACCP)", "Gefahren erkennen, Lenkungspunkte überwachen, dokumentieren.", Some(12)),
    ("Ersthelferin und Ersthelfer", "Erste Hilfe im Betrieb nach DGUV Vorschrift 1.", Some(24)),
    ("Brandschutzhelferin und Brandschutzhelfer", "Feuerlöscher bedienen, räumen, melden.", Some(48)),
    ("Filialleitung", "Personaleinsatz, Kasse, Inventur, Führung.", None),
    ("Ausbildereignung (AEVO)", "Ausbildung planen, durchführen, abschließen.", None),
    ("Kassensystem", "Bedienen, Tagesabschluss, Belege nach GoBD.", None),
    ("Datenschutz im Laden", "Kundendaten, Auskunft, Einwilligung, Vorfälle.", Some(24)),
];
type Course = (&'static str, &'static str, &'static [Place], i64, i64, i64);
/// Number, name, qualifications by place, hours, places, price in cents.
const COURSES: &[Course] = &[
    ("R1", "Rösten für den Anfang", &[], 16, 8, 49_000),
    ("R2", "Rösten: Profile und Sensorik", &[0], 32, 6, 98_000),
    ("B1", "Barista: Grundlagen", &[1], 8, 10, 24_000),
    ("B2", "Barista: Rezepte und Wettbewerb", &[2], 16, 8, 46_000),
    ("H1", "Hygiene: Erst- und Folgebelehrung", &[3], 2, 25, 4_500),
    ("H2", "HACCP für Ladenlokale", &[4], 8, 16, 19_000),
    ("S1", "Erste Hilfe", &[5], 9, 20, 0),
    ("S2", "Brandschutz", &[6], 4, 20, 9_000),
    ("L1", "Eine Filiale führen", &[7], 40, 12, 129_000),
    ("L2", "Ausbildung der Ausbilder", &[8], 90, 14, 59_000),
    ("K1", "Kasse von Anfang an", &[9], 4, 12, 8_000),
    ("D1", "Datenschutz im Laden", &[10], 3, 30, 6_000),
    ("E1", "Eröffnungswoche: Hygiene, Kasse, Datenschutz", &[3, 9, 10], 24, 10, 39_000),
];

/// The whole business, in the order in which it is made.
pub(super) fn drafts() -> Vec<Draft> {
    let mut dice = Dice::new(0x00CA_FFEE);
    let mut drafts = Vec::with_capacity(500);
    for (name, description, months) in QUALIFICATIONS {
        drafts.push(
            Draft::of("qualification")
                .with("name", *name)
                .with("description", *description)
                .with("valid_months", json!(months)),
        );
    }
    let courses = drafts.len();
    for (number, name, leads_to, hours, places, cents) in COURSES {
        drafts.push(
            Draft::of("course")
                .with("number", *number)
                .with("name", *name)
                .with("duration_hours", hours.to_string())
                .with("capacity", *places)
                .money("price", *cents)
                .links("qualifications", leads_to.to_vec()),
        );
    }
    let organisations = drafts.len();
    for number in 0..ORGANISATIONS {
        drafts.push(people::organisation(&mut dice, Region::Everywhere, 3001 + number, "partner"));
    }
    let persons = drafts.len();
    for number in 0..PERSONS {
        let mut contact = people::contact(&mut dice, Region::Everywhere, 30_001 + number, "partner");
        if number >= LECTURERS {
            contact = contact
                .with("job_title", "Franchisenehmerin oder Franchisenehmer")
                .link("organisation", organisations + dice.below(ORGANISATIONS));
        }
        drafts.push(contact);
    }
    for number in 0..LECTURERS {
        drafts.push(lecturer(&mut dice, number).link("contact", persons + number));
    }
    let stores = drafts.len();
    for number in 0..STORES {
        let operator = if dice.percent(60) {
            organisations + dice.below(ORGANISATIONS)
        } else {
            persons + LECTURERS + dice.below(PERSONS - LECTURERS)
        };
        drafts.push(store(&mut dice, number).link("operator", operator));
    }
    for number in 0..PARTICIPANTS {
        let store = stores + dice.below(STORES);
        drafts.push(participant(&mut dice, number, courses).link("store", store));
    }
    drafts
}

fn lecturer(dice: &mut Dice, number: usize) -> Draft {
    let mut teaches: Vec<Place> = (0..dice.between(1, 4)).map(|_| dice.below(QUALIFICATIONS.len())).collect();
    teaches.sort_unstable();
    teaches.dedup();
    Draft::about("lecturer", "Honorarvertrag", "training-administration")
        .with("number", format!("D-{:02}", number + 1))
        .links("qualifications", teaches)
        .money("daily_rate", dice.between(38, 92) * 1_000)
        .on("active_since", days(TODAY, -dice.between(90, 2_500)))
        .with(
            "notes",
            *dice.pick(&[
                "Reist nur mit der Bahn.",
                "Nicht an Freitagen.",
                "Bringt eigene Unterlagen mit.",
                "Unterrichtet auch auf Türkisch.",
            ]),
        )
}

fn store(dice: &mut Dice, number: usize) -> Draft {
    let address = people::address(dice, Region::Everywhere);
    let city = address.get("city").and_then(|city| city.as_str()).unwrap_or_default().to_owned();
    let draft = Draft::about("store", "Rahmenvertrag", "training-administration")
        .with("number", format!("{:03}", 101 + number))
        .with("name", format!("Röststube {city} {}", dice.pick(&["Mitte", "Bahnhof", "Markt", "Süd", "Altstadt"])))
        .with("address", address)
        .with("phone", people::phone(dice));
    if dice.percent(6) { draft.on("closed_on", days(TODAY, -dice.between(30, 800))) } else { draft }
}

fn participant(dice: &mut Dice, number: usize, courses: Place) -> Draft {
    let person = Person::invent(dice);
    let mut attended: Vec<usize> = (0..dice.between(0, 4)).map(|_| dice.below(COURSES.len())).collect();
    attended.sort_unstable();
    attended.dedup();
    let passed =
        |course: &usize| COURSES.get(*course).map(|(_, _, leads_to, ..)| leads_to.to_vec()).unwrap_or_default();
    let mut reached: Vec<Place> = attended.iter().flat_map(passed).collect();
    reached.sort_unstable();
    reached.dedup();
    let email = person.email(number);
    Draft::about("participant", "Anmeldung zur Schulung", "training-administration")
        .with("salutation", person.salutation)
        .with("given_name", person.given)
        .with("family_name", person.family)
        .with("email", email)
        .links("courses", attended.into_iter().map(|course| courses + course).collect())
        .links("qualifications", reached)
}
