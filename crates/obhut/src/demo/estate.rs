//! The estate agency: owners and seekers, properties in every state, inquiries, viewings and offers around them.
use super::dice::Dice;
use super::draft::{Draft, TODAY, days};
use super::people::{self, Region};
use base::Date;
use serde_json::json;

const ORGANISATIONS: usize = 12;
const OWNERS: usize = 50;
const SEEKERS: usize = 90;
const PROPERTIES: usize = 70;
const ENTRIES: usize = 180;
const FIRST_DAY: Date = Date::constant(2023, 2, 1);

type Kind = (&'static str, &'static [&'static str], (i64, i64), (i64, i64));
/// What it is, what the headline says, square metres from and to, rooms from and to (halves).
const KINDS: &[Kind] = &[
    (
        "apartment",
        &[
            "Helle Wohnung mit Südbalkon",
            "Dachgeschoss mit Blick über die Stadt",
            "Altbau mit Stuck und Dielen",
            "Barrierefrei am Park",
        ],
        (38, 145),
        (3, 10),
    ),
    (
        "house",
        &[
            "Reihenhaus mit Garten",
            "Fachwerkhaus im Ortskern",
            "Einfamilienhaus am Feldrand",
            "Doppelhaushälfte in ruhiger Lage",
        ],
        (95, 240),
        (7, 16),
    ),
    ("plot", &["Baugrundstück am Südhang", "Baulücke in gewachsener Nachbarschaft"], (310, 980), (0, 0)),
    (
        "commercial",
        &["Ladenfläche in der Fußgängerzone", "Büroetage am Bahnhof", "Werkhalle mit Hof"],
        (80, 620),
        (2, 12),
    ),
    ("garage", &["Einzelgarage mit Strom", "Stellplatz in der Tiefgarage"], (12, 22), (0, 0)),
];

/// The whole business, in the order in which it is made.
pub(super) fn drafts() -> Vec<Draft> {
    let mut dice = Dice::new(0x1AB0_0C5E);
    let mut drafts = Vec::with_capacity(ORGANISATIONS + OWNERS + SEEKERS + PROPERTIES + ENTRIES);
    for number in 0..ORGANISATIONS {
        drafts.push(people::organisation(&mut dice, Region::South, 2001 + number, "partner"));
    }
    for number in 0..OWNERS + SEEKERS {
        let group = if number < OWNERS { "customer" } else { "prospect" };
        drafts.push(people::contact(&mut dice, Region::South, 20_001 + number, group));
    }
    for number in 0..PROPERTIES {
        let owner = if dice.percent(12) { dice.below(ORGANISATIONS) } else { ORGANISATIONS + dice.below(OWNERS) };
        drafts.push(property(&mut dice, number).link("owner", owner));
    }
    for _ in 0..ENTRIES {
        let seeker = ORGANISATIONS + OWNERS + dice.below(SEEKERS);
        let property = ORGANISATIONS + OWNERS + SEEKERS + dice.below(PROPERTIES);
        drafts.push(entry(&mut dice).link("contact", seeker).link("property", property));
    }
    drafts
}

fn property(dice: &mut Dice, number: usize) -> Draft {
    let (kind, headlines, (small, large), (few, many)) = *dice.pick(KINDS);
    let area = dice.between(small, large);
    let rent = kind != "plot" && dice.percent(35);
    let cents = match (kind, rent) {
        ("garage", true) => dice.between(5_500, 12_000),
        ("garage", false) => dice.between(1_200_000, 3_900_000),
        ("plot", _) => area * dice.between(24_000, 61_000),
        (_, true) => area * dice.between(950, 1_750),
        (_, false) => area * dice.between(290_000, 640_000),
    };
    let round = if rent { 500 } else { 100_000 };
    let taken_on = days(FIRST_DAY, dice.between(0, i64::from((TODAY - FIRST_DAY).get_days())));
    let mut draft = Draft::about("property", "Vermittlungsauftrag", "property-brokerage")
        .with("number", format!("{}-{:03}", if rent { "M" } else { "V" }, number + 101))
        .with("headline", *dice.pick(headlines))
        .with("kind", kind)
        .with("marketing", if rent { "rent" } else { "sale" })
        .with("address", people::address(dice, Region::South))
        .money("price", cents / round * round)
        .with("area", format!("{area}.{}", dice.between(0, 9)));
    if many > 0 {
        let halves = dice.between(few, many);
        draft = draft
            .with("rooms", format!("{}.{}", halves / 2, halves % 2 * 5))
            .with("year_built", dice.between(1898, 2024))
            .with("energy_class", *dice.pick(&["a", "b", "c", "d", "e", "f", "g"]))
            .with("description", "Gepflegtes Objekt in gefragter Lage. Einkauf, Schule und Bus sind zu Fuß erreichbar. Besichtigung nach Absprache.");
    }
    if kind == "house" {
        draft = draft.with("plot_area", format!("{}", dice.between(140, 1_100)));
    }
    if dice.percent(30) {
        draft = draft.with(
            "notes",
            *dice.pick(&[
                "Preis ist nicht das letzte Wort.",
                "Besichtigung nur am Wochenende.",
                "Kein Schild am Haus, die Nachbarn wissen nichts.",
            ]),
        );
    }
    let closed = days(taken_on, dice.between(20, 200)).min(TODAY);
    match dice.below(10) {
        0 | 1 => draft.with("state", "acquired"),
        2..=5 => draft.with("state", "offered"),
        6 => draft.with("state", "reserved"),
        7 | 8 => draft.with("state", "closed").on("closed_on", closed),
        _ => draft.with("state", "withdrawn").on("closed_on", closed),
    }
}

fn entry(dice: &mut Dice) -> Draft {
    const TEXTS: &[(&str, &str)] = &[
        ("inquiry", "Fragt nach Nebenkosten und Einzugstermin."),
        ("inquiry", "Bittet um das Exposé, Finanzierung ist geklärt."),
        ("viewing", "Besichtigt zu zweit; gefällt, das Bad ist zu klein."),
        ("viewing", "Besichtigt; möchte mit einem Handwerker wiederkommen."),
        ("offer", "Bietet vier Prozent unter dem Preis, der Eigentümer überlegt."),
        ("call", "Erreicht; meldet sich nach dem Urlaub wieder."),
        ("mail", "Unterlagen für die Bank geschickt."),
        ("letter", "Reservierungsvereinbarung zugesandt."),
        ("note", "Sucht auch eine Garage in der Nähe."),
    ];
    let (kind, text) = *dice.pick(TEXTS);
    Draft::about("history", "Anfrage zur Immobilie", "property-brokerage")
        .with("kind", kind)
        .with("text", json!(text))
        .on("on", days(TODAY, -dice.between(1, 1_200)))
}
