//! The file `root` opens whole, with its own keys, for its own tenant; a wrong key and damage are told apart.
use super::*;
use crate::file::tests::Folder;
use crate::{random_bytes, random_id, sha256};
use base::{Kind, Kinded as _};
use proptest::prelude::*;

fn same_keys(left: &KeyRing, right: &KeyRing) -> bool {
    left.root.equals(&right.root)
        && left.root_number == right.root_number
        && Purpose::ALL.into_iter().all(|purpose| {
            let (left, right) = (left.slot(purpose).secrets(), right.slot(purpose).secrets());
            left.len() == right.len() && left.iter().zip(&right).all(|(l, r)| l.0 == r.0 && l.1.equals(r.1))
        })
}

#[test]
fn written_and_read_back() {
    let folder = Folder::new();
    let path = folder.0.join("root");
    let master = MasterKey::generate();
    let mut ring = KeyRing::create(random_id());
    ring.add(Purpose::IndexPages);
    ring.add(Purpose::IndexPages);
    ring.retire(Purpose::IndexPages, 2).unwrap();
    ring.rotate_root();
    ring.write(&path, &master).unwrap();
    let read = KeyRing::read(&path, ring.tenant(), &master).unwrap();
    assert!(same_keys(&ring, &read));
    assert_eq!(read.numbers(Purpose::IndexPages), [3, 1]);
    assert_eq!(read.page_keys(Pages::Index).map(|(number, _)| number).collect::<Vec<_>>(), [3, 1]);
    assert_eq!(read.page_key(Pages::Index).pragma(), ring.page_key(Pages::Index).pragma());
    assert_eq!(read.root_number(), 2);
    assert_eq!(read.mac().mac("a", b"b"), ring.mac().mac("a", b"b"));
    assert_eq!(read.backup_password().expose(), ring.backup_password().expose());
    assert_ne!(ring.to_bytes(&master), ring.to_bytes(&master));
    assert_eq!(ring.to_bytes(&master).len(), 168 + 8 * 65);
}

#[test]
fn all_keys_differ() {
    let ring = KeyRing::create(random_id());
    let mut secrets: Vec<&[u8; 32]> = Purpose::ALL
        .into_iter()
        .flat_map(|purpose| ring.slot(purpose).secrets())
        .map(|(_, secret)| secret.bytes())
        .chain([ring.root.bytes()])
        .collect();
    secrets.sort();
    secrets.dedup();
    assert_eq!(secrets.len(), 8);
}

#[test]
fn a_wrong_master_key_is_told_apart_and_changes_nothing() {
    let folder = Folder::new();
    let path = folder.0.join("root");
    let master = MasterKey::generate();
    let ring = KeyRing::create(random_id());
    ring.write(&path, &master).unwrap();
    let before = std::fs::read(&path).unwrap();
    let error = KeyRing::read(&path, ring.tenant(), &MasterKey::generate()).unwrap_err();
    assert!(matches!(error, Error::WrongKey { key: "The master key" }));
    assert_eq!(error.kind(), Kind::Broken);
    assert!(error.to_string().starts_with("The master key does not fit"));
    assert_eq!(std::fs::read(&path).unwrap(), before);
    let error = KeyRing::read(&path, random_id(), &master).unwrap_err();
    assert!(matches!(error, Error::WrongTenant { .. }));
}

#[test]
fn every_flipped_bit_and_every_truncation_is_damage_with_the_right_and_the_wrong_key() {
    let master = MasterKey::generate();
    let wrong = MasterKey::generate();
    let ring = KeyRing::create(random_id());
    let kit = ring.recovery_kit().text();
    let file = ring.to_bytes(&master);
    let damaged = |bytes: &[u8], place: usize| {
        for key in [&master, &wrong] {
            let error = KeyRing::open(bytes, ring.tenant(), key).unwrap_err();
            assert!(matches!(error, Error::Damaged { what: "The key file" }), "at {place}: {error}");
        }
        let error = KeyRing::from_recovery_kit(&kit, bytes).unwrap_err();
        assert!(matches!(error, Error::Damaged { .. }), "at {place}: {error}");
    };
    for place in 0..file.len() {
        for bit in 0..8 {
            let mut altered = file.clone();
            altered[place] ^= 1 << bit;
            damaged(&altered, place);
        }
        damaged(&file[..place], place);
    }
    damaged(&[file.as_slice(), b"\0"].concat(), file.len());
}

/// Puts a fitting checksum at the end, as an intruder would.
fn resum(body: &[u8]) -> Vec<u8> {
    [body, &sha256(&[body])].concat()
}

