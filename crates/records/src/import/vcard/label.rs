//! Labels of phones, e-mail and other addresses: from the types of a card, and back for export.

/// Types that say nothing about what a number or an address is for.
const SILENT: [&str; 16] = [
    "internet",
    "voice",
    "pref",
    "text",
    "msg",
    "postal",
    "parcel",
    "dom",
    "intl",
    "x400",
    "textphone",
    "pref=1",
    "x-internet",
    "none",
    "",
    "video",
];

/// Words of labels and the types that they stand for.
const KNOWN: [(&str, &str); 9] = [
    ("work", "work"),
    ("home", "home"),
    ("mobile", "cell"),
    ("fax", "fax"),
    ("pager", "pager"),
    ("main", "main"),
    ("other", "other"),
    ("car", "car"),
    ("isdn", "isdn"),
];

/// The label of a card's types: `work`, `home`, `mobile`, `work fax`. `None` if they say nothing.
pub(super) fn label_of(types: &[String]) -> Option<String> {
    let mut words: Vec<String> = Vec::new();
    for kind in types {
        let kind = kind.trim().to_lowercase();
        let word = match kind.as_str() {
            "cell" | "mobile" | "iphone" | "x-mobile" | "cellular" | "mobil" => "mobile",
            "business" | "geschäftlich" => "work",
            "privat" | "private" => "home",
            "facsimile" => "fax",
            silent if SILENT.contains(&silent) => continue,
            other => other.strip_prefix("x-").unwrap_or(other),
        };
        if !words.iter().any(|known| known == word) {
            words.push(word.to_owned());
        }
    }
    // The place goes first: "work fax".
    words.sort_by_key(|word| match word.as_str() {
        "work" | "home" => 0,
        "mobile" | "fax" | "pager" => 1,
        _ => 2,
    });
    (!words.is_empty()).then(|| words.join(" "))
}

/// The label of an `X-ABLabel`: Apple's own ones stand in `_$!<…>!$_`.
pub(super) fn label_of_apple(text: &str) -> Option<String> {
    let text = text.trim();
    let Some(inner) = text.strip_prefix("_$!<").and_then(|rest| rest.strip_suffix(">!$_")) else {
        return (!text.is_empty()).then(|| text.to_owned());
    };
    Some(match inner.to_lowercase().as_str() {
        "homefax" => "home fax".into(),
        "workfax" => "work fax".into(),
        "otherfax" => "other fax".into(),
        "homepage" => "homepage".into(),
        other => other.to_owned(),
    })
}

/// The types of a label for a card; `None` if the label is free text, which a card carries as `X-ABLabel`.
pub(crate) fn types_of(label: &str) -> Option<Vec<&'static str>> {
    let types: Option<Vec<&'static str>> =
        label.split(' ').map(|word| KNOWN.iter().find(|(known, _)| *known == word).map(|(_, kind)| *kind)).collect();
    // Only labels that come back the same: "fax work" would return as "work fax".
    types.filter(|types| {
        label_of(&types.iter().map(|kind| (*kind).to_owned()).collect::<Vec<_>>()).as_deref() == Some(label)
    })
}
