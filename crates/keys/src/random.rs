//! Random bytes from the operating system's generator, and the one way to stop when it fails.
use base::Id;
use std::io::Write as _;

/// `N` bytes from the operating system's generator (through AWS-LC's).
///
/// If the generator fails the process ends: no key, no service.
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    fill(&mut bytes);
    bytes
}

/// A new identifier of any kind: 128 random bits.
pub fn random_id<K>() -> Id<K> {
    Id::from_bytes(random_bytes())
}

pub(crate) fn fill(bytes: &mut [u8]) {
    if aws_lc_rs::rand::fill(bytes).is_err() {
        stop("the operating system's random generator failed");
    }
}

/// Ends the process where going on would mean an unsealed value or a predictable key.
///
/// Only for failures of the cryptographic library that its documentation rules out for the given input; a request
/// handler that caught a panic and went on would be worse than no service.
pub(crate) fn stop(what: &str) -> ! {
    let mut standard_error = std::io::stderr().lock();
    let _ = writeln!(standard_error, "obhut stops: {what}. Nothing was written.");
    std::process::abort()
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::{RecordId, TenantId};

    #[test]
    fn ids_differ() {
        let first: RecordId = random_id();
        let second: RecordId = random_id();
        assert_ne!(first, second);
        let _: TenantId = random_id();
        assert_ne!(random_bytes::<32>(), [0; 32]);
    }
}
