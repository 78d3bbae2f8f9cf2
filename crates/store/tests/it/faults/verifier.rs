//! A stranger's verifier: what somebody writes who has only `docs/journal.md`, RFC 6962 and the printed proof. It shares no code with
//! Obhut: another SHA-256, another Ed25519, another Base64, its own Merkle tree.
use ed25519_dalek::{Signature, VerifyingKey};
use serde_json::Value;
use sha2::{Digest, Sha256};

type Hash = [u8; 32];

fn sha(parts: &[&[u8]]) -> Hash {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().into()
}

fn node(left: &Hash, right: &Hash) -> Hash {
    sha(&[&[1], left, right])
}

fn unhex(text: &str) -> Option<Hash> {
    let bytes: Option<Vec<u8>> =
        (0..text.len() / 2).map(|at| u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()).collect();
    bytes?.try_into().ok()
}

fn unbase64(text: &str) -> Option<Vec<u8>> {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bytes, mut bits, mut count) = (Vec::new(), 0_u32, 0);
    for letter in text.trim_end_matches('=').bytes() {
        let value = LETTERS.iter().position(|known| *known == letter)?;
        bits = (bits << 6 | u32::try_from(value).ok()?) & 0xff_ffff;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).ok()?);
        }
    }
    Some(bytes)
}

/// RFC 9162, 2.1.3.2: the root that leaf and path give, if the path has the right length.
fn root_of(leaf: Hash, index: u64, size: u64, path: &[Hash]) -> Option<Hash> {
    if index >= size {
        return None;
    }
    let (mut at, mut last, mut root) = (index, size - 1, leaf);
    for sibling in path {
        if last == 0 {
            return None;
        }
        if at % 2 == 1 || at == last {
            root = node(sibling, &root);
            while at % 2 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            root = node(&root, sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    (last == 0).then_some(root)
}

/// RFC 9162, 2.1.4.2: whether the tree of `old` leaves is the beginning of the one of `new`.
fn continues(old: u64, old_root: Hash, new: u64, new_root: Hash, path: &[Hash]) -> bool {
    if old == 0 || old == new {
        return path.is_empty() && (old == 0 || old_root == new_root);
    }
    let mut path: std::collections::VecDeque<Hash> = path.iter().copied().collect();
    if old.is_power_of_two() {
        path.push_front(old_root);
    }
    let (mut at, mut last) = (old - 1, new - 1);
    while at % 2 == 1 {
        at >>= 1;
        last >>= 1;
    }
    let Some(first) = path.pop_front() else { return false };
    let (mut from, mut to) = (first, first);
    for hash in path {
        if last == 0 {
            return false;
        }
        if at % 2 == 1 || at == last {
            from = node(&hash, &from);
            to = node(&hash, &to);
            while at % 2 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            to = node(&to, &hash);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && from == old_root && to == new_root
}

/// The root of a checkpoint of that size, if the note is signed by that key.
fn signed_root(note: &str, key: &str, size: u64) -> Option<Hash> {
    let (text, signatures) = note.split_at(note.find("\n\n")? + 1);
    let mut lines = text.lines();
    let name = lines.next()?;
    if lines.next()?.parse() != Ok(size) {
        return None;
    }
    let root: Hash = unbase64(lines.next()?)?.try_into().ok()?;
    let key = unhex(key)?;
    let signature =
        signatures.trim_start_matches('\n').lines().find_map(|line| line.strip_prefix(&format!("— {name} ")))?;
    let signature = unbase64(signature)?;
    let id = sha(&[name.as_bytes(), b"\n\x01", &key]);
    if signature.get(..4)? != id.get(..4)? {
        return None;
    }
    let signature = Signature::from_slice(signature.get(4..)?).ok()?;
    VerifyingKey::from_bytes(&key).ok()?.verify_strict(text.as_bytes(), &signature).ok()?;
    Some(root)
}

/// Whether a printed proof holds, with what it says of consistency.
pub fn holds(proof: &Value) -> bool {
    check(proof) == Some(true)
}

fn hashes(list: &Value) -> Option<Vec<Hash>> {
    list.as_array()?.iter().map(|hash| unhex(hash.as_str()?)).collect()
}

fn check(proof: &Value) -> Option<bool> {
    let (seq, size) = (proof["seq"].as_u64()?, proof["size"].as_u64()?);
    let root = signed_root(proof["checkpoint"].as_str()?, proof["verify_key"].as_str()?, size)?;
    let leaf = unhex(proof["leaf"].as_str()?)?;
    if let Some(body) = proof["body"].as_str() {
        let body = unbase64(body)?;
        // The entry says its own number: bytes 1 to 9.
        if sha(&[&[0], &body]) != leaf || body.get(1..9)? != seq.to_be_bytes() {
            return Some(false);
        }
    }
    if root_of(leaf, seq, size, &hashes(&proof["path"])?) != Some(root) {
        return Some(false);
    }
    let Some(consistency) = proof.get("consistency") else { return Some(true) };
    let old = consistency["from"].as_u64()?;
    Some(continues(old, unhex(consistency["from_root"].as_str()?)?, size, root, &hashes(&consistency["path"])?))
}
