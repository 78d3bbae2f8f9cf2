//! Parts of a person's name.

/// Parts of a name; what is absent is empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Name {
    /// Herr, Frau, Mr., Ms.
    pub salutation: String,
    /// Titles: Dr., Prof.
    pub prefix: String,
    /// First names.
    pub given: String,
    /// Family name with its particles.
    pub family: String,
    /// Jr., III, and what stands behind a comma at the end.
    pub suffix: String,
}

/// Words of address, without their point, lower case.
const SALUTATIONS: [&str; 22] = [
    "herr",
    "herrn",
    "frau",
    "hr",
    "fr",
    "mr",
    "mrs",
    "ms",
    "miss",
    "mister",
    "mx",
    "madame",
    "mme",
    "monsieur",
    "mlle",
    "sr",
    "sra",
    "señor",
    "señora",
    "signor",
    "signora",
    "fräulein",
];
/// Titles, without their point, lower case.
const TITLES: [&str; 22] = [
    "dr",
    "prof",
    "professor",
    "pd",
    "dipl",
    "dipl-ing",
    "dipl-kfm",
    "dipl-kff",
    "dipl-inf",
    "dipl-phys",
    "mag",
    "ing",
    "med",
    "jur",
    "phil",
    "rer",
    "nat",
    "hc",
    "h.c",
    "dent",
    "vet",
    "rev",
];
/// Degrees, without points, lower case.
const DEGREES: [&str; 17] = [
    "ba",
    "bsc",
    "beng",
    "ma",
    "msc",
    "meng",
    "mba",
    "llb",
    "llm",
    "phd",
    "md",
    "mdphd",
    "diplbetrw",
    "diploec",
    "diplpsych",
    "staatsexamen",
    "ra",
];
/// Words with which a family name begins.
const PARTICLES: [&str; 31] = [
    "von", "vom", "zu", "zum", "zur", "van", "der", "den", "de", "del", "della", "di", "da", "do", "dos", "das", "du",
    "des", "la", "le", "ter", "ten", "te", "af", "av", "bin", "ibn", "al", "el", "st", "'t",
];
/// Words behind a family name.
const SUFFIXES: [&str; 10] = ["jr", "sr", "jun", "sen", "ii", "iii", "iv", "junior", "senior", "esq"];

fn plain(word: &str) -> String {
    word.trim_end_matches(['.', ',']).to_lowercase()
}

/// Whether a text is a mere word of address: `Herr`, `Frau`, `Mr.`, `Ms.`
pub fn is_salutation(text: &str) -> bool {
    let plain = plain(text.trim());
    SALUTATIONS.contains(&plain.as_str()) || matches!(plain.as_str(), "firma" | "fa" | "familie" | "herr und frau")
}

/// Legal forms and other words that only the name of an institution has, without points, lower case.
const LEGAL_FORMS: [&str; 39] = [
    "gmbh",
    "ggmbh",
    "mbh",
    "ag",
    "kg",
    "kgaa",
    "ohg",
    "ug",
    "gbr",
    "ek",
    "ekfm",
    "ekfr",
    "ev",
    "eg",
    "se",
    "partg",
    "partgmbb",
    "stiftung",
    "verein",
    "ltd",
    "limited",
    "llc",
    "llp",
    "inc",
    "corp",
    "corporation",
    "plc",
    "sarl",
    "sàrl",
    "sas",
    "srl",
    "spa",
    "bv",
    "nv",
    "oü",
    "stadtverwaltung",
    "gemeindeverwaltung",
    "landratsamt",
    "kdör",
];
/// Those among them that are a person's name as well: they count only at the end, and in capitals where they have them.
const SHORT_FORMS: [&str; 8] = ["ag", "se", "spa", "sas", "ek", "ev", "eg", "inc"];

