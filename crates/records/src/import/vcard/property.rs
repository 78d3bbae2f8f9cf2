//! One property of a card: name, parameters, and its value in whatever encoding it has.
use crate::import::text::{Encoding, decode, decode_guessing};

/// A property as it stands on a card.
#[derive(Debug, Clone)]
pub(super) struct Property {
    /// Line on which it starts.
    pub line: u64,
    /// The group in front of the point: `item1`.
    pub group: Option<String>,
    /// The name in capitals; empty if the line is no property.
    pub name: String,
    /// Parameters: name in capitals and values.
    pub params: Vec<(String, Vec<String>)>,
    /// The value as bytes, not yet decoded.
    raw: Vec<u8>,
    /// Lines without a name that were taken as going on with the value.
    pub stray: usize,
}

impl Property {
    pub(super) fn parse(line: u64, bytes: &[u8], stray: usize) -> Self {
        let colon = colon(bytes);
        let (head, raw) = match colon {
            Some(at) => (bytes.get(..at).unwrap_or_default(), bytes.get(at + 1..).unwrap_or_default()),
            None => (&[][..], bytes),
        };
        let head = decode_guessing(head);
        let mut parts = split_outside_quotes(&head, ';').into_iter();
        let full = parts.next().unwrap_or_default();
        let (group, name) = match full.trim().split_once('.') {
            Some((group, name)) => (Some(group.to_ascii_lowercase()), name),
            None => (None, full.trim()),
        };
        let params = parts.filter(|part| !part.trim().is_empty()).map(param).collect();
        Self { line, group, name: name.trim().to_ascii_uppercase(), params, raw: raw.to_vec(), stray }
    }

    /// The values of a parameter, in lower case.
    pub(super) fn param(&self, name: &str) -> Vec<String> {
        let of = self.params.iter().filter(|(known, _)| known == name);
        of.flat_map(|(_, values)| values.iter().map(|value| value.to_lowercase())).collect()
    }

    /// The first value of a parameter as written.
    pub(super) fn param_text(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(known, _)| known == name)?.1.first().map(String::as_str)
    }

    /// Whether the value is binary.
    pub(super) fn is_base64(&self) -> bool {
        self.param("ENCODING").iter().any(|encoding| encoding == "b" || encoding == "base64")
    }

    fn is_quoted_printable(&self) -> bool {
        self.param("ENCODING").iter().any(|encoding| encoding == "quoted-printable" || encoding == "q")
    }

    /// The value as one text: decoded, escapes resolved, blanks at the ends gone.
    pub(super) fn text(&self) -> String {
        unescape(self.decoded(&self.raw).trim()).trim().to_owned()
    }

    /// The value without escapes resolved, as a URI has none.
    pub(super) fn plain(&self) -> String {
        self.decoded(&self.raw).trim().to_owned()
    }

    /// The parts of a structured value (`N`, `ADR`, `ORG`), each as one text.
    pub(super) fn parts(&self) -> Vec<String> {
        let mut parts: Vec<String> = split_bytes(&self.raw, b';').iter().map(|part| self.decoded(part)).collect();
        if parts.len() == 1 && self.is_quoted_printable() {
            // Some phones encode the separators too.
            let whole = parts.pop().unwrap_or_default();
            parts = split_text(&whole, ';');
        }
        parts.iter().map(|part| unescape(part.trim()).trim().to_owned()).collect()
    }

    /// The items of a list (`CATEGORIES`, `NICKNAME`): between commas that are not escaped.
    pub(super) fn items(&self) -> Vec<String> {
        let whole = self.decoded(&self.raw);
        split_text(&whole, ',')
            .iter()
            .map(|item| unescape(item.trim()).trim().to_owned())
            .filter(|item| !item.is_empty())
            .collect()
    }

    /// The parts of a structured value, each with its items.
    pub(super) fn part_items(&self) -> Vec<Vec<String>> {
        let texts: Vec<String> = split_bytes(&self.raw, b';').iter().map(|part| self.decoded(part)).collect();
        let items = |text: &String| -> Vec<String> {
            let all = split_text(text, ',').into_iter().map(|item| unescape(item.trim()).trim().to_owned());
            all.filter(|item| !item.is_empty()).collect()
        };
        texts.iter().map(items).collect()
    }

    /// The bytes of a binary value: base64 or a `data:` address. `None` if it is none or damaged.
    pub(super) fn binary(&self) -> Option<(Option<String>, Vec<u8>)> {
        let plain = self.plain();
        if let Some(data) =
            plain.get(..5).filter(|start| start.eq_ignore_ascii_case("data:")).and_then(|_| plain.get(5..))
        {
            let (head, body) = data.split_once(',')?;
            let mut words = head.split(';');
            let media_type = words.next().filter(|media_type| media_type.contains('/')).map(str::to_lowercase);
            return words
                .any(|word| word.eq_ignore_ascii_case("base64"))
                .then(|| base64(body).map(|bytes| (media_type, bytes)))?;
        }
        if self.is_base64() { base64(&plain).map(|bytes| (None, bytes)) } else { None }
    }

    /// Whether the value holds bytes that are no text in its encoding.
    pub(super) fn damaged(&self) -> bool {
        let may_be = !self.raw.is_ascii() || self.is_quoted_printable();
        may_be && self.plain().contains(char::REPLACEMENT_CHARACTER)
    }

    /// Number of bytes of the value as it stands.
    pub(super) fn raw_length(&self) -> usize {
        self.raw.len()
    }

    /// Bytes as text: out of quoted-printable, then in the encoding that fits. What is sound UTF-8 is UTF-8 whatever the card
    /// says; a card that says UTF-8 and mostly is it keeps a mark where it is not.
    fn decoded(&self, raw: &[u8]) -> String {
        let bytes = if self.is_quoted_printable() { unquote(raw) } else { raw.to_vec() };
        let text = match (std::str::from_utf8(&bytes), self.param_text("CHARSET").and_then(Encoding::by_name)) {
            (Ok(text), _) => text.to_owned(),
            (Err(_), Some(Encoding::Utf8)) => {
                let lossy = String::from_utf8_lossy(&bytes);
                let marks = lossy.chars().filter(|letter| *letter == char::REPLACEMENT_CHARACTER).count();
                let wide = lossy.chars().filter(|letter| !letter.is_ascii()).count();
                if wide > marks * 2 { lossy.into_owned() } else { decode_guessing(&bytes) }
            }
            (Err(_), Some(encoding)) => decode(&bytes, encoding).0,
            (Err(_), None) => decode_guessing(&bytes),
        };
        // One kind of line break, and no control characters, which no field takes.
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let foreign = |letter: char| letter.is_control() && letter != '\n' && letter != '\t';
        if text.contains(foreign) { text.replace(foreign, " ") } else { text }
    }
}

