//! Notes that others made open here, and no note opens that was altered.
use super::*;
use proptest::prelude::*;

/// The example of the reference implementation (golang.org/x/mod/sumdb/note).
#[test]
fn a_note_of_the_reference_implementation_opens() {
    let vkey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    let text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
    let note = format!(
        "{text}\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
    );
    let (name, key) = VerifyKey::from_vkey(vkey).unwrap();
    assert_eq!(name, "PeterNeumann");
    assert_eq!(key.vkey(&name).unwrap(), vkey);
    assert_eq!(open(&note, &name, &key).unwrap(), text);
    assert!(matches!(open(&note.replace("answer", "problem"), &name, &key).unwrap_err(), Error::Damaged { .. }));
    assert!(matches!(open(&note, "EnochRoot", &key).unwrap_err(), Error::WrongKey { .. }));
    // A plus in the base 64 of the key is no border.
    let (name, key) = VerifyKey::from_vkey("EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop").unwrap();
    assert_eq!(key.vkey(&name).unwrap(), "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop");
    let (name, key) =
        VerifyKey::from_vkey("sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8").unwrap();
    assert_eq!(key.vkey(&name).unwrap(), "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8");
}

fn checkpoint() -> Checkpoint {
    Checkpoint { origin: "obhut.example/müller/3".into(), size: 20_852_163, root: [7; 32], extensions: Vec::new() }
}

#[test]
fn a_checkpoint_is_signed_and_verified() {
    let signer = Signer::generate();
    let plain = checkpoint();
    let note = sign(&signer, &plain).unwrap();
    let lines: Vec<&str> = note.lines().collect();
    assert_eq!(lines[..4], ["obhut.example/müller/3", "20852163", &BASE64.encode(&[7; 32]), ""]);
    assert!(lines[4].starts_with("— obhut.example/müller/3 "));
    assert_eq!(lines.len(), 5);
    assert_eq!(verify(&note, &signer.verify_key()).unwrap(), plain);
    let extended = Checkpoint { extensions: vec!["epoch 3".into(), "at 2026".into()], ..plain };
    assert_eq!(verify(&sign(&signer, &extended).unwrap(), &signer.verify_key()).unwrap(), extended);
    assert!(matches!(
        verify(&note, &Signer::generate().verify_key()).unwrap_err(),
        Error::WrongKey { key: "The signing key" }
    ));
}

#[test]
fn signatures_of_witnesses_are_skipped() {
    let (signer, witness) = (Signer::generate(), Signer::generate());
    let plain = checkpoint();
    let text = plain.text().unwrap();
    let note = seal(&text, &[("witness.example", &witness), (&plain.origin, &signer)]).unwrap();
    assert_eq!(verify(&note, &signer.verify_key()).unwrap(), plain);
    assert_eq!(open(&note, "witness.example", &witness.verify_key()).unwrap(), text);
    // A signature of the right key that does not fit is never made good by another that does.
    let other = sign(&signer, &Checkpoint { size: 1, ..plain.clone() }).unwrap();
    let wrong = other.lines().last().unwrap();
    let both = format!("{}{wrong}\n", sign(&signer, &plain).unwrap());
    assert!(matches!(verify(&both, &signer.verify_key()).unwrap_err(), Error::Damaged { .. }));
}

