//! Web and mail addresses: kept as typed if they lead somewhere harmless.
use super::{Reading, Refusal, email, text};

/// `http`, `https`, `mailto`, or a bare host (`www.beispiel.de/seite`). Any other scheme is refused: a page shows it as a link.
pub(in super::super) fn url(given: &str) -> Reading {
    let given = text::clean(given, false)?;
    if given.is_empty() {
        return Ok(None);
    }
    if given.len() <= 2000 && !given.contains(char::is_whitespace) && leads_somewhere(&given) {
        return Ok(Some(given.into()));
    }
    Err(Refusal::new(
        "not_a_url",
        "Das ist keine Internetadresse (https://beispiel.de).",
        "This is not a web address (https://example.org).",
    ))
}

fn leads_somewhere(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once(':') else { return is_authority(url, true) };
    match scheme.to_ascii_lowercase().as_str() {
        "http" | "https" => rest.strip_prefix("//").is_some_and(|rest| is_authority(rest, false)),
        "mailto" => email::is_email(rest.split('?').next().unwrap_or_default()),
        _ => is_authority(url, true), // `beispiel.de:8080`: no scheme has a dot in front of digits
    }
}

/// A host, perhaps with a port, up to the path. A user name in front of it only ever deceives.
fn is_authority(text: &str, bare: bool) -> bool {
    let authority = text.split(['/', '?', '#']).next().unwrap_or_default();
    if let Some(literal) = authority.strip_prefix('[') {
        let Some((address, port)) = literal.split_once(']') else { return false };
        return !bare
            && address.parse::<std::net::Ipv6Addr>().is_ok()
            && (port.is_empty() || is_port(port.strip_prefix(':').unwrap_or("x")));
    }
    let (host, port) = authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port)));
    let host = host.strip_suffix('.').unwrap_or(host);
    port.is_none_or(is_port) && !host.contains('@') && (host.contains('.') || !bare) && email::is_host(host)
}

fn is_port(text: &str) -> bool {
    text.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn harmless_addresses_are_kept_and_others_refused() {
        for good in [
            "https://example.org",
            "http://localhost:8080/x?y#z",
            "www.beispiel.de/pfad",
            "beispiel.de:8080",
            "mailto:a@b.de?subject=x",
            "https://[::1]/",
            "HTTPS://Bücher.example/ä",
        ] {
            assert_eq!(url(good).unwrap(), Some(good.into()), "{good}");
        }
        for bad in [
            "javascript:alert(1)",
            "data:text/html,x",
            "ftp://x.de",
            "https://",
            "https://a@b.de",
            "x",
            "#CAJUN.HTM#",
            "file:///etc",
            "http:/x.de",
            "a b.de",
            "https://a.de:x",
        ] {
            assert!(url(bad).is_err(), "{bad}");
        }
    }
}
