//! Addresses that came in one piece: `Musterstr. 1, 12345 Berlin`.
use store::module::country_code;

/// Parts of an address that stands in one cell. Where no postal code tells the town, one line is the street, several are a text.
pub fn split_address(text: &str) -> Vec<(&'static str, String)> {
    let by_line = text.contains('\n');
    let pieces: Vec<&str> =
        text.split(if by_line { '\n' } else { ',' }).map(str::trim).filter(|piece| !piece.is_empty()).collect();
    let town = pieces.iter().position(|piece| is_town(piece));
    if let Some(at) = town {
        return of_pieces(&pieces, at);
    }
    if let [line] = pieces.as_slice() {
        // "Musterstr. 1 12345 Berlin"
        let border = line.match_indices(' ').map(|(at, _)| at).find(|at| line.get(at + 1..).is_some_and(is_long_town));
        if let Some((street, town)) = border.map(|at| line.split_at(at)) {
            return of_pieces(&[street.trim(), town.trim()], 1);
        }
    }
    vec![(if pieces.len() < 2 { "street" } else { "text" }, text.trim().to_owned())]
}

fn of_pieces(pieces: &[&str], at: usize) -> Vec<(&'static str, String)> {
    let mut parts = Vec::new();
    let (before, after) = (pieces.get(..at).unwrap_or_default(), pieces.get(at + 1..).unwrap_or_default());
    let mut extra: Vec<&str> = Vec::new();
    if let Some((street, above)) = before.split_last() {
        parts.push(("street", (*street).to_owned()));
        extra.extend(above);
    }
    parts.extend(split_town(pieces.get(at).copied().unwrap_or_default()));
    for piece in after {
        if country_code(piece).is_some() && !parts.iter().any(|(name, _)| *name == "country") {
            parts.push(("country", (*piece).to_owned()));
        } else {
            extra.push(piece);
        }
    }
    if !extra.is_empty() {
        parts.push(("extra", extra.join("\n")));
    }
    parts
}

/// Postal code and city of `D-12345 Berlin`; without a postal code all of it is the city.
pub fn split_town(text: &str) -> Vec<(&'static str, String)> {
    let text = text.trim();
    let Some((code, city)) = text.split_once(char::is_whitespace).filter(|_| is_town(text)) else {
        return vec![("city", text.to_owned())];
    };
    let (mark, code) = code.split_once('-').unwrap_or(("", code));
    let mut parts = vec![("postal_code", code.to_owned()), ("city", city.trim().to_owned())];
    let country = match mark {
        "D" => Some("DE"),
        "A" => Some("AT"),
        "L" => Some("LU"),
        mark => country_code(mark).filter(|_| !mark.is_empty()),
    };
    parts.extend(country.map(|country| ("country", country.to_owned())));
    parts
}

/// `12345 Berlin`, `D-12345 Berlin`, `8001 Zürich`.
fn is_town(text: &str) -> bool {
    let Some((code, city)) = text.split_once(char::is_whitespace) else { return false };
    let (mark, code) = code.split_once('-').unwrap_or(("", code));
    (4..=5).contains(&code.len())
        && code.bytes().all(|byte| byte.is_ascii_digit())
        && mark.len() <= 2
        && mark.chars().all(|letter| letter.is_ascii_uppercase())
        && city.trim().chars().next().is_some_and(char::is_alphabetic)
}

/// The same with five digits: four may be the number of a house.
fn is_long_town(text: &str) -> bool {
    let code = text.split_whitespace().next().unwrap_or_default();
    is_town(text) && code.bytes().filter(u8::is_ascii_digit).count() == 5
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_in_one_piece() {
        let split = |text: &str| {
            split_address(text).into_iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("|")
        };
        for (text, expected) in [
            ("Musterstr. 1, 12345 Berlin", "street=Musterstr. 1|postal_code=12345|city=Berlin"),
            ("Am Tor 2\n10115 Berlin", "street=Am Tor 2|postal_code=10115|city=Berlin"),
            ("Musterstr. 1 12345 Berlin", "street=Musterstr. 1|postal_code=12345|city=Berlin"),
            ("c/o Eva, Weg 1, D-12345 Bad Ems", "street=Weg 1|postal_code=12345|city=Bad Ems|country=DE|extra=c/o Eva"),
            ("Weg 1, 1010 Wien, Österreich", "street=Weg 1|postal_code=1010|city=Wien|country=Österreich"),
            ("Weg 1", "street=Weg 1"),
            ("1 Main St, Austin, TX 78767", "text=1 Main St, Austin, TX 78767"),
        ] {
            assert_eq!(split(text), expected);
        }
        assert_eq!(split_town("Köln"), [("city", "Köln".to_owned())]);
    }
}
