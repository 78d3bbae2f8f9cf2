//! What no field takes: useful things become lines of the notes, noise is listed as not taken.
use super::property::Property;
use crate::import::map::DateOrder;
use crate::import::value::date;

/// What happens to a property that fills no field.
pub(super) enum Leftover {
    /// A line of the notes.
    Note(String),
    /// Not taken.
    Drop,
}

/// Properties that only the writing program needs, and those that repeat others.
const NOISE: [&str; 42] = [
    "VERSION",
    "REV",
    "PRODID",
    "SORT-STRING",
    "CLASS",
    "MAILER",
    "SOURCE",
    "NAME",
    "PROFILE",
    "CLIENTPIDMAP",
    "XML",
    "CREATED",
    "SOUND",
    "LOGO",
    "BEGIN",
    "END",
    "AGENT",
    "X-MS-OL-DESIGN",
    "X-MS-OL-DEFAULT-POSTAL-ADDRESS",
    "X-MS-CARDPICTURE",
    "X-EVOLUTION-FILE-AS",
    "X-EVOLUTION-BOOK-UID",
    "X-EVOLUTION-WEBDAV-ETAG",
    "X-MOZILLA-HTML",
    "X-MOZILLA-PREFERDISPLAYNAME",
    "X-ABSHOWAS",
    "X-ABUID",
    "X-ABADR",
    "X-ABLABEL",
    "X-ABORDER",
    "X-ADDRESSBOOKSERVER-KIND",
    "X-GWTYPE",
    "X-PRODID",
    "X-IMAGETYPE",
    "X-IMAGEHASH",
    "X-SHARED-PHOTO-DISPLAY-PREF",
    "X-ACCOUNT",
    "X-TIMES_CONTACTED",
    "X-LAST_TIME_CONTACTED",
    "X-RADICALE-NAME",
    "X-ANDROID-STARRED",
    "X-SAMSUNGADR",
];