#[test]
fn what_cannot_stand_in_a_note_is_refused() {
    let signer = Signer::generate();
    for broken in [
        Checkpoint { origin: String::new(), ..checkpoint() },
        Checkpoint { origin: "a b".into(), ..checkpoint() },
        Checkpoint { origin: "a+b".into(), ..checkpoint() },
        Checkpoint { origin: "a\n9".into(), ..checkpoint() },
        Checkpoint { extensions: vec![String::new()], ..checkpoint() },
        Checkpoint { extensions: vec!["a\nb".into()], ..checkpoint() },
    ] {
        assert!(matches!(sign(&signer, &broken).unwrap_err(), Error::NoteText { .. }), "{broken:?}");
    }
    let key = signer.verify_key();
    let root = BASE64.encode(&[7; 32]);
    for text in [
        "a\n1\n".to_owned(),
        format!("a\n01\n{root}\n"),
        format!("a\n+1\n{root}\n"),
        format!("a\n-1\n{root}\n"),
        format!("a\n18446744073709551616\n{root}\n"),
        format!("a\n1\n{}\n", BASE64.encode(&[7; 31])),
        format!("a\n1\n{root}\n\nb\n"),
    ] {
        let note = seal(&text, &[("a", &signer)]).unwrap();
        assert!(matches!(verify(&note, &key).unwrap_err(), Error::NoteText { .. }), "{text:?}");
    }
    for note in ["", "a", "a\n", "a\n\n", "\n\n\n", "a\n\n— a\n", "a\n\n— a AAAA\n", "a\n\n— a !\n"] {
        verify(note, &key).unwrap_err();
    }
    let signature = sign(&signer, &checkpoint()).unwrap().lines().last().unwrap().to_owned();
    let many = format!("{}\n{}", checkpoint().text().unwrap(), format!("{signature}\n").repeat(101));
    assert!(matches!(verify(&many, &key).unwrap_err(), Error::NoteText { .. }));
}

#[test]
fn the_old_key_hands_over_to_the_new() {
    let (old, new, third) = (Signer::generate(), Signer::generate(), Signer::generate());
    let note = sign_key_change("tenant/1", &old, &new).unwrap();
    let change = verify_key_change(&note, "tenant/1", &old.verify_key()).unwrap();
    assert_eq!(change, KeyChange { origin: "tenant/1".into(), old: old.verify_key(), new: new.verify_key() });
    verify_key_change(&note, "tenant/2", &old.verify_key()).unwrap_err();
    verify_key_change(&note, "tenant/1", &third.verify_key()).unwrap_err();
    // Neither signature can be missing, and the new key cannot vouch for itself.
    let lines: Vec<&str> = note.lines().collect();
    for left_out in [5, 6] {
        let mut kept = lines.clone();
        kept.remove(left_out);
        verify_key_change(&format!("{}\n", kept.join("\n")), "tenant/1", &old.verify_key()).unwrap_err();
    }
    verify_key_change(&note, "tenant/1", &new.verify_key()).unwrap_err();
    // A checkpoint of the old key is no such statement.
    let point = sign(&old, &Checkpoint { origin: "tenant/1".into(), ..checkpoint() }).unwrap();
    verify_key_change(&point, "tenant/1", &old.verify_key()).unwrap_err();
}

proptest! {
    #[test]
    fn any_altered_or_cut_note_is_refused(
        size in any::<u64>(), root in any::<[u8; 32]>(), extensions in proptest::collection::vec("[ -~äß]{1,30}", 0..3),
        place in any::<prop::sample::Index>(), bit in 0_u8..7,
    ) {
        let signer = Signer::generate();
        let plain = Checkpoint { size, root, extensions, ..checkpoint() };
        let note = sign(&signer, &plain).unwrap();
        prop_assert_eq!(verify(&note, &signer.verify_key()).unwrap(), plain);
        let mut altered = note.clone().into_bytes();
        let place = place.index(altered.len());
        altered[place] ^= 1 << bit;
        if let Ok(altered) = String::from_utf8(altered) {
            prop_assert!(verify(&altered, &signer.verify_key()).is_err(), "byte {} of {:?}", place, note);
        }
        if let Some(cut) = note.get(..place) {
            prop_assert!(verify(cut, &signer.verify_key()).is_err());
        }
    }

    #[test]
    fn no_text_panics(text in "[\\PC\\n]{0,200}") {
        let key = VerifyKey::from_bytes([7; 32]);
        let _ = verify(&text, &key);
        let _ = verify_key_change(&text, "a", &key);
        let _ = VerifyKey::from_vkey(&text);
        let _ = Checkpoint::from_text(&text);
    }
}
