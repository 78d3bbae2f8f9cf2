//! What a column holds, by its name alone: German and English, as Outlook, Google, Thunderbird and business programs write it.
use super::words::{Role, WORDS};

/// Where a number or an address belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Place {
    Work,
    Home,
    Other,
}

impl Place {
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Work => "work",
            Self::Home => "home",
            Self::Other => "other",
        }
    }
}

/// A part of a numbered thing of Google's: `Phone 1 - Value`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// The thing itself.
    Value,
    /// What it is: `Phone 1 - Label`, formerly `Phone 1 - Type`.
    Label,
}

/// What a header says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Meaning {
    pub role: Role,
    pub place: Option<Place>,
    /// 0 where the header has no number.
    pub number: u32,
    pub part: Part,
    /// Whether the number counts the thing (`Address 1 - Street`) and not a line of it (`Business Street 2`).
    pub counted: bool,
    /// Whether the whole header was understood, or only a word within it.
    pub whole: bool,
}

/// Lower case, umlauts as two letters, words parted by one blank, also within `camelCase`.
pub(super) fn fold(header: &str) -> String {
    let mut out = String::new();
    let mut before = ' ';
    for letter in header.chars().take(200) {
        let starts_word = letter.is_uppercase() && before.is_lowercase();
        let digit_border =
            letter.is_ascii_digit() != before.is_ascii_digit() && letter.is_alphanumeric() && before.is_alphanumeric();
        if (starts_word || digit_border) && !out.ends_with(' ') {
            out.push(' ');
        }
        before = letter;
        for small in letter.to_lowercase() {
            match small {
                'ä' => out.push_str("ae"),
                'ö' => out.push_str("oe"),
                'ü' => out.push_str("ue"),
                'ß' => out.push_str("ss"),
                'é' | 'è' => out.push('e'),
                small if small.is_alphanumeric() => out.push(small),
                '\'' | '’' => {}
                _ if out.ends_with(' ') || out.is_empty() => {}
                _ => out.push(' '),
            }
        }
    }
    let folded = out.trim_end();
    // One spelling of the word that has most of them.
    folded.replace("e mail", "email").replace("tele fon", "telefon")
}

/// What a header means; `None` if it is not known.
pub(super) fn meaning(header: &str) -> Option<Meaning> {
    let folded = fold(header);
    let mut words: Vec<&str> = folded.split(' ').filter(|word| !word.is_empty()).collect();
    let counted = matches!(words.as_slice(), ["address" | "adresse", second, _, ..] if second.parse::<u32>().is_ok());
    let mut part = Part::Value;
    if words.len() > 1 {
        match words.last().copied() {
            Some("value") if words.len() > 2 => {
                words.pop();
            }
            Some("label" | "type" | "typ") => {
                part = Part::Label;
                words.pop();
            }
            _ => {}
        }
    }
    // "Address 1 - Street": the number stands behind the thing, the part behind the number.
    let mut number = 0;
    words.retain(|word| match word.parse::<u32>() {
        Ok(found) if found < 100 => {
            number = if number == 0 { found } else { number };
            false
        }
        _ => true,
    });
    let whole = words.join(" ");
    if let Some(role) = known(&whole) {
        return Some(Meaning { role, place: None, number, part, counted, whole: true });
    }
    let mut place = None;
    let rest: Vec<&str> = words
        .iter()
        .copied()
        .filter(|word| match place_of(word) {
            Some(found) => {
                place = place.or(Some(found));
                false
            }
            None => !matches!(
                *word,
                "primary"
                    | "associated"
                    | "mailing"
                    | "primaere"
                    | "secondary"
                    | "sekundaere"
                    | "haupt"
                    | "main"
                    | "der"
                    | "die"
                    | "das"
                    | "the"
                    | "und"
                    | "and"
            ),
        })
        .collect();
    if let Some(role) = known(&rest.join(" ")) {
        return Some(Meaning { role, place, number, part, counted, whole: true });
    }
    // A known word within a longer header; the longest one counts. "Telefon Assistent" is not the person's number.
    // What ends with "ID" is a key of something, not the thing.
    if words.iter().any(|word| FOREIGN.contains(word)) || matches!(words.last().copied(), Some("id" | "ids" | "guid")) {
        return None;
    }
    let mut best: Option<(usize, Role)> = None;
    for (phrase, role) in WORDS {
        let length = phrase.split(' ').count();
        let within = rest.windows(length).any(|window| window.join(" ") == phrase);
        if within && phrase.len() > 3 && best.is_none_or(|(known, _)| phrase.len() > known) {
            best = Some((phrase.len(), role));
        }
    }
    best.map(|(_, role)| Meaning { role, place, number, part, counted, whole: false })
}

