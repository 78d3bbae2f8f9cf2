//! Postal addresses: parts that all may be absent, and a free text for those that came in one piece.
use super::{Reading, Refusal, as_text, country, text};
use crate::module::{Map, NormaliseOptions};
use serde_json::Value;

/// The parts of an address in the order in which they are written; `extra` is what stands above the street (c/o, building, post box).
pub(in super::super) const PARTS: &[&str] = &["extra", "street", "postal_code", "city", "region", "country", "text"];
const MAX_PART: usize = 300;

/// An object with at least one part. A plain text becomes `{"text": …}`.
pub(in super::super) fn address(value: &Value, options: &NormaliseOptions) -> Reading {
    let Value::Object(given) = value else {
        let text = text::lines(&as_text(value)?, MAX_PART)?;
        return Ok(text.map(|text| serde_json::json!({ "text": text })));
    };
    let mut parts = Map::new();
    let mut unplaced = None; // an unknown country of another system's address
    for (name, value) in given.iter().filter(|(_, value)| !value.is_null()) {
        let Some(name) = PARTS.iter().copied().find(|part| part == name) else {
            let known = PARTS.join(", ");
            return Err(Refusal::new(
                "unknown_part",
                format!("Eine Anschrift hat nur die Teile {known}."),
                format!("An address has only the parts {known}."),
            ));
        };
        let at = |mut refusal: Refusal| {
            refusal.part = Some(name);
            refusal
        };
        let given = as_text(value).map_err(at)?;
        let read = match name {
            "country" if options.tolerant && country::country(&given).is_err() => {
                unplaced = Some(given);
                continue;
            }
            "country" => country::country(&given),
            "street" | "extra" | "text" => text::lines(&given, MAX_PART),
            _ => text::line(&given, MAX_PART),
        };
        let Some(read) = read.map_err(at)? else { continue };
        parts.insert(name.to_owned(), read);
    }
    if let Some(line) = unplaced {
        let above = parts.get("extra").and_then(Value::as_str).map(|text| format!("{text}\n")).unwrap_or_default();
        let extra = text::lines(&format!("{above}{line}"), MAX_PART)?;
        parts.extend(extra.map(|extra| ("extra".to_owned(), extra)));
    }
    Ok(if parts.is_empty() { None } else { Some(parts.into()) })
}

/// The address on its lines: extra, street, postal code and city, region, country by name.
pub(in super::super) fn lines(parts: &Map, lang: &str) -> Vec<String> {
    let part = |name: &str| parts.get(name).and_then(Value::as_str).unwrap_or_default();
    let town = [part("postal_code"), part("city")].join(" ");
    let country = country::name_of(part("country"), lang);
    [part("extra"), part("street"), town.trim(), part("region"), country, part("text")]
        .into_iter()
        .flat_map(str::lines)
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn parts_are_kept_and_the_country_becomes_a_code() {
        let plain = NormaliseOptions::default();
        let read = address(
            &json!({"street": "Obere Str. 57 ", "city": "Berlin", "postal_code": 12209, "country": "Germany", "region": null}),
            &plain,
        );
        assert_eq!(
            read.unwrap(),
            Some(json!({"street": "Obere Str. 57", "city": "Berlin", "postal_code": "12209", "country": "DE"}))
        );
        assert_eq!(
            address(&json!("Hauptstr. 1\r\nBerlin"), &plain).unwrap(),
            Some(json!({"text": "Hauptstr. 1\nBerlin"}))
        );
        assert_eq!(address(&json!({"city": ""}), &plain).unwrap(), None);
        assert_eq!(address(&json!({"town": "x"}), &plain).unwrap_err().code, "unknown_part");
    }

    #[test]
    fn an_unknown_country_is_refused_or_becomes_a_line() {
        let given = json!({"country": "Atlantis", "extra": "c/o Poseidon"});
        assert_eq!(address(&given, &NormaliseOptions::default()).unwrap_err().part, Some("country"));
        let tolerant = NormaliseOptions { tolerant: true, ..NormaliseOptions::default() };
        assert_eq!(address(&given, &tolerant).unwrap(), Some(json!({"extra": "c/o Poseidon\nAtlantis"})));
    }

    #[test]
    fn an_address_is_written_line_by_line() {
        let parts = json!({"street": "Obere Str. 57", "postal_code": "12209", "city": "Berlin", "country": "DE"});
        assert_eq!(lines(parts.as_object().unwrap(), "de"), ["Obere Str. 57", "12209 Berlin", "Deutschland"]);
    }
}
