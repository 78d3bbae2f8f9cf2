//! E-mail addresses: the part of RFC 5322 that mail servers accept, with international names (RFC 6531).
use super::{Reading, Refusal, text};

/// An address as typed, without `mailto:`. Quoted local parts and address literals are refused.
pub(in super::super) fn email(given: &str) -> Reading {
    let given = text::clean(given, false)?;
    let address = given
        .get(..7)
        .filter(|start| start.eq_ignore_ascii_case("mailto:"))
        .map_or(given.as_str(), |_| given.get(7..).unwrap_or_default());
    if address.is_empty() {
        return Ok(None);
    }
    if is_email(address) {
        return Ok(Some(address.into()));
    }
    Err(Refusal::new(
        "not_an_email",
        "Das ist keine E-Mail-Adresse (name@beispiel.de).",
        "This is not an e-mail address (name@example.org).",
    ))
}

/// Whether a mail could be sent there, as far as the text tells.
pub fn is_email(address: &str) -> bool {
    let Some((local, domain)) = address.rsplit_once('@') else { return false };
    let dots_fit = |text: &str| !text.starts_with('.') && !text.ends_with('.') && !text.contains("..");
    let local_letter = |letter: char| {
        letter.is_ascii_alphanumeric()
            || "!#$%&'*+-/=?^_`{|}~.".contains(letter)
            || (!letter.is_ascii() && !letter.is_whitespace())
    };
    address.len() <= 254
        && (1..=64).contains(&local.len())
        && dots_fit(local)
        && local.chars().all(local_letter)
        && domain.contains('.')
        && is_host(domain)
}

/// Whether this can be the name of a host: labels of letters, digits and hyphens, of any script.
pub fn is_host(name: &str) -> bool {
    let letter = |letter: char| {
        letter.is_ascii_alphanumeric()
            || letter == '-'
            || letter == '_'
            || (!letter.is_ascii() && !letter.is_whitespace())
    };
    name.len() <= 253
        && name.split('.').all(|label| {
            (1..=63).contains(&label.chars().count())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(letter)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_the_wild_are_told_apart() {
        for good in
            ["a@b.de", "anna.müller+x@büro-köln.de", "o'neil@mail.example.co.uk", "x_y@1and1.com", "mailto:a@b.de"]
        {
            assert!(email(good).unwrap().is_some(), "{good}");
        }
        for bad in [
            "a",
            "@b.de",
            "a@",
            "a b@c.de",
            "a..b@c.de",
            ".a@b.de",
            "a@b",
            "a@b..de",
            "a@-b.de",
            "A <a@b.de>",
            "\"a b\"@c.de",
            "a@[1.2.3.4]",
            "/o=EX/cn=x",
        ] {
            assert!(email(bad).is_err(), "{bad}");
        }
        assert_eq!(email(" a@b.de ").unwrap(), Some("a@b.de".into()));
        assert_eq!(email("  ").unwrap(), None);
    }
}
