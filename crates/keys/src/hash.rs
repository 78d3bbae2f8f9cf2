//! SHA-256.
use crate::random::stop;
use aws_lc_rs::digest::{Context, Digest, SHA256, digest};

/// The SHA-256 of the parts, one after another. The borders between parts leave no trace: frame them where that matters.
pub fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    // In one go where that is possible: beginning and ending a hash of several steps costs as much as a short input.
    let mut short = [0; SHORT];
    if let [whole] = parts {
        return bytes(&digest(&SHA256, whole));
    }
    let mut length = 0;
    for part in parts {
        match short.get_mut(length..length + part.len()) {
            Some(place) => place.copy_from_slice(part),
            None => return in_steps(parts),
        }
        length += part.len();
    }
    bytes(&digest(&SHA256, short.get(..length).unwrap_or_default()))
}

/// Inputs of several parts up to so many bytes are put together first.
const SHORT: usize = 1_024;

fn in_steps(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(part);
    }
    bytes(&context.finish())
}

fn bytes(digest: &Digest) -> [u8; 32] {
    match digest.as_ref().try_into() {
        Ok(hash) => hash,
        Err(_) => stop("SHA-256 gave no 32 bytes"),
    }
}

/// The first `N` bytes of it, for checks that only have to find accidents. `N` is at most 32.
pub(crate) fn sha256_prefix<const N: usize>(parts: &[&[u8]]) -> [u8; N] {
    let mut prefix = [0; N];
    for (slot, byte) in prefix.iter_mut().zip(sha256(parts)) {
        *slot = byte;
    }
    prefix
}

#[cfg(test)]
mod tests {
    use super::*;
    use data_encoding::HEXLOWER;

    #[test]
    fn fips_180_example() {
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(HEXLOWER.encode(&sha256(&[b"abc"])), expected);
        assert_eq!(HEXLOWER.encode(&sha256(&[b"a", b"", b"bc"])), expected);
    }

    #[test]
    fn every_way_to_the_same_hash() {
        let text: Vec<u8> = (0..4 * SHORT).map(|number| u8::try_from(number % 251).unwrap()).collect();
        for length in [0, 1, 63, 64, SHORT - 1, SHORT, SHORT + 1, 4 * SHORT] {
            let whole = &text[..length];
            let (left, right) = whole.split_at(length / 3);
            let expected = in_steps(&[whole]);
            assert_eq!(sha256(&[whole]), expected, "{length}");
            assert_eq!(sha256(&[left, right]), expected, "{length}");
        }
    }
}
