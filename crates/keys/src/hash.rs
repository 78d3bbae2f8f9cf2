//! SHA-256.
use crate::random::stop;
use aws_lc_rs::digest::{Context, SHA256};

/// The SHA-256 of the parts, one after another. The borders between parts leave no trace: frame them where that matters.
pub fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(part);
    }
    match context.finish().as_ref().try_into() {
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
}