/// Whether a name is that of an institution: it holds a legal form (`GmbH`, e.K., AG, Ltd).
pub fn is_institution(name: &str) -> bool {
    let words: Vec<&str> = name.split([' ', ',', '(', ')', '\n']).filter(|word| !word.is_empty()).collect();
    let form = |at: usize, word: &str| {
        let bare: String = word.chars().filter(|letter| *letter != '.').collect();
        let lower = bare.to_lowercase();
        let short = SHORT_FORMS.contains(&lower.as_str());
        let written = bare.chars().any(char::is_uppercase) && (bare.len() > 2 || bare != capitalised(&bare))
            || word.contains('.');
        LEGAL_FORMS.contains(&lower.as_str()) && at > 0 && (!short || at + 1 == words.len() && written)
            || at == 0
                && words.len() > 1
                && matches!(lower.as_str(), "stiftung" | "stadtverwaltung" | "gemeindeverwaltung" | "landratsamt")
    };
    let pairs = words.windows(2).any(|pair| matches!(pair, [e, v] if matches!(format!("{e}{v}").to_lowercase().replace('.', "").as_str(), "ev" | "ek" | "ekfm" | "ekfr")) && pair.iter().all(|word| word.ends_with('.')));
    pairs || words.iter().enumerate().any(|(at, word)| form(at, word))
}

/// The first letter a capital, the others not.
fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters.flat_map(char::to_lowercase)).collect()
}

/// Whether a text is nothing but titles and words of address: `Dr.`, `Herr Prof. Dr. med.`
pub fn is_title(text: &str) -> bool {
    text.split([' ', ',', '/']).filter(|word| !word.is_empty()).all(|word| {
        let plain = plain(word);
        is_salutation(word) || TITLES.contains(&plain.as_str()) || DEGREES.contains(&plain.replace('.', "").as_str())
    })
}

