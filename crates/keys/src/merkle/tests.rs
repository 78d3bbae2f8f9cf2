//! Against the published vectors of RFC 6962 logs, and against the definition written down recursively.
use super::*;
use data_encoding::HEXLOWER;
use proptest::prelude::*;
use std::collections::HashMap;
use std::convert::Infallible;

/// The definition of RFC 6962, 2.1, word for word.
fn naive_root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => empty_root(),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(naive_split(leaves.len()));
            node_hash(&naive_root(left), &naive_root(right))
        }
    }
}
fn naive_split(count: usize) -> usize {
    let mut k = 1;
    while k * 2 < count {
        k *= 2;
    }
    k
}
/// PATH(m, D[n]) of 2.1.1.
fn naive_path(index: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() == 1 {
        return Vec::new();
    }
    let k = naive_split(leaves.len());
    let (left, right) = leaves.split_at(k);
    let (mut path, sibling) =
        if index < k { (naive_path(index, left), right) } else { (naive_path(index - k, right), left) };
    path.push(naive_root(sibling));
    path
}
/// SUBPROOF(m, D[n], b) of 2.1.2.
fn naive_subproof(old: usize, leaves: &[Hash], whole: bool) -> Vec<Hash> {
    if old == leaves.len() {
        return if whole { Vec::new() } else { vec![naive_root(leaves)] };
    }
    let k = naive_split(leaves.len());
    let (left, right) = leaves.split_at(k);
    let (mut path, sibling) = if old <= k {
        (naive_subproof(old, left, whole), right)
    } else {
        (naive_subproof(old - k, right, false), left)
    };
    path.push(naive_root(sibling));
    path
}

#[derive(Default)]
struct Store(HashMap<(u8, u64), Hash>);
impl Nodes for Store {
    type Error = Infallible;
    fn node(&self, level: u8, index: u64) -> Result<Hash, Infallible> {
        Ok(self.0[&(level, index)])
    }
}

fn leaves(count: usize) -> Vec<Hash> {
    (0..count).map(|number| leaf_hash(&number.to_be_bytes())).collect()
}
fn grown(leaves: &[Hash]) -> (Frontier, Store) {
    let (mut frontier, mut store) = (Frontier::new(), Store::default());
    for leaf in leaves {
        for node in frontier.push(*leaf) {
            assert!(store.0.insert((node.level, node.index), node.hash).is_none());
        }
    }
    (frontier, store)
}
fn hex(text: &str) -> Hash {
    HEXLOWER.decode(text.as_bytes()).unwrap().try_into().unwrap()
}

