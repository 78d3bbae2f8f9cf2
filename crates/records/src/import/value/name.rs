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