/// Words that turn a header into one about somebody or something else.
const FOREIGN: [&str; 25] = [
    "owner",
    "besitzer",
    "status",
    "stage",
    "lifecycle",
    "count",
    "anzahl",
    "assistant",
    "assistants",
    "assistent",
    "assistenz",
    "manager",
    "managers",
    "spouse",
    "partner",
    "phonetic",
    "yomi",
    "display",
    "angezeigter",
    "erstellt",
    "geaendert",
    "created",
    "modified",
    "relation",
    "event",
];

fn known(phrase: &str) -> Option<Role> {
    WORDS.iter().find(|(known, _)| *known == phrase).map(|(_, role)| *role)
}

fn place_of(word: &str) -> Option<Place> {
    match word {
        "business" | "geschaeftlich" | "gesch" | "dienstlich" | "dienstl" | "work" | "office" | "buero" | "arbeit" => {
            Some(Place::Work)
        }
        "home" | "privat" | "priv" | "private" | "zuhause" => Some(Place::Home),
        "other" | "weitere" | "weiterer" | "weiteres" | "andere" | "anderer" | "anderes" | "sonstige" => {
            Some(Place::Other)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role(header: &str) -> Option<(Role, Option<Place>, u32)> {
        meaning(header).map(|meaning| (meaning.role, meaning.place, meaning.number))
    }

    #[test]
    fn headers_of_many_programs() {
        use Place::{Home, Other, Work};
        for (header, expected) in [
            ("Vorname", (Role::GivenName, None, 0)),
            ("First Name", (Role::GivenName, None, 0)),
            ("E-Mail", (Role::Email, None, 0)),
            ("E-mail Address", (Role::Email, None, 0)),
            ("E-mail 2 Address", (Role::Email, None, 2)),
            ("E-Mail 2: Adresse", (Role::Email, None, 2)),
            ("E-mail 1 - Value", (Role::Email, None, 1)),
            ("Phone 1 - Value", (Role::Phone, None, 1)),
            ("Business Phone 2", (Role::Phone, Some(Work), 2)),
            ("Telefon geschäftlich", (Role::Phone, Some(Work), 0)),
            ("Tel. privat", (Role::Phone, Some(Home), 0)),
            ("Mobiltelefon", (Role::Mobile, None, 0)),
            ("Mobil-Tel.-Nr.", (Role::Mobile, None, 0)),
            ("Fax privat", (Role::Fax, Some(Home), 0)),
            ("Business Street", (Role::Street, Some(Work), 0)),
            ("Straße geschäftlich 2", (Role::Street, Some(Work), 2)),
            ("Weiterer Ort", (Role::City, Some(Other), 0)),
            ("Land/Region geschäftlich", (Role::Country, Some(Work), 0)),
            ("Address 1 - Postal Code", (Role::PostalCode, None, 1)),
            ("Home ZipCode", (Role::PostalCode, Some(Home), 0)),
            ("Privat: PLZ", (Role::PostalCode, Some(Home), 0)),
            ("Geburtsdatum", (Role::Birthday, None, 0)),
            ("companyName", (Role::Organisation, None, 0)),
            ("contactTitle", (Role::JobTitle, None, 0)),
            ("Organization Name", (Role::Organisation, None, 0)),
            ("PLZ", (Role::PostalCode, None, 0)),
            ("Primary Email", (Role::Email, None, 0)),
            ("Primäre E-Mail-Adresse", (Role::Email, None, 0)),
            ("Straße und Hausnummer", (Role::Street, None, 0)),
            ("Bemerkung", (Role::Notes, None, 0)),
            ("FIN", (Role::Vin, None, 0)),
            ("Amtl. Kennzeichen", (Role::Plate, None, 0)),
        ] {
            assert_eq!(role(header), Some(expected), "{header}");
        }
        assert_eq!(role("Assistant's Phone"), None);
        assert_eq!(role("E-mail Display Name"), None);
        assert_eq!(role("Lieblingsfarbe"), None);
        assert_eq!(meaning("Phone 1 - Label").unwrap().part, Part::Label);
        assert!(
            !meaning("Telefonnummer (Festnetz)").unwrap().whole
                || meaning("Telefonnummer (Festnetz)").unwrap().role == Role::Phone
        );
    }
}