/// Properties with a word of their own in the notes: name, German, English.
const WORDS: [(&str, &str, &str); 61] = [
    ("ANNIVERSARY", "Jahrestag", "Anniversary"),
    ("X-ANNIVERSARY", "Jahrestag", "Anniversary"),
    ("X-EVOLUTION-ANNIVERSARY", "Jahrestag", "Anniversary"),
    ("X-MS-ANNIVERSARY", "Jahrestag", "Anniversary"),
    ("X-KADDRESSBOOK-X-ANNIVERSARY", "Jahrestag", "Anniversary"),
    ("DEATHDATE", "Gestorben", "Died"),
    ("BIRTHPLACE", "Geburtsort", "Place of birth"),
    ("DEATHPLACE", "Sterbeort", "Place of death"),
    ("X-SPOUSE", "Partner", "Spouse"),
    ("X-EVOLUTION-SPOUSE", "Partner", "Spouse"),
    ("X-MS-SPOUSE", "Partner", "Spouse"),
    ("X-KADDRESSBOOK-X-SPOUSESNAME", "Partner", "Spouse"),
    ("X-MS-CHILD", "Kind", "Child"),
    ("X-MANAGER", "Vorgesetzt", "Manager"),
    ("X-EVOLUTION-MANAGER", "Vorgesetzt", "Manager"),
    ("X-MS-MANAGER", "Vorgesetzt", "Manager"),
    ("X-KADDRESSBOOK-X-MANAGERSNAME", "Vorgesetzt", "Manager"),
    ("X-ASSISTANT", "Assistenz", "Assistant"),
    ("X-EVOLUTION-ASSISTANT", "Assistenz", "Assistant"),
    ("X-MS-ASSISTANT", "Assistenz", "Assistant"),
    ("X-KADDRESSBOOK-X-ASSISTANTSNAME", "Assistenz", "Assistant"),
    ("X-KADDRESSBOOK-X-PROFESSION", "Beruf", "Profession"),
    ("X-KADDRESSBOOK-X-OFFICE", "Büro", "Office"),
    ("X-KADDRESSBOOK-X-IMADDRESS", "Chat", "Chat"),
    ("IMPP", "Chat", "Chat"),
    ("X-AIM", "AIM", "AIM"),
    ("X-ICQ", "ICQ", "ICQ"),
    ("X-JABBER", "Jabber", "Jabber"),
    ("X-MSN", "MSN", "MSN"),
    ("X-YAHOO", "Yahoo", "Yahoo"),
    ("X-SKYPE", "Skype", "Skype"),
    ("X-SKYPE-USERNAME", "Skype", "Skype"),
    ("X-GTALK", "Google Talk", "Google Talk"),
    ("X-GOOGLE-TALK", "Google Talk", "Google Talk"),
    ("X-GROUPWISE", "GroupWise", "GroupWise"),
    ("X-GADUGADU", "Gadu-Gadu", "Gadu-Gadu"),
    ("X-QQ", "QQ", "QQ"),
    ("X-MATRIX", "Matrix", "Matrix"),
    ("X-TELEGRAM", "Telegram", "Telegram"),
    ("X-SIGNAL", "Signal", "Signal"),
    ("X-MS-IMADDRESS", "Chat", "Chat"),
    ("X-TWITTER", "Twitter", "Twitter"),
    ("X-FACEBOOK", "Facebook", "Facebook"),
    ("X-SOCIALPROFILE", "Profil", "Profile"),
    ("SOCIALPROFILE", "Profil", "Profile"),
    ("X-PHONETIC-FIRST-NAME", "Aussprache des Vornamens", "First name sounds like"),
    ("X-PHONETIC-LAST-NAME", "Aussprache des Nachnamens", "Last name sounds like"),
    ("X-PHONETIC-MIDDLE-NAME", "Aussprache des zweiten Vornamens", "Middle name sounds like"),
    ("X-PHONETIC-ORG", "Aussprache der Firma", "Organisation sounds like"),
    ("X-MAIDENNAME", "Geburtsname", "Birth name"),
    ("GEO", "Geoposition", "Position"),
    ("TZ", "Zeitzone", "Time zone"),
    ("GENDER", "Geschlecht", "Gender"),
    ("X-GENDER", "Geschlecht", "Gender"),
    ("X-WAB-GENDER", "Geschlecht", "Gender"),
    ("KEY", "Schlüssel", "Key"),
    ("CALURI", "Kalender", "Calendar"),
    ("CALADRURI", "Kalender", "Calendar"),
    ("FBURL", "Freie Zeiten", "Free and busy times"),
    ("HOBBY", "Hobby", "Hobby"),
    ("INTEREST", "Interesse", "Interest"),
];

/// Decides about a property; `label` is its `X-ABLabel`.
pub(super) fn leftover(property: &Property, label: Option<&str>, german: bool) -> Leftover {
    let name = property.name.as_str();
    if NOISE.contains(&name) || name.starts_with("X-COUCHDB-") || name.starts_with("X-MOZILLA-") {
        return Leftover::Drop;
    }
    let word = |de: &str, en: &str| if german { de.to_owned() } else { en.to_owned() };
    if property.is_base64() {
        return Leftover::Drop;
    }
    let value = match name {
        "KEY" | "CALURI" | "CALADRURI" | "FBURL" => property.plain(),
        _ => property.text(),
    };
    if value.is_empty() {
        return Leftover::Drop;
    }
    let note = |label: String, value: &str| Leftover::Note(format!("{label}: {value}"));
    match name {
        "" => return Leftover::Note(value),
        // Embedded keys and pictures are no text; free and busy times only help as an address.
        "KEY" if value.starts_with("data:") || value.len() > 500 => return Leftover::Drop,
        "FBURL" | "CALURI" | "CALADRURI" if !value.contains("://") => return Leftover::Drop,
        "X-ABDATE" | "X-ABRELATEDNAMES" | "RELATED" => {
            let kind = label.map(str::to_owned).or_else(|| property.param("TYPE").first().cloned());
            let value = if name == "X-ABDATE" { plain_date(&value) } else { value };
            return note(relation(kind.as_deref(), name == "X-ABDATE", german), &value);
        }
        "X-ANDROID-CUSTOM" => return android(&property.parts(), german),
        _ => {}
    }
    let shown = match name {
        "GENDER" | "X-GENDER" | "X-WAB-GENDER" => gender(&value, german),
        _ if name.contains("ANNIVERSARY") || name == "DEATHDATE" => plain_date(&value),
        _ => value,
    };
    let service = property.param_text("X-SERVICE-TYPE").map(str::to_owned);
    match (label, service, WORDS.iter().find(|(known, ..)| *known == name)) {
        (_, Some(service), Some(_)) => note(service, &shown),
        (_, None, Some((_, de, en))) => note(word(de, en), &shown),
        (Some(label), ..) => note(label.to_owned(), &shown),
        (None, ..) => note(name.to_owned(), &shown),
    }
}

