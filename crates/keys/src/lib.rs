//! All cryptography of Obhut: keys and what wraps them, sealing, password hashes, the journal's tree, signatures.
//!
//! This is the only crate that uses cryptographic libraries, and it has no primitive of its own: AES-256-GCM, AES-256-GCM-SIV, SHA-256,
//! HMAC, HKDF and Ed25519 come from AWS-LC (`aws-lc-rs`), Argon2id from `argon2`. What stands here is which key seals
//! what, in which bytes, and what happens when they do not fit.
//!
//! Promises (design, *Keys*, *Key units*, *Sealed parts*, *Journal*; O-23, O-37, T-136, H-21, H-22):
//!
//! * Key material is zeroed when it is dropped and stands in no `Debug`, no `Display` and no error.
//! * Whatever was altered, cut, reordered or sealed with another key is an error, never a wrong value.
//! * A wrong master key is told apart from damage, and nothing is changed by either.
//! * Random bytes come from the operating system's generator, never from a test's dice.
//!
//! The keys, from the outside in: the [`MasterKey`] wraps a tenant's root; the root wraps the numbered keys of the
//! [`KeyRing`]; the ring's [`WrapKey`] wraps one [`UnitKey`] per key unit; a unit key seals parts and [`blob`]s. All are
//! random; none is derived from another, so each can be rotated or destroyed by itself.

mod aead;
pub mod blob;
mod codec;
mod error;
mod file;
mod harden;
mod hash;
mod kit;
mod mac;
mod master;
#[cfg(test)]
#[cfg(target_os = "linux")]
mod memory_tests;
pub mod merkle;
pub mod note;
mod page;
pub mod password;
mod random;
mod ring;
mod secret;
mod sign;
mod text;
pub mod token;
mod unit;
mod wrap;

pub use error::{Error, Result};
pub use file::{destroy_file, file_mode_is_private, write_private};
pub use harden::harden_process;
pub use hash::sha256;
pub use kit::Kit;
pub use mac::MacKey;
pub use master::MasterKey;
pub use page::{BackupPassword, PageKey};
pub use random::{random_bytes, random_id};
pub use ring::{KeyRing, Pages, Purpose};
pub use sign::{Signer, VerifyKey};
pub use text::{SEALED_TEXT_OVERHEAD, TextKey};
pub use unit::{SEALED_OVERHEAD, UnitKey, WRAPPED_UNIT_LEN, sealed_unit};
pub use wrap::WrapKey;
