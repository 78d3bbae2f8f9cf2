//! Which language a reader gets: the one chosen, else what the browser asks for, else German (design, *Interface*).
use axum::http::{HeaderMap, header};

/// A language of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Lang {
    /// German, the first one.
    #[default]
    De,
    /// English.
    En,
}

impl Lang {
    /// Both, in the order in which they are offered.
    pub const ALL: [Self; 2] = [Self::De, Self::En];

    /// `de` or `en`: the `lang` attribute, the cookie, the name of the file of texts.
    pub const fn code(self) -> &'static str {
        match self {
            Self::De => "de",
            Self::En => "en",
        }
    }
    /// The language of that code or of a region of it (`en-GB`).
    pub fn from_code(code: &str) -> Option<Self> {
        let primary = code.split(['-', '_']).next().unwrap_or_default();
        Self::ALL.into_iter().find(|lang| lang.code().eq_ignore_ascii_case(primary))
    }
    /// What the request asks for: the cookie `lang`, then `Accept-Language` by its weights.
    pub fn of(headers: &HeaderMap) -> Self {
        cookie(headers, "lang").and_then(Self::from_code).unwrap_or_else(|| Self::accepted(headers))
    }
    /// What `Accept-Language` asks for; the API knows no cookie.
    pub fn accepted(headers: &HeaderMap) -> Self {
        let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let mut best = (0.0_f32, Self::De);
        for part in accepted.split(',').take(20) {
            let (tag, parameters) = part.split_once(';').unwrap_or((part, ""));
            let weight = parameters.trim().strip_prefix("q=").map_or(1.0, |text| text.parse().unwrap_or(0.0));
            if let Some(lang) = Self::from_code(tag.trim())
                && weight > best.0
            {
                best = (weight, lang);
            }
        }
        best.1
    }
}

/// The value of a cookie, if the request has it.
pub(crate) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(accept: &str, cookies: &str) -> Lang {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_LANGUAGE, accept.parse().unwrap());
        headers.insert(header::COOKIE, cookies.parse().unwrap());
        Lang::of(&headers)
    }

    #[test]
    fn german_unless_english_is_wanted_more() {
        assert_eq!(asked("", ""), Lang::De);
        assert_eq!(asked("fr", ""), Lang::De);
        assert_eq!(asked("en-GB,en;q=0.9", ""), Lang::En);
        assert_eq!(asked("de;q=0.5, en;q=0.9", ""), Lang::En);
        assert_eq!(asked("de, en;q=0.9", ""), Lang::De);
        assert_eq!(asked("de", "a=b; lang=en"), Lang::En);
        assert_eq!(asked("en", "lang=xx"), Lang::En);
    }
}
