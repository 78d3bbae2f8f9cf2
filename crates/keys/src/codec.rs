//! Bytes as text that a person can read and type, and reading fields off the front of stored bytes.
use crate::random::stop;
use data_encoding::{Encoding, Specification};
use std::sync::LazyLock;
use zeroize::Zeroizing;

/// Crockford's base 32, lower case, exact: one text per value.
pub(crate) static LOWER: LazyLock<Encoding> = LazyLock::new(|| build("0123456789abcdefghjkmnpqrstvwxyz", None));

/// Crockford's base 32, upper case when written; lower case, `O` for zero, `I` and `L` for one accepted when read.
pub(crate) static TYPED: LazyLock<Encoding> = LazyLock::new(|| {
    let translate = ("abcdefghjkmnpqrstvwxyzoOiIlL", "ABCDEFGHJKMNPQRSTVWXYZ001111");
    build("0123456789ABCDEFGHJKMNPQRSTVWXYZ", Some(translate))
});

fn build(symbols: &str, translate: Option<(&str, &str)>) -> Encoding {
    let mut specification = Specification::new();
    specification.symbols.push_str(symbols);
    if let Some((from, to)) = translate {
        specification.translate.from.push_str(from);
        specification.translate.to.push_str(to);
    }
    match specification.encoding() {
        Ok(encoding) => encoding,
        Err(_) => stop("the alphabet of base 32 is not one"), // both alphabets are constants; a test builds them
    }
}

/// Text of secret bytes, zeroed when dropped.
pub(crate) fn secret_text(encoding: &Encoding, bytes: &[u8]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(encoding.encode_len(bytes.len())));
    encoding.encode_append(bytes, &mut text);
    text
}

/// Bytes of a secret text, zeroed when dropped; `None` if it is not exactly such a text.
pub(crate) fn secret_bytes(encoding: &Encoding, text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(vec![0; encoding.decode_len(text.len()).ok()?]);
    let length = encoding.decode_mut(text, &mut bytes).ok()?;
    bytes.truncate(length);
    Some(bytes)
}

/// Reads fields off the front of stored bytes.
pub(crate) struct Fields<'a>(pub(crate) &'a [u8]);

impl<'a> Fields<'a> {
    pub(crate) fn take<const N: usize>(&mut self) -> Option<&'a [u8; N]> {
        let (field, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(field)
    }
    pub(crate) fn byte(&mut self) -> Option<u8> {
        self.take::<1>().map(|[byte]| *byte)
    }
    pub(crate) fn u16(&mut self) -> Option<u16> {
        self.take().copied().map(u16::from_be_bytes)
    }
    pub(crate) fn u32(&mut self) -> Option<u32> {
        self.take().copied().map(u32::from_be_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_text_is_forgiving_and_stored_text_is_exact() {
        let bytes = [1, 0, 255, 31, 32];
        let text = secret_text(&TYPED, &bytes);
        assert_eq!(
            *secret_bytes(&TYPED, text.to_lowercase().replace('0', "o").replace('1', "l").as_bytes()).unwrap(),
            bytes
        );
        assert_eq!(*secret_bytes(&LOWER, text.to_lowercase().as_bytes()).unwrap(), bytes);
        assert!(secret_bytes(&LOWER, text.as_bytes()).is_none());
        assert!(secret_bytes(&TYPED, b"UUUUUUUU").is_none());
    }
}
