//! A kit is typed by a person, perhaps years later: every slip is found, and none of what does not matter matters.
use super::*;
use crate::{KeyRing, MasterKey, random_id};
use proptest::prelude::*;

#[test]
fn a_kit_opens_the_file_without_the_master_key() {
    let ring = KeyRing::create(random_id());
    let file = ring.to_bytes(&MasterKey::generate());
    let kit = ring.recovery_kit();
    let text = kit.text();
    assert!(text.contains(&ring.tenant().to_string()), "{}", text.lines().count());
    let restored = KeyRing::from_recovery_kit(&text, &file).unwrap();
    assert_eq!(restored.signer().verify_key(), ring.signer().verify_key());
    assert_eq!(restored.tenant(), ring.tenant());
    // What was restored can be put under a new master key.
    let master = MasterKey::generate();
    KeyRing::open(&restored.to_bytes(&master), ring.tenant(), &master).unwrap();
}

#[test]
fn a_kit_of_another_root_is_told_apart() {
    let mut ring = KeyRing::create(random_id());
    let kit = ring.recovery_kit().text();
    let other = KeyRing::create(ring.tenant()).recovery_kit().text();
    let master = MasterKey::generate();
    assert!(matches!(
        KeyRing::from_recovery_kit(&other, &ring.to_bytes(&master)).unwrap_err(),
        Error::WrongKey { key: "The recovery kit" }
    ));
    assert_eq!(ring.rotate_root(), 2);
    assert!(matches!(
        KeyRing::from_recovery_kit(&kit, &ring.to_bytes(&master)).unwrap_err(),
        Error::WrongKey { key: "The recovery kit" }
    ));
}

#[test]
fn typed_in_many_ways() {
    let kit = KeyRing::create(random_id()).recovery_kit();
    let text = kit.text();
    let lines: Vec<&str> = text.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_digit())).collect();
    assert_eq!(lines.len(), 5);
    assert!(lines.iter().all(|line| line.len() == 2 + 6 * 5));
    let bare: Vec<&str> = lines.iter().map(|line| line.split_once(':').unwrap().1).collect();
    let reversed: Vec<&str> = lines.iter().rev().copied().collect();
    for typed in [
        text.to_string(),
        text.to_lowercase(),
        lines.join("\n"),
        lines.join("\r\n"),
        reversed.join("\n"), // numbered lines may come in any order
        bare.join("\n"),
        bare.join(" "),
        bare.concat().replace(' ', "-"),
        bare.concat().replace(' ', "").replace('0', "O").replace('1', "l"),
        lines.join("\n").replace(':', ")"),
    ] {
        assert!(kit.typed_back(&typed));
    }
    assert!(!kit.typed_back(""));
    assert!(!kit.typed_back(&bare.iter().rev().copied().collect::<String>()));
    assert!(!kit.typed_back(&KeyRing::create(kit.tenant()).recovery_kit().text()));
}

#[test]
fn the_line_with_the_slip_is_named() {
    let kit = KeyRing::create(random_id()).recovery_kit();
    let text = kit.text();
    let third = text.lines().find(|line| line.starts_with("3:")).unwrap();
    let without_third = text.replace(third, "");
    let short_third = text.replace(third, &third[..third.len() - 1]);
    let doubled = format!("{}{third}\n", *text);
    let strange = text.replace(third, &format!("3: U{}", &third[4..]));
    for (typed, reason) in [
        (without_third, "line 3 is missing"),
        (short_third, "line 3 has 23 characters, not 24"),
        (doubled, "line 3 is there twice"),
        (strange, "line 3 has a character that a kit does not use"),
        ("ABCD".to_owned(), "it has 4 characters where 120 are expected"),
    ] {
        match Kit::parse(&typed).unwrap_err() {
            Error::Kit { reason: found } => assert_eq!(found, reason),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn lines_of_two_kits_do_not_mix() {
    let first = KeyRing::create(random_id()).recovery_kit().text();
    let second = KeyRing::create(random_id()).recovery_kit().text();
    let of = |text: &str, number: &str| text.lines().find(|line| line.starts_with(number)).unwrap().to_owned();
    let mixed = first.replace(&of(&first, "2:"), &of(&second, "2:"));
    assert!(matches!(Kit::parse(&mixed).unwrap_err(), Error::Kit { reason } if reason.contains("belong together")));
}

#[test]
fn nothing_is_shown() {
    let ring = KeyRing::create(random_id());
    let kit = ring.recovery_kit();
    let shown = format!("{kit:?}");
    assert_eq!(shown, format!("Kit(tenant {}, root 1, …)", ring.tenant()));
    let text = kit.text();
    let error =
        Kit::parse(&text.replace(text.lines().last().unwrap(), "5: AAAA BBBB CCCC DDDD EEEE FFFF")).unwrap_err();
    assert!(!error.to_string().contains("AAAA") && !format!("{error:?}").contains("AAAA"));
}

proptest! {
    /// Each character, replaced by any other of the alphabet, is found in its own line.
    #[test]
    fn every_wrong_character_is_found(place in 0_usize..120, step in 1_usize..32) {
        let kit = KeyRing::create(random_id()).recovery_kit();
        let text = kit.text();
        let bare: Vec<u8> = text.lines().filter_map(|line| line.split_once(": ")).filter(|(n, _)| n.len() == 1)
            .flat_map(|(_, groups)| groups.bytes().filter(|byte| *byte != b' ')).collect();
        prop_assert_eq!(bare.len(), 120);
        let alphabet = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        let mut typed = bare.clone();
        let digit = alphabet.iter().position(|letter| *letter == typed[place]).unwrap();
        typed[place] = alphabet[(digit + step) % 32];
        let typed = String::from_utf8(typed).unwrap();
        let expected = format!("line {} does not match its check characters", place / 24 + 1);
        let error = Kit::parse(&typed).unwrap_err();
        prop_assert!(error.to_string().contains(&expected), "{}", error);
    }

    #[test]
    fn no_text_panics(text in ".{0,300}") {
        let _ = Kit::parse(&text);
    }
}
