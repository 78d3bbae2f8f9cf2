//! Whether a value has the form that its field needs. What has not goes into the notes, so that one odd value does not keep a
//! whole card out; therefore nothing here may be more generous than the definition of a module is.

pub(crate) use store::module::is_email;
use store::module::is_host;

/// Most characters of a text field, unless [`max_of`] says less.
const TEXT_CHARS: usize = 200;
/// Most characters of a label.
pub(super) const LABEL_CHARS: usize = 60;
/// Most characters of a part of an address.
pub(super) const ADDRESS_CHARS: usize = 300;
/// Most items of a field with many values.
pub(super) const MAX_ITEMS: usize = 50;

/// Most characters of a text field.
pub(super) fn max_of(field: &str) -> usize {
    match field {
        "salutation" | "prefix" | "suffix" => 60,
        "categories" => 80,
        "languages" => 40,
        _ => TEXT_CHARS,
    }
}

/// Whether a text is a telephone number: three digits at least, as people write it.
pub(crate) fn is_phone(text: &str) -> bool {
    text.chars().filter(char::is_ascii_digit).count() >= 3 && text.chars().count() <= 60
}

/// The number of a `tel:` address, an extension as words; another text stays as it is.
pub(crate) fn phone_number(text: &str) -> String {
    let Some(rest) = text.get(..4).filter(|start| start.eq_ignore_ascii_case("tel:")).and_then(|_| text.get(4..))
    else {
        return text.to_owned();
    };
    let mut parts = rest.split(';');
    let mut number = parts.next().unwrap_or_default().replace("%20", " ");
    for part in parts {
        if let Some(extension) = part.strip_prefix("ext=") {
            number.push_str(" ext. ");
            number.push_str(extension);
        }
    }
    number.trim().to_owned()
}

/// Whether a text is an address of the web: `http`, `https` or a bare host.
pub(crate) fn is_web_address(text: &str) -> bool {
    if text.len() > 2_000 || text.chars().any(char::is_whitespace) {
        return false;
    }
    let lower = text.to_ascii_lowercase();
    let rest = lower.strip_prefix("http://").or_else(|| lower.strip_prefix("https://"));
    let authority = rest.unwrap_or(&lower).split(['/', '?', '#']).next().unwrap_or_default();
    let (host, port) = authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port)));
    let host = host.strip_suffix('.').unwrap_or(host);
    port.is_none_or(|port| port.parse::<u16>().is_ok())
        && !host.contains('@')
        && (rest.is_some() || host.contains('.'))
        && is_host(host)
}

/// An address of the web without what differs between two spellings of one: scheme, and a slash at the end.
pub(super) fn bare_web_address(text: &str) -> &str {
    let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://")).unwrap_or(text);
    rest.strip_suffix('/').unwrap_or(rest)
}

/// The kind of a picture by its first bytes.
pub(super) fn sniff(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xFF, 0xD8, 0xFF, ..] => Some("image/jpeg"),
        [0x89, b'P', b'N', b'G', ..] => Some("image/png"),
        [b'G', b'I', b'F', b'8', ..] => Some("image/gif"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_values() {
        for good in ["a@b.de", "anna.müller+x@büro-köln.de", "o'neil@mail.example.co.uk"] {
            assert!(is_email(good), "{good}");
        }
        for bad in ["a", "a@b", "a b@c.de", "a..b@c.de", "a@b..de", "ÑÑÑ", "a@", "@b.de", ""] {
            assert!(!is_email(bad), "{bad}");
        }
        for good in ["http://www.ibm.com", "www.company.com", "HTTPS://x.de:80/y?z#q", "beispiel.de/pfad"] {
            assert!(is_web_address(good), "{good}");
        }
        for bad in
            ["", "x", "#CAJUN.HTM#", "javascript:alert(1)", "ftp://x.de", "http://", "http://a b.de", "https://a@b.de"]
        {
            assert!(!is_web_address(bad), "{bad}");
        }
        assert_eq!(phone_number("tel:+1-418-656-9254;ext=102"), "+1-418-656-9254 ext. 102");
        assert_eq!(phone_number("TEL:+49;phone-context=x"), "+49");
        assert!(is_phone("(905) 555-1234") && !is_phone("BusinessPhone") && !is_phone("12"));
    }
}
