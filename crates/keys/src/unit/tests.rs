//! A part opens for its own unit, place and key, whole and unaltered, or not at all.
use super::*;
use crate::random_id;
use proptest::prelude::*;

#[test]
fn wrapped_and_unwrapped() {
    let mut ring = KeyRing::create(random_id());
    let unit = random_id();
    let key = UnitKey::generate();
    let (number, wrap) = ring.unit_wrap();
    let wrapped = key.wrap(wrap, number, unit);
    assert_eq!(wrapped.len(), WRAPPED_UNIT_LEN);
    assert_ne!(wrapped, key.wrap(wrap, number, unit));
    let sealed = key.seal(unit, b"Erika Mustermann", b"place");
    let opened = UnitKey::unwrap(&wrapped, &ring, unit).unwrap();
    assert_eq!(**opened.open(&sealed, b"place").unwrap(), *b"Erika Mustermann");

    // Rotation: the old number opens until it is retired; rewrapped, the key is the same.
    assert_eq!(ring.add(Purpose::UnitWrap), 2);
    assert_eq!(UnitKey::wrapped_with(&wrapped).unwrap(), 1);
    let (number, wrap) = ring.unit_wrap();
    let rewrapped = UnitKey::unwrap(&wrapped, &ring, unit).unwrap().wrap(wrap, number, unit);
    ring.retire(Purpose::UnitWrap, 1).unwrap();
    assert!(matches!(
        UnitKey::unwrap(&wrapped, &ring, unit).unwrap_err(),
        Error::NoKey { purpose: Purpose::UnitWrap, number: 1 }
    ));
    assert_eq!(
        **UnitKey::unwrap(&rewrapped, &ring, unit).unwrap().open(&sealed, b"place").unwrap(),
        *b"Erika Mustermann"
    );
}

#[test]
fn a_wrapped_key_is_bound_to_unit_and_ring() {
    let ring = KeyRing::create(random_id());
    let unit = random_id();
    let (number, wrap) = ring.unit_wrap();
    let wrapped = UnitKey::generate().wrap(wrap, number, unit);
    let damaged = |error| matches!(error, Error::Damaged { what: "The wrapped unit key" });
    assert!(damaged(UnitKey::unwrap(&wrapped, &ring, random_id()).unwrap_err()));
    assert!(damaged(UnitKey::unwrap(&wrapped, &KeyRing::create(ring.tenant()), unit).unwrap_err()));
}

#[test]
fn every_flipped_byte_and_every_truncation_of_a_wrapped_key_is_an_error() {
    let ring = KeyRing::create(random_id());
    let unit = random_id();
    let (number, wrap) = ring.unit_wrap();
    let wrapped = UnitKey::generate().wrap(wrap, number, unit);
    for place in 0..wrapped.len() {
        for bit in 0..8 {
            let mut altered = wrapped.clone();
            altered[place] ^= 1 << bit;
            assert!(UnitKey::unwrap(&altered, &ring, unit).is_err(), "byte {place} bit {bit}");
        }
        assert!(UnitKey::unwrap(&wrapped[..place], &ring, unit).is_err(), "cut at {place}");
    }
    assert!(UnitKey::unwrap(&[wrapped.as_slice(), b"\0"].concat(), &ring, unit).is_err());
}

#[test]
fn a_newer_format_is_called_so() {
    let mut sealed = UnitKey::generate().seal(random_id(), b"", b"");
    sealed[0] = 2;
    let error = sealed_unit(&sealed).unwrap_err();
    assert!(matches!(error, Error::Format { found: 2, .. }));
    assert!(error.to_string().contains("format 2"));
}

#[test]
fn nothing_is_shown() {
    assert_eq!(format!("{:?}", UnitKey::generate()), "UnitKey(…)");
}

proptest! {
    #[test]
    fn every_flipped_byte_and_every_truncation_of_a_part_is_an_error(
        plain in proptest::collection::vec(any::<u8>(), 0..80),
        aad in proptest::collection::vec(any::<u8>(), 0..40),
        bit in 0_u8..8,
    ) {
        let key = UnitKey::generate();
        let unit = random_id();
        let sealed = key.seal(unit, &plain, &aad);
        prop_assert_eq!(sealed.len(), plain.len() + SEALED_OVERHEAD);
        prop_assert_eq!(sealed_unit(&sealed).unwrap(), unit);
        prop_assert_eq!(&**key.open(&sealed, &aad).unwrap(), &plain);
        for place in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[place] ^= 1 << bit;
            prop_assert!(key.open(&altered, &aad).is_err(), "byte {}", place);
            prop_assert!(key.open(&sealed[..place], &aad).is_err(), "cut at {}", place);
        }
        let longer = [sealed.as_slice(), &[0]].concat();
        prop_assert!(key.open(&longer, &aad).is_err());
        let elsewhere = [aad.as_slice(), &[0]].concat();
        prop_assert!(key.open(&sealed, &elsewhere).is_err());
        prop_assert!(UnitKey::generate().open(&sealed, &aad).is_err());
    }
}
