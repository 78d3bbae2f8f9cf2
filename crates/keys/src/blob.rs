//! Sealed files: a stream that is written and read in pieces and opens whole or is an error. Format 1.
//!
//! What a stranger needs to write a reader (numbers are big-endian, `‖` joins bytes):
//!
//! | offset | length | what |
//! |---|---|---|
//! | 0 | 1 | format: 1 |
//! | 1 | 1 | algorithm: 1 (AES-256-GCM, HKDF-SHA256) |
//! | 2 | 16 | unit id: whose key opens it |
//! | 18 | 32 | salt, random for each blob |
//! | 50 | 4 | chunk size: 65,536 |
//! | 54 | | chunks |
//!
//! The 54 bytes are the *header*. HKDF-SHA256 (RFC 5869) with the salt, the unit's 32-byte key as input and the info
//! `obhut blob v1\0` ‖ header gives 39 bytes: the blob's own AES-256-GCM key (32) and a nonce prefix (7). The plaintext is cut
//! into chunks of 65,536 bytes; the last holds the rest, from 1 to 65,536 bytes, or 0 if the whole plaintext is empty. Each chunk
//! is stored as ciphertext ‖ tag (16), without a length between them. The nonce of a chunk is prefix (7) ‖ index from 0 (4) ‖
//! 1 for the last chunk and 0 for the others (1): the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár 2015), which
//! notices chunks that were altered, swapped, repeated, left out or appended, and an end that was cut off. The associated
//! data of every chunk is what the caller gives (tenant, record, name of the file), and must be given again to read.
//!
//! A blob holds at most 2^32 chunks (256 TiB).

mod read;
#[cfg(test)]
mod tests;
mod write;

pub use read::BlobReader;
pub use write::BlobWriter;

use crate::aead::{Cipher, NONCE_LEN};
use crate::codec::Fields;
use crate::random::{random_bytes, stop};
use crate::secret::Secret;
use crate::{Error, Result, UnitKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use base::UnitId;
use std::io::{self, Read};
use zeroize::Zeroizing;

/// How much plaintext a chunk holds, in bytes.
pub const CHUNK_SIZE: usize = 65_536;
/// How long a header is, in bytes.
pub const HEADER_LEN: usize = 54;

const FORMAT: u8 = 1;
const ALGORITHM: u8 = 1;
const WHAT: &str = "The sealed file";

/// The first bytes of a blob: they say whose key it needs. Proven only when the first chunk opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header([u8; HEADER_LEN]);

impl Header {
    /// Reads the header and leaves the reader at the first chunk.
    pub fn read(from: &mut impl Read) -> Result<Self> {
        let mut bytes = [0; HEADER_LEN];
        from.read_exact(&mut bytes).map_err(|source| match source.kind() {
            io::ErrorKind::UnexpectedEof => Error::Damaged { what: WHAT },
            _ => Error::Io { action: "read", path: "the sealed file".into(), source },
        })?;
        let mut fields = Fields(&bytes);
        match (fields.byte(), fields.byte()) {
            (Some(FORMAT), Some(ALGORITHM)) => {}
            (Some(FORMAT), Some(found)) | (Some(found), _) => return Err(Error::Format { what: WHAT, found }),
            (None, _) => return Err(Error::Damaged { what: WHAT }),
        }
        let _unit_and_salt = fields.take::<48>();
        if fields.u32().and_then(|size| usize::try_from(size).ok()) != Some(CHUNK_SIZE) {
            return Err(Error::Damaged { what: WHAT });
        }
        Ok(Self(bytes))
    }

    /// The unit whose key opens the blob.
    pub fn unit(&self) -> UnitId {
        let mut fields = Fields(&self.0);
        let _format_and_algorithm = fields.take::<2>();
        UnitId::from_bytes(fields.take().copied().unwrap_or_default())
    }

    fn create(unit: UnitId) -> Self {
        let mut bytes = [0; HEADER_LEN];
        let salt = random_bytes::<32>();
        let size = u32::try_from(CHUNK_SIZE).unwrap_or_default().to_be_bytes();
        let fields = [FORMAT, ALGORITHM].into_iter().chain(*unit.bytes()).chain(salt).chain(size);
        for (slot, byte) in bytes.iter_mut().zip(fields) {
            *slot = byte;
        }
        Self(bytes)
    }

    fn salt(&self) -> &[u8; 32] {
        match self.0.split_at_checked(18).and_then(|(_, rest)| rest.first_chunk()) {
            Some(salt) => salt,
            None => stop("the header of a sealed file has no salt"),
        }
    }
}

/// The key, the nonces and the associated data of one blob.
struct Stream {
    cipher: Cipher,
    prefix: [u8; 7],
    /// Index of the next chunk; `None` after the 2^32nd.
    next: Option<u32>,
    aad: Vec<u8>,
}

struct Length(usize);
impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

impl Stream {
    fn new(key: &UnitKey, header: &Header, aad: &[u8]) -> Self {
        let mut derived = Zeroizing::new([0_u8; 39]);
        let filled = Salt::new(HKDF_SHA256, header.salt())
            .extract(key.secret().bytes())
            .expand(&[b"obhut blob v1\0", &header.0], Length(derived.len()))
            .and_then(|output| output.fill(derived.as_mut_slice()));
        let parts = derived.split_last_chunk::<7>().and_then(|(key, prefix)| Some((Secret::copy_of(key)?, *prefix)));
        match (filled, parts) {
            (Ok(()), Some((key, prefix))) => {
                Self { cipher: Cipher::new(&key), prefix, next: Some(0), aad: aad.to_vec() }
            }
            _ => stop("HKDF-SHA256 could not derive the key of a sealed file"),
        }
    }

    /// The nonce of the next chunk; an error if the blob has as many chunks as it can.
    fn nonce(&mut self, last: bool) -> Option<[u8; NONCE_LEN]> {
        let index = self.next?;
        self.next = index.checked_add(1);
        let mut nonce = [0; NONCE_LEN];
        let fields = self.prefix.into_iter().chain(index.to_be_bytes()).chain([u8::from(last)]);
        for (slot, byte) in nonce.iter_mut().zip(fields) {
            *slot = byte;
        }
        Some(nonce)
    }
}
