//! Proofs that an entry is in the journal, checked by somebody who does not have Obhut.
use super::verifier::holds;
use crate::story::{person, put};
use serde_json::{Value, json};
use store::sqlite::Settings;
use testkit::Business;

fn proof(business: &Business, seq: u64, from: Option<u64>) -> Value {
    let shared = business.tenant().shared();
    let proof = store::journal::prove(shared.paths(), &shared.ring(), &Settings::default(), seq, from).unwrap();
    serde_json::to_value(proof).unwrap()
}

#[test]
fn f083_a_stranger_verifies_inclusion_and_continuation() {
    let business = Business::in_files(&["core"]);
    let mut roots = std::collections::BTreeMap::new();
    // Past one full tile, with every size in between once.
    for round in 0..270_u64 {
        let written = business.tenant().write(business.admin(), move |op| {
            put(op, "contact", keys::random_id(), person("Erika", &format!("M{round}")))
        });
        let seq = written.unwrap().seq;
        let newest = proof(&business, seq, None);
        assert!(holds(&newest), "entry {seq} as the last one");
        roots.insert(seq + 1, newest["checkpoint"].as_str().unwrap().lines().nth(2).unwrap().to_owned());
    }
    let size = *roots.keys().next_back().unwrap();
    for seq in (0..size).step_by(17).chain([0, 1, 255, 256, 257, size - 1]) {
        assert!(holds(&proof(&business, seq, None)), "entry {seq} of {size}");
    }
    for from in [0, 1, 2, 3, 64, 127, 128, 200, 255, 256, 257, size - 1, size] {
        let proof = proof(&business, 5, Some(from));
        assert!(holds(&proof), "from {from} to {size}");
        // What was signed then is what is proven to be continued.
        if let Some(root) = roots.get(&from) {
            let bytes = data_encoding::BASE64.decode(root.as_bytes()).unwrap();
            assert_eq!(proof["consistency"]["from_root"], data_encoding::HEXLOWER.encode(&bytes), "from {from}");
        }
    }
    business.assert_sound();
}

#[test]
fn a_proof_that_was_touched_does_not_hold() {
    let business = Business::in_files(&["core"]);
    for round in 0..40 {
        business
            .tenant()
            .write(business.admin(), move |op| {
                put(op, "contact", keys::random_id(), person("Erika", &format!("M{round}")))
            })
            .unwrap();
    }
    let good = proof(&business, 7, Some(19));
    assert!(holds(&good));
    let touched = |change: &dyn Fn(&mut Value)| {
        let mut proof = good.clone();
        change(&mut proof);
        assert_ne!(proof, good);
        holds(&proof)
    };
    let zeros = || json!("0".repeat(64));
    assert!(!touched(&|proof| proof["seq"] = json!(8)));
    assert!(!touched(&|proof| proof["size"] = json!(40)));
    assert!(!touched(&|proof| proof["leaf"] = zeros()));
    assert!(!touched(&|proof| proof["body"] = json!(data_encoding::BASE64.encode(b"another"))));
    assert!(!touched(&|proof| proof["verify_key"] = zeros()));
    assert!(!touched(&|proof| proof["path"][2] = zeros()));
    assert!(!touched(&|proof| drop(proof["path"].as_array_mut().unwrap().pop())));
    assert!(!touched(&|proof| proof["consistency"]["from"] = json!(20)));
    assert!(!touched(&|proof| proof["consistency"]["from_root"] = zeros()));
    assert!(!touched(&|proof| proof["consistency"]["path"][0] = zeros()));
    let text = good["checkpoint"].as_str().unwrap().to_owned();
    assert!(!touched(&|proof| proof["checkpoint"] = json!(text.replacen("\n41\n", "\n42\n", 1))));
    // Another tenant's checkpoint says nothing about this journal.
    let other = Business::in_files(&["core"]);
    let foreign = proof(&other, 0, None);
    assert!(holds(&foreign));
    assert!(!touched(&|proof| {
        proof["checkpoint"] = foreign["checkpoint"].clone();
        proof["verify_key"] = foreign["verify_key"].clone();
    }));
}
