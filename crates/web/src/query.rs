//! Query strings and forms: pairs in their order, read strictly. A parameter that no route knows is an error, never ignored (interface.md).
use crate::fail::Failure;

/// Most pairs of a query string or form; a form of 200 fields with 50 items each stays below.
const MAX_PAIRS: usize = 20_000;

/// Names and values, decoded, in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pairs(pub Vec<(String, String)>);

impl Pairs {
    /// Reads `a=b&c=d`. What is not UTF-8 or a broken `%` sequence is refused.
    pub fn read(raw: &str) -> Result<Self, Failure> {
        let mut pairs = Vec::new();
        for piece in raw.split('&').filter(|piece| !piece.is_empty()) {
            if pairs.len() == MAX_PAIRS {
                return Err(Failure::bad_request("too_many_parameters", ""));
            }
            let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
            let decoded = decode(name).zip(decode(value)).ok_or_else(|| Failure::bad_request("bad_encoding", ""))?;
            pairs.push(decoded);
        }
        Ok(Self(pairs))
    }
    /// The first value of a name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
    /// The first value of a name unless it is empty.
    pub fn filled(&self, name: &str) -> Option<&str> {
        self.get(name).map(str::trim).filter(|value| !value.is_empty())
    }
    /// Refuses names that are not in `known`, and names that stand twice.
    pub fn only(&self, known: &[&str]) -> Result<(), Failure> {
        for (place, (name, _)) in self.0.iter().enumerate() {
            if !known.contains(&name.as_str()) {
                return Err(Failure::bad_request("unknown_parameter", name));
            }
            if self.0.iter().take(place).any(|(other, _)| other == name) {
                return Err(Failure::bad_request("repeated_parameter", name));
            }
        }
        Ok(())
    }
}

fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
                let value = digit(rest.next())? * 16 + digit(rest.next())?;
                u8::try_from(value).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok().filter(|text| !text.contains('\0'))
}

/// Writes a text so that it can stand in a query string or a path.
pub fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            for digit in [byte >> 4, byte & 15] {
                out.push(char::from_digit(u32::from(digit), 16).unwrap_or('0').to_ascii_uppercase());
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_decoded_in_order() {
        let pairs = Pairs::read("q=M%C3%BCller+%26+Co&filter%5Bkind%5D=person&x").unwrap();
        assert_eq!(pairs.get("q"), Some("Müller & Co"));
        assert_eq!(pairs.get("filter[kind]"), Some("person"));
        assert_eq!(pairs.get("x"), Some(""));
        for bad in ["a=%", "a=%4", "a=%zz", "a=%ff", "%00=1"] {
            assert!(Pairs::read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_encoded_is_decoded() {
        let text = "a b&c=ü/%+\u{1F600}";
        assert_eq!(decode(&encode(text)).as_deref(), Some(text));
    }

    #[test]
    fn unknown_and_repeated_names_are_refused() {
        assert!(Pairs::read("limit=1&q=x").unwrap().only(&["limit", "q"]).is_ok());
        assert!(Pairs::read("limits=1").unwrap().only(&["limit"]).is_err());
        assert!(Pairs::read("limit=1&limit=2").unwrap().only(&["limit"]).is_err());
    }
}