/// The vectors of the reference implementation of Certificate Transparency (`merkletree/merkle_tree_test.cc`).
#[test]
fn published_vectors() {
    let inputs = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
    let roots = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    assert_eq!(Frontier::new().root(), hex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
    let mut frontier = Frontier::new();
    let mut store = Store::default();
    let mut hashes = Vec::new();
    for (input, root) in inputs.iter().zip(roots) {
        let leaf = leaf_hash(&HEXLOWER.decode(input.as_bytes()).unwrap());
        hashes.push(leaf);
        store.0.extend(frontier.push(leaf).into_iter().map(|node| ((node.level, node.index), node.hash)));
        assert_eq!(frontier.root(), hex(root));
    }
    let path = [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ]
    .map(hex);
    assert_eq!(inclusion_proof(0, 8, &store).unwrap(), path);
    let path = [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]
    .map(hex);
    assert_eq!(inclusion_proof(5, 8, &store).unwrap(), path);
    let path = [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]
    .map(hex);
    assert_eq!(consistency_proof(6, 8, &store).unwrap(), path);
    let path = [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ]
    .map(hex);
    assert_eq!(consistency_proof(2, 5, &store).unwrap(), path);
}

#[test]
fn equal_to_the_definition_for_every_small_tree() {
    let all = leaves(66);
    let (_, store) = grown(&all);
    for size in 0..=all.len() {
        let now = &all[..size];
        let root = naive_root(now);
        let (frontier, _) = grown(now);
        let count = size as u64;
        assert_eq!(frontier.root(), root);
        assert_eq!(frontier.size(), count);
        assert_eq!(root_at(count, &store), Ok(root));
        assert_eq!(Frontier::from_nodes(count, &store), Ok(frontier.clone()));
        assert_eq!(Frontier::from_parts(count, frontier.roots().to_vec()), Some(frontier));
        for (index, leaf) in now.iter().enumerate() {
            let proof = inclusion_proof(index as u64, count, &store).unwrap();
            assert_eq!(proof, naive_path(index, now));
            assert!(verify_inclusion(leaf, index as u64, count, &proof, &root));
        }
        for old in 0..=size {
            let proof = consistency_proof(old as u64, count, &store).unwrap();
            if old > 0 {
                assert_eq!(proof, naive_subproof(old, now, true), "{old} of {size}");
            }
            assert!(verify_consistency(old as u64, &naive_root(&all[..old]), count, &root, &proof));
        }
    }
}

#[test]
fn what_is_outside_the_tree_has_no_proof() {
    let (_, store) = grown(&leaves(5));
    assert_eq!(inclusion_proof(5, 5, &store), Err(ProofError::OutOfRange { size: 5 }));
    assert_eq!(inclusion_proof(0, 0, &store), Err(ProofError::OutOfRange { size: 0 }));
    assert_eq!(consistency_proof(6, 5, &store), Err(ProofError::OutOfRange { size: 5 }));
    assert!(!verify_inclusion(&empty_root(), 0, 0, &[], &empty_root()));
    assert!(!verify_consistency(6, &empty_root(), 5, &empty_root(), &[]));
    assert!(!verify_consistency(0, &[7; 32], 5, &[8; 32], &[]));
    assert!(Frontier::from_parts(3, vec![empty_root()]).is_none());
}

/// A proof belongs to one size: that of a smaller tree, with the smaller tree's root, says nothing about a larger one.
#[test]
fn a_proof_of_another_size_does_not_hold() {
    let all = leaves(40);
    let (_, store) = grown(&all);
    for size in 1..=20_u64 {
        let root = root_at(size, &store).unwrap();
        let proof = inclusion_proof(0, size, &store).unwrap();
        let consistency = consistency_proof(1, size, &store).unwrap();
        // Leaf 0 has the same path in all trees of the same height, and only there.
        for other in 1..=40_u64 {
            let fits = other == size || inclusion_proof(0, other, &store).unwrap().len() == proof.len();
            assert_eq!(verify_inclusion(&all[0], 0, other, &proof, &root), fits, "{size} as {other}");
            if other > 1 && size > 1 {
                assert_eq!(verify_consistency(1, &all[0], other, &root, &consistency), fits, "{size} as {other}");
            }
        }
    }
}

#[test]
fn a_tree_of_any_size_has_valid_places() {
    // No node is asked for that does not exist: the end of the subtree never lies beyond the size.
    for size in [1, 2, 3, u64::from(u32::MAX), 1 << 40, (1 << 40) + 1, 1 << 63, u64::MAX] {
        let mut next = 0_u64;
        for (level, index) in frontier::complete(0, size) {
            assert_eq!(index << level, next);
            next = next.wrapping_add(1 << level);
        }
        assert_eq!(next, size);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn proofs_hold_and_altered_ones_do_not(
        size in 1_usize..400, leaf in any::<prop::sample::Index>(), old in any::<prop::sample::Index>(),
        alter in any::<prop::sample::Index>(), bit in 0_u8..8,
    ) {
        let all = leaves(size);
        let (frontier, store) = grown(&all);
        let (count, root) = (size as u64, frontier.root());
        let index = leaf.index(size);
        let at = index as u64;
        let proof = inclusion_proof(at, count, &store).unwrap();
        prop_assert_eq!(&proof, &naive_path(index, &all));
        prop_assert!(verify_inclusion(&all[index], at, count, &proof, &root));
        prop_assert!(!verify_inclusion(&leaf_hash(b"other"), at, count, &proof, &root));
        prop_assert!(!verify_inclusion(&all[index], at + 1, count, &proof, &root));
        prop_assert!(!verify_inclusion(&all[index], at, count, &[proof.as_slice(), &[root]].concat(), &root));
        if !proof.is_empty() {
            let mut altered = proof.clone();
            altered[alter.index(proof.len())][3] ^= 1 << bit;
            prop_assert!(!verify_inclusion(&all[index], at, count, &altered, &root));
            prop_assert!(!verify_inclusion(&all[index], at, count, &proof[1..], &root));
        }
        let old = old.index(size) + 1;
        let old_root = naive_root(&all[..old]);
        let proof = consistency_proof(old as u64, count, &store).unwrap();
        prop_assert!(verify_consistency(old as u64, &old_root, count, &root, &proof));
        prop_assert!(!verify_consistency(old as u64, &leaf_hash(b"other"), count, &root, &proof));
        prop_assert!(!verify_consistency(old as u64, &old_root, count, &leaf_hash(b"other"), &proof));
        if !proof.is_empty() {
            let mut altered = proof.clone();
            altered[alter.index(proof.len())][3] ^= 1 << bit;
            prop_assert!(!verify_consistency(old as u64, &old_root, count, &root, &altered));
            prop_assert!(!verify_consistency(old as u64, &old_root, count, &root, &proof[1..]));
        }
    }

    #[test]
    fn no_proof_panics(
        index in any::<u64>(), size in any::<u64>(), proof in proptest::collection::vec(any::<[u8; 32]>(), 0..70),
    ) {
        prop_assert!(!verify_inclusion(&[0; 32], index, size, &proof, &[1; 32]));
        prop_assert!(!verify_consistency(index, &[0; 32], size, &[1; 32], &proof));
    }
}