/// Parts a form of address with titles, `Herrn Prof. Dr.`, into salutation and prefix.
pub fn split_prefix(text: &str) -> (String, String) {
    let text = text.trim();
    if is_salutation(text) {
        return (text.to_owned(), String::new());
    }
    let (first, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    // "Sr." in front of a name is Señor, but "Sr" as the only word of a prefix is handled above.
    if is_salutation(first) { (first.to_owned(), rest.trim().to_owned()) } else { (String::new(), text.to_owned()) }
}

/// Parts a name written in one: `Herr Dr. Max von Mustermann`, `Mustermann, Max`, `Antonio del Valle Saavedra`.
/// A single word is a family name. Nothing is dropped: the parts hold all the words.
pub fn split_name(text: &str) -> Name {
    let mut name = Name::default();
    let mut words: Vec<&str> = text.split_whitespace().collect();
    let mut suffixes: Vec<&str> = Vec::new();
    // A comma: either "Family, Given" or "…, Jr." / "…, M.Sc."
    if let Some((before, behind)) = text.split_once(',') {
        let behind = behind.trim();
        let is_suffix = behind.split_whitespace().all(|word| {
            SUFFIXES.contains(&plain(word).as_str())
                || word.contains('.') && word.chars().filter(|letter| letter.is_alphabetic()).count() > 2
        });
        if is_suffix && !behind.is_empty() {
            behind.clone_into(&mut name.suffix);
            words = before.split_whitespace().collect();
        } else if !behind.is_empty() && !before.trim().is_empty() {
            let (salutation, prefix, family) = leading(before.split_whitespace().collect());
            let (salutation_behind, prefix_behind, given) = leading(behind.split_whitespace().collect());
            name.salutation = join(&[salutation, salutation_behind].concat());
            name.prefix = join(&[prefix, prefix_behind].concat());
            name.family = join(&family);
            name.given = join(&given);
            return name;
        }
    }
    let (salutation, prefix, mut rest) = leading(words);
    while rest.len() > 2 {
        let Some(last) = rest.last().copied().filter(|last| SUFFIXES.contains(&plain(last).as_str())) else { break };
        suffixes.insert(0, last);
        rest.pop();
    }
    let family_from = rest
        .iter()
        .enumerate()
        .skip(1)
        .take(rest.len().saturating_sub(2))
        .find(|(_, word)| {
            PARTICLES.contains(&word.to_lowercase().as_str())
                && word.starts_with(|first: char| first.is_lowercase() || first == '\'')
        })
        .map_or(rest.len().saturating_sub(1), |(at, _)| at);
    // "von Mustermann" without a first name.
    let family_from =
        if rest.first().is_some_and(|word| matches!(*word, "von" | "van" | "zu" | "de")) { 0 } else { family_from };
    let (given, family) = rest.split_at(family_from.min(rest.len()));
    name.salutation = join(&salutation);
    name.prefix = join(&prefix);
    name.given = join(given);
    name.family = join(family);
    if !suffixes.is_empty() {
        name.suffix = [suffixes.join(" "), name.suffix]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(", ");
    }
    name
}

/// Takes words of address and titles from the front; at least one word stays.
fn leading(words: Vec<&str>) -> (Vec<&str>, Vec<&str>, Vec<&str>) {
    let (mut salutation, mut prefix) = (Vec::new(), Vec::new());
    let mut rest = words.into_iter().peekable();
    let mut left = rest.len();
    while left > 1 {
        let Some(word) = rest.peek().copied() else { break };
        let plain = plain(word);
        if salutation.is_empty() && prefix.is_empty() && SALUTATIONS.contains(&plain.as_str()) {
            salutation.push(word);
        } else if TITLES.contains(&plain.as_str())
            && (word.ends_with('.') || plain == "professor" || plain == "dr" || plain == "prof")
        {
            prefix.push(word);
        } else {
            break;
        }
        rest.next();
        left -= 1;
    }
    (salutation, prefix, rest.collect())
}

fn join(words: &[&str]) -> String {
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn institutions_by_their_legal_form() {
        for name in [
            "Bäcker Schröder GmbH",
            "Müller & Söhne GmbH & Co. KG",
            "Beta e.K.",
            "Huber AG",
            "Turnverein Köln e. V.",
            "Foo Ltd.",
            "ACME Inc.",
            "Start UG (haftungsbeschränkt)",
            "Stadtverwaltung Köln",
        ] {
            assert!(is_institution(name), "{name}");
        }
        for name in ["Max Muster", "Müller, Eva", "Prof. Dr. Eva von Stein", "Herr Ag", "Ag Müller", "Jo Se", "KG", ""]
        {
            assert!(!is_institution(name), "{name}");
        }
    }

    fn parts(text: &str) -> [String; 5] {
        let name = split_name(text);
        [name.salutation, name.prefix, name.given, name.family, name.suffix]
    }

    #[test]
    fn names_come_apart() {
        assert_eq!(parts("Maria Anders"), ["", "", "Maria", "Anders", ""]);
        assert_eq!(parts("Herr Dr. Max von Mustermann"), ["Herr", "Dr.", "Max", "von Mustermann", ""]);
        assert_eq!(parts("Mustermann, Max Peter"), ["", "", "Max Peter", "Mustermann", ""]);
        assert_eq!(parts("Antonio del Valle Saavedra"), ["", "", "Antonio", "del Valle Saavedra", ""]);
        assert_eq!(parts("Isabel de Castro"), ["", "", "Isabel", "de Castro", ""]);
        assert_eq!(parts("Ludwig van der Rohe"), ["", "", "Ludwig", "van der Rohe", ""]);
        assert_eq!(parts("José Pedro Freyre"), ["", "", "José Pedro", "Freyre", ""]);
        assert_eq!(parts("John Doe Jr."), ["", "", "John", "Doe", "Jr."]);
        assert_eq!(parts("Simon Perreault, M.Sc."), ["", "", "Simon", "Perreault", "M.Sc."]);
        assert_eq!(parts("Madonna"), ["", "", "", "Madonna", ""]);
        assert_eq!(parts("Frau Müller"), ["Frau", "", "", "Müller", ""]);
        assert_eq!(parts("von Mustermann"), ["", "", "", "von Mustermann", ""]);
        assert_eq!(parts(""), ["", "", "", "", ""]);
        assert_eq!(parts("Dr."), ["", "", "", "Dr.", ""]);
        assert_eq!(parts("Prof. Dr. med. Erika Muster"), ["", "Prof. Dr. med.", "Erika", "Muster", ""]);
    }

    #[test]
    fn no_word_is_lost() {
        for text in [
            "Herr",
            "a b c d e f",
            "Herr Herr Herr",
            "x,",
            ",x",
            "Dr. Dr. Dr. Jr. Sr.",
            "von zu der",
            "a, b, c",
            "II III IV",
        ] {
            let all = parts(text).join(" ");
            for word in text.split([' ', ',']).filter(|word| !word.is_empty()) {
                assert!(all.contains(word), "{word} of {text} is missing in {all}");
            }
        }
    }

    #[test]
    fn forms_of_address() {
        assert_eq!(split_prefix("Herrn Prof. Dr."), ("Herrn".into(), "Prof. Dr.".into()));
        assert_eq!(split_prefix("Dr."), (String::new(), "Dr.".into()));
        assert_eq!(split_prefix("Mr."), ("Mr.".into(), String::new()));
    }
}
