//! Password hashes: Argon2id with 19 MiB, two passes, one lane (OWASP's first choice), as PHC strings (O-37, T-136, H-21, H-22).
//!
//! Every hash has a random salt of 16 bytes of its own. The 19 MiB that Argon2 works in are zeroed afterwards. A hash takes
//! about 20 ms of a core: whoever lets strangers in limits how many run at once.
use crate::random::{random_bytes, stop};
use crate::secret::same;
use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{ARGON2ID_IDENT, Algorithm, Argon2, Block, Params, Version};
use zeroize::Zeroizing;

/// Memory in KiB.
const MEMORY_KIB: u32 = 19_456;
/// Passes over the memory.
const PASSES: u32 = 2;
/// Lanes; computed one after another.
const LANES: u32 = 1;
const OUTPUT_LEN: usize = 32;
/// What a stored hash may ask for at most: a damaged one must not take all memory.
const MOST_MEMORY_KIB: u32 = 1 << 18;
const MOST_PASSES: u32 = 32;
const MOST_LANES: u32 = 16;

/// The longest password that is hashed, in bytes; a longer one never verifies. Policy ends far below (128 characters).
pub const MAX_LEN: usize = 4096;

/// The PHC string of a password, with a salt of its own: `$argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>`.
///
/// Everything beyond [`MAX_LEN`] bytes makes a hash that nothing verifies against; the caller's policy refuses it before.
pub fn hash(password: &str) -> String {
    let salt = random_bytes::<16>();
    let params = params();
    let output = derive(password, &salt, params.clone(), OUTPUT_LEN);
    let parts = output.and_then(|output| {
        Some(PasswordHash {
            algorithm: ARGON2ID_IDENT,
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(&params).ok()?,
            salt: Some(Salt::new(&salt).ok()?),
            hash: Some(Output::new(&output).ok()?),
        })
    });
    match parts {
        Some(phc) => phc.to_string(),
        None => stop("Argon2id could not hash"),
    }
}

/// Whether the password is the one that the PHC string was made from; in a time that does not depend on either.
///
/// A string that cannot be read, is of another algorithm or asks for more than 256 MiB verifies nothing, and costs the same.
#[must_use]
pub fn verify(password: &str, phc: &str) -> bool {
    let Some(stored) = Stored::read(phc) else {
        verify_nothing(password);
        return false;
    };
    let computed = derive(password, &stored.salt, stored.params, stored.output.len());
    computed.is_some_and(|computed| same(&computed, &stored.output)) && password.len() <= MAX_LEN
}

/// Costs what [`verify`] costs: for a user that does not exist or has no password, so that time does not tell (O-37).
pub fn verify_nothing(password: &str) {
    let computed = derive(password, &[0; 16], params(), OUTPUT_LEN);
    let _ = std::hint::black_box(computed);
}

/// Whether the PHC string is weaker than what [`hash`] makes today or cannot be read: hash the password anew at the next
/// sign-in.
#[must_use]
pub fn needs_upgrade(phc: &str) -> bool {
    Stored::read(phc).is_none_or(|stored| {
        stored.params.m_cost() < MEMORY_KIB
            || stored.params.t_cost() < PASSES
            || stored.salt.len() < 16
            || stored.output.len() < OUTPUT_LEN
    })
}

struct Stored {
    params: Params,
    salt: Vec<u8>,
    output: Vec<u8>,
}

impl Stored {
    fn read(phc: &str) -> Option<Self> {
        let parsed = PasswordHash::new(phc).ok()?;
        let params = Params::try_from(&parsed).ok()?;
        let bounded =
            params.m_cost() <= MOST_MEMORY_KIB && params.t_cost() <= MOST_PASSES && params.p_cost() <= MOST_LANES;
        let known = parsed.algorithm == ARGON2ID_IDENT && parsed.version == Some(Version::V0x13.into());
        (bounded && known).then_some(())?;
        Some(Self { params, salt: parsed.salt?.to_vec(), output: parsed.hash?.as_bytes().to_vec() })
    }
}

fn params() -> Params {
    match Params::new(MEMORY_KIB, PASSES, LANES, Some(OUTPUT_LEN)) {
        Ok(params) => params,
        Err(_) => stop("Argon2id took no parameters"),
    }
}

fn derive(password: &str, salt: &[u8], params: Params, length: usize) -> Option<Zeroizing<Vec<u8>>> {
    // Cut, not refused here: a refusal would be quicker than a hash.
    let bytes = password.as_bytes().get(..MAX_LEN).unwrap_or(password.as_bytes());
    let mut memory = Zeroizing::new(vec![Block::default(); params.block_count()]);
    let mut output = Zeroizing::new(vec![0; length]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into_with_memory(bytes, salt, &mut output, memory.as_mut_slice())
        .ok()?;
    Some(output)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_verifies_and_another_does_not() {
        let phc = hash("Geheim-12345");
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        assert!(verify("Geheim-12345", &phc));
        assert!(!verify("Geheim-12346", &phc));
        assert!(!verify("", &phc));
        assert!(!needs_upgrade(&phc));
    }

    #[test]
    fn salts_differ() {
        let (first, second) = (hash("same"), hash("same"));
        let salt = |phc: &str| phc.split('$').nth(4).unwrap().to_owned();
        assert_ne!(salt(&first), salt(&second));
        assert_eq!(salt(&first).len(), 22); // 16 bytes
    }

    /// Made with the reference implementation (`argon2` of P-H-C, `echo -n password | argon2 somesalt -id -t 2 -m 16 -p 1`).
    #[test]
    fn the_reference_implementation_agrees() {
        let phc = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
        assert!(verify("password", phc));
        assert!(!verify("Password", phc));
        assert!(needs_upgrade(phc), "the salt is shorter than 16 bytes");
    }

    #[test]
    fn weak_or_strange_hashes_are_upgraded_and_verify_nothing_when_unreadable() {
        let weak = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
        assert!(needs_upgrade(weak));
        assert!(verify("password", weak));
        for strange in [
            "",
            "password",
            "$2b$12$KIXQ4S0rQ5Xn8Yh1v3Ww5uO0bO7mXo0r2m9H1kq6o8b1zv1b2c3d4",
            "$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
            "$argon2id$v=19$m=4194304,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
            "$argon2id$v=19$m=256,t=4294967295,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
            "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ",
        ] {
            assert!(needs_upgrade(strange), "{strange}");
            assert!(!verify("password", strange), "{strange}");
        }
    }

    #[test]
    fn a_password_beyond_the_limit_never_verifies() {
        let long = "x".repeat(MAX_LEN + 1);
        assert!(!verify(&long, &hash(&long)));
        assert!(!verify(&long, &hash(&long[..MAX_LEN])));
        let longest = "x".repeat(MAX_LEN);
        assert!(verify(&longest, &hash(&longest)));
    }

    #[test]
    fn every_altered_hash_is_refused() {
        let phc = hash("Geheim-12345");
        let (head, tail) = phc.rsplit_once('$').unwrap();
        for place in [0, tail.len() / 2, tail.len() - 2] {
            let mut bytes = tail.as_bytes().to_vec();
            bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
            assert!(!verify("Geheim-12345", &format!("{head}${}", String::from_utf8(bytes).unwrap())));
        }
    }
}