/// The word for a day or a relation of Apple, Google or vCard 4.
fn relation(kind: Option<&str>, day: bool, german: bool) -> String {
    let plain = kind.unwrap_or_default().to_lowercase();
    let known = match plain.as_str() {
        "anniversary" => Some(("Jahrestag", "Anniversary")),
        "spouse" | "partner" => Some(("Partner", "Spouse")),
        "child" | "son" | "daughter" => Some(("Kind", "Child")),
        "mother" => Some(("Mutter", "Mother")),
        "father" => Some(("Vater", "Father")),
        "parent" => Some(("Elternteil", "Parent")),
        "brother" => Some(("Bruder", "Brother")),
        "sister" => Some(("Schwester", "Sister")),
        "sibling" => Some(("Geschwister", "Sibling")),
        "friend" => Some(("Freundschaft", "Friend")),
        "assistant" => Some(("Assistenz", "Assistant")),
        "manager" => Some(("Vorgesetzt", "Manager")),
        "emergency" => Some(("Notfallkontakt", "Emergency contact")),
        "" if day => Some(("Tag", "Date")),
        "" => Some(("Verbunden mit", "Related to")),
        _ => None,
    };
    match known {
        Some((de, en)) => if german { de } else { en }.to_owned(),
        None => kind.unwrap_or_default().to_owned(),
    }
}

/// Android's own: `vnd.android.cursor.item/relation;Anna;14;…`.
fn android(parts: &[String], german: bool) -> Leftover {
    let kind = parts.first().and_then(|kind| kind.rsplit_once('/')).map(|(_, kind)| kind).unwrap_or_default();
    let Some(value) = parts.get(1).filter(|value| !value.is_empty()) else { return Leftover::Drop };
    let number = parts.get(2).map(String::as_str).unwrap_or_default();
    let (de, en) = match (kind, number) {
        ("nickname", _) => ("Rufname", "Nickname"),
        ("contact_event", "1") => ("Jahrestag", "Anniversary"),
        ("contact_event", _) => ("Tag", "Date"),
        ("relation", "14") => ("Partner", "Spouse"),
        ("relation", _) => ("Verbunden mit", "Related to"),
        _ => return Leftover::Drop,
    };
    Leftover::Note(format!("{}: {value}", if german { de } else { en }))
}

fn gender(value: &str, german: bool) -> String {
    let (letter, text) = value.split_once(';').unwrap_or((value, ""));
    let word = match (letter.trim().to_ascii_uppercase().as_str(), german) {
        ("M" | "MALE" | "2", true) => "männlich",
        ("M" | "MALE" | "2", false) => "male",
        ("F" | "FEMALE" | "1", true) => "weiblich",
        ("F" | "FEMALE" | "1", false) => "female",
        ("O", true) => "divers",
        ("O", false) => "other",
        _ => letter,
    };
    [word, text].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

/// A full date in the form of ISO 8601; what is none stays as it is.
pub(super) fn plain_date(value: &str) -> String {
    date(value, DateOrder::DayFirst, &[]).map_or_else(|| value.to_owned(), |date| date.to_string())
}