#[test]
fn an_intruder_who_mends_the_checksum_gains_nothing() {
    let master = MasterKey::generate();
    let ring = KeyRing::create(random_id());
    let file = ring.to_bytes(&master);
    let body = &file[..file.len() - 32];
    for place in 0..body.len() {
        let mut altered = body.to_vec();
        altered[place] ^= 1;
        assert!(KeyRing::open(&resum(&altered), ring.tenant(), &master).is_err(), "byte {place}");
        assert!(KeyRing::open(&resum(&body[..place]), ring.tenant(), &master).is_err(), "cut at {place}");
    }
    // Swapped keys, a key left out with its count, a key of an older file put in.
    let entry = |index: usize| 108 + 65 * index..108 + 65 * (index + 1);
    let mut swapped = body.to_vec();
    swapped[entry(0)].copy_from_slice(&body[entry(1)]);
    swapped[entry(1)].copy_from_slice(&body[entry(0)]);
    assert!(KeyRing::open(&resum(&swapped), ring.tenant(), &master).is_err());
    let mut rotated = KeyRing::open(&file, ring.tenant(), &master).unwrap();
    rotated.add(Purpose::BackupPassword);
    let longer = rotated.to_bytes(&master);
    let mut shorter = longer[..longer.len() - 32].to_vec();
    shorter.drain(entry(7));
    shorter[107] = 7;
    assert!(KeyRing::open(&resum(&shorter), ring.tenant(), &master).is_err());
    let mut older = body.to_vec();
    older[entry(0)].copy_from_slice(&ring.to_bytes(&master)[entry(0)]);
    assert!(KeyRing::open(&resum(&older), ring.tenant(), &master).is_err());
    assert!(KeyRing::open(&resum(body), ring.tenant(), &master).is_ok());
}

#[test]
fn a_newer_format_is_called_so() {
    let master = MasterKey::generate();
    let ring = KeyRing::create(random_id());
    let file = ring.to_bytes(&master);
    let mut newer = file[..file.len() - 32].to_vec();
    newer[8] = 2;
    let error = KeyRing::open(&resum(&newer), ring.tenant(), &master).unwrap_err();
    assert!(matches!(error, Error::Format { found: 2, .. }), "{error}");
}

#[test]
fn rotation_keeps_the_old_key_until_it_is_retired() {
    for purpose in Purpose::ALL {
        let mut ring = KeyRing::create(random_id());
        assert_eq!(ring.numbers(purpose), [1]);
        assert!(matches!(ring.retire(purpose, 1).unwrap_err(), Error::InUse { number: 1, .. }));
        assert_eq!(ring.add(purpose), 2);
        assert_eq!(ring.numbers(purpose), [2, 1]);
        ring.retire(purpose, 1).unwrap();
        assert!(matches!(ring.retire(purpose, 1).unwrap_err(), Error::NoKey { number: 1, .. }));
        assert_eq!(ring.retire(purpose, 2).unwrap_err().kind(), Kind::Conflict);
        assert_eq!(ring.add(purpose), 3, "a number is never given twice");
        assert_eq!(Purpose::from_code(purpose.code()), Some(purpose));
        assert_eq!(Purpose::named(&purpose.to_string()), Some(purpose));
    }
}

#[test]
fn rotating_the_root_or_the_master_keeps_every_key() {
    let (first, second) = (MasterKey::generate(), MasterKey::generate());
    let mut ring = KeyRing::create(random_id());
    let signs = ring.signer().verify_key();
    let old_root = *ring.root.bytes();
    ring.rotate_root();
    assert_ne!(*ring.root.bytes(), old_root);
    let file = ring.to_bytes(&first);
    let moved = KeyRing::open(&file, ring.tenant(), &first).unwrap().to_bytes(&second);
    assert_eq!(KeyRing::open(&moved, ring.tenant(), &second).unwrap().signer().verify_key(), signs);
    assert!(matches!(KeyRing::open(&moved, ring.tenant(), &first).unwrap_err(), Error::WrongKey { .. }));
}

#[test]
fn no_key_is_shown_or_lies_in_the_file() {
    let master = MasterKey::generate();
    let ring = KeyRing::create(random_id());
    let shown = format!(
        "{ring:?} {ring:#?} {:?} {:?} {:?} {:?} {:?}",
        ring.page_key(Pages::Keys),
        ring.signer(),
        ring.mac(),
        ring.unit_wrap(),
        ring.backup_password()
    );
    let file = ring.to_bytes(&master);
    for purpose in Purpose::ALL {
        for (_, secret) in ring.slot(purpose).secrets() {
            let hex = data_encoding::HEXLOWER.encode(secret.bytes());
            assert!(!shown.contains(&hex[..8]), "{purpose}");
            assert!(!shown.contains(&format!("{:?}", secret.bytes())), "{purpose}");
            assert!(!file.windows(8).any(|window| secret.bytes().windows(8).any(|part| part == window)));
        }
    }
    assert!(!shown.contains(ring.backup_password().expose()));
}

#[test]
fn keys_cross_threads() {
    const fn shared<T: Send + Sync>() {}
    shared::<KeyRing>();
    shared::<crate::UnitKey>();
    shared::<MasterKey>();
    shared::<Error>();
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..800)) {
        let master = MasterKey::generate();
        let tenant = TenantId::from_bytes(random_bytes());
        prop_assert!(KeyRing::open(&bytes, tenant, &master).is_err());
        prop_assert!(KeyRing::open(&resum(&[b"OBHUTKEY\x01\x01".as_slice(), &bytes].concat()), tenant, &master).is_err());
    }
}