/// Place of the colon behind the parameters: outside quotation marks, or simply the first if those do not fit.
fn colon(bytes: &[u8]) -> Option<usize> {
    let mut quoted = false;
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b':' if !quoted => return Some(at),
            _ => {}
        }
    }
    bytes.iter().position(|byte| *byte == b':')
}

/// A parameter: `TYPE=work,voice`, `TYPE="work,voice"`, or the bare word of vCard 2.1.
fn param(text: &str) -> (String, Vec<String>) {
    let Some((name, values)) = text.split_once('=') else {
        let word = text.trim().trim_matches('"').to_owned();
        let name = match word.to_ascii_uppercase().as_str() {
            "QUOTED-PRINTABLE" | "BASE64" | "B" | "8BIT" | "7BIT" => "ENCODING",
            "INLINE" | "URL" | "CONTENT-ID" | "CID" => "VALUE",
            "UTF-8" | "ISO-8859-1" | "WINDOWS-1252" => "CHARSET",
            _ => "TYPE",
        };
        return (name.into(), vec![word]);
    };
    let name = name.trim().to_ascii_uppercase();
    let mut all = Vec::new();
    for value in split_outside_quotes(values, ',') {
        let value = value.trim().trim_matches('"');
        let value = value.replace("^n", "\n").replace("^'", "\"").replace("^^", "^");
        if name == "TYPE" {
            all.extend(value.split(',').map(|one| one.trim().to_owned()));
        } else {
            all.push(value);
        }
    }
    (name, all)
}

fn split_outside_quotes(text: &str, at: char) -> Vec<&str> {
    let mut quoted = false;
    // Quotation marks that do not pair are letters like others.
    let pairs = text.matches('"').count().is_multiple_of(2);
    text.split(move |letter| {
        if letter == '"' && pairs {
            quoted = !quoted;
        }
        letter == at && !quoted
    })
    .collect()
}

/// Splits at a separator before which no backslash stands.
fn split_bytes(bytes: &[u8], at: u8) -> Vec<&[u8]> {
    let mut escaped = false;
    bytes
        .split(|byte| {
            let here = *byte == at && !escaped;
            escaped = *byte == b'\\' && !escaped;
            here
        })
        .collect()
}

fn split_text(text: &str, at: char) -> Vec<String> {
    let mut escaped = false;
    text.split(|letter| {
        let here = letter == at && !escaped;
        escaped = letter == '\\' && !escaped;
        here
    })
    .map(str::to_owned)
    .collect()
}

/// Resolves `\n`, `\,`, `\;`, `\\` and, as Gmail and Apple write them, `\:` and `\"`. Another backslash is one.
fn unescape(text: &str) -> String {
    if !text.contains('\\') {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            out.push(letter);
            continue;
        }
        match letters.peek() {
            Some('n' | 'N') => out.push('\n'),
            Some(kept @ (',' | ';' | ':' | '\\' | '"')) => out.push(*kept),
            _ => {
                out.push('\\');
                continue;
            }
        }
        letters.next();
    }
    out
}

/// Out of quoted-printable; what is no escape stays as it is.
fn unquote(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        if *byte == b'='
            && let Some(value) = after.get(..2).and_then(hex)
        {
            out.push(value);
            rest = after.get(2..).unwrap_or_default();
            continue;
        }
        out.push(*byte);
    }
    out
}

fn hex(two: &[u8]) -> Option<u8> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    match two {
        [high, low] => Some(digit(high)? << 4 | digit(low)?),
        _ => None,
    }
}

/// Base64 with line breaks, of either alphabet, padded or not. More than a few foreign letters are no base64.
fn base64(text: &str) -> Option<Vec<u8>> {
    let mut letters: Vec<u8> = Vec::with_capacity(text.len());
    let mut foreign = 0_usize;
    for byte in text.bytes() {
        match byte {
            b'-' => letters.push(b'+'),
            b'_' => letters.push(b'/'),
            byte if byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/' => letters.push(byte),
            byte if byte.is_ascii_whitespace() || byte == b'=' => {}
            _ => foreign += 1,
        }
    }
    if letters.is_empty() || foreign > 2 {
        return None;
    }
    if letters.len() % 4 == 1 {
        letters.pop();
    }
    let mut specification = data_encoding::BASE64_NOPAD.specification();
    specification.check_trailing_bits = false;
    specification.encoding().ok()?.decode(&letters).ok()
}
