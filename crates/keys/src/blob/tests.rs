//! A sealed file opens whole or not at all: every alteration of its bytes is found.
use super::*;
use crate::random_id;
use proptest::prelude::*;
use std::io::Write as _;

const STORED: usize = CHUNK_SIZE + 16;

fn sealed(key: &UnitKey, unit: UnitId, plain: &[u8], aad: &[u8]) -> Vec<u8> {
    let mut writer = BlobWriter::new(Vec::new(), key, unit, aad).unwrap();
    writer.write_all(plain).unwrap();
    writer.finish().unwrap()
}

fn opened(key: &UnitKey, mut blob: &[u8], aad: &[u8]) -> io::Result<Vec<u8>> {
    let header = Header::read(&mut blob)?;
    let mut plain = Vec::new();
    BlobReader::new(blob, &header, key, aad).read_to_end(&mut plain)?;
    Ok(plain)
}

fn sample(length: usize) -> Vec<u8> {
    (0..length).map(|place| u8::try_from(place % 251).unwrap()).collect()
}

#[test]
fn every_length_around_a_chunk_round_trips() {
    let (key, unit) = (UnitKey::generate(), random_id());
    for length in [0, 1, 17, CHUNK_SIZE - 1, CHUNK_SIZE, CHUNK_SIZE + 1, 2 * CHUNK_SIZE, 3 * CHUNK_SIZE + 5] {
        let plain = sample(length);
        let blob = sealed(&key, unit, &plain, b"place");
        assert_eq!(blob.len(), HEADER_LEN + length + 16 * length.div_ceil(CHUNK_SIZE).max(1));
        assert_eq!(Header::read(&mut blob.as_slice()).unwrap().unit(), unit);
        assert_eq!(opened(&key, &blob, b"place").unwrap(), plain);
        assert!(opened(&key, &blob, b"other place").is_err());
        assert!(opened(&UnitKey::generate(), &blob, b"place").is_err());
    }
}

#[test]
fn every_flipped_byte_and_every_truncation_is_an_error() {
    let (key, unit) = (UnitKey::generate(), random_id());
    for length in [0, 40] {
        let blob = sealed(&key, unit, &sample(length), b"");
        for place in 0..blob.len() {
            for bit in 0..8 {
                let mut altered = blob.clone();
                altered[place] ^= 1 << bit;
                assert!(opened(&key, &altered, b"").is_err(), "byte {place} bit {bit}");
            }
            assert!(opened(&key, &blob[..place], b"").is_err(), "cut at {place}");
        }
        assert!(opened(&key, &[blob.as_slice(), b"\0"].concat(), b"").is_err());
    }
}

#[test]
fn chunks_that_are_cut_swapped_repeated_or_appended_are_noticed() {
    let (key, unit) = (UnitKey::generate(), random_id());
    let plain = sample(3 * CHUNK_SIZE + 5);
    let blob = sealed(&key, unit, &plain, b"");
    let (header, chunks) = blob.split_at(HEADER_LEN);
    let chunk: Vec<&[u8]> = chunks.chunks(STORED).collect();
    assert_eq!(chunk.len(), 4);
    let other = sealed(&key, unit, &plain, b"");
    for (name, parts) in [
        ("cut at a border", vec![chunk[0], chunk[1], chunk[2]]),
        ("first only", vec![chunk[0]]),
        ("header only", vec![]),
        ("swapped", vec![chunk[1], chunk[0], chunk[2], chunk[3]]),
        ("repeated", vec![chunk[0], chunk[0], chunk[1], chunk[2], chunk[3]]),
        ("left out", vec![chunk[0], chunk[2], chunk[3]]),
        ("appended", vec![chunk[0], chunk[1], chunk[2], chunk[3], chunk[3]]),
        ("of another blob", vec![chunk[0], &other[HEADER_LEN + STORED..HEADER_LEN + 2 * STORED], chunk[2], chunk[3]]),
        ("an empty end", vec![chunk[0], chunk[1], chunk[2], chunk[3], &[0; 16]]),
    ] {
        let altered = [header, &parts.concat()].concat();
        let error = opened(&key, &altered, b"").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{name}");
    }
    assert_eq!(opened(&key, &blob, b"").unwrap(), plain);
    assert!(opened(&key, &[&other[..HEADER_LEN], chunks].concat(), b"").is_err(), "another header");
}

/// One plaintext has one way to be cut: who holds the key cannot end a blob with an empty chunk after a full one.
#[test]
fn an_empty_last_chunk_is_for_empty_files_only() {
    let (key, unit) = (UnitKey::generate(), random_id());
    let header = Header::create(unit);
    let mut stream = Stream::new(&key, &header, b"");
    let mut blob = header.0.to_vec();
    for (plain, last) in [(sample(CHUNK_SIZE), false), (Vec::new(), true)] {
        let mut chunk = plain;
        let nonce = stream.nonce(last).unwrap();
        let tag = stream.cipher.seal_in_place(nonce, b"", &mut chunk);
        blob.extend_from_slice(&chunk);
        blob.extend_from_slice(&tag);
    }
    assert!(opened(&key, &blob, b"").is_err());
}

#[test]
fn no_unverified_byte_is_handed_out_and_the_error_stays() {
    let (key, unit) = (UnitKey::generate(), random_id());
    let mut blob = sealed(&key, unit, &sample(2 * CHUNK_SIZE), b"");
    let end = blob.len() - 1;
    blob[end] ^= 1;
    let mut bytes = blob.as_slice();
    let header = Header::read(&mut bytes).unwrap();
    let mut reader = BlobReader::new(bytes, &header, &key, b"");
    let mut first = vec![0; CHUNK_SIZE];
    reader.read_exact(&mut first).unwrap();
    assert_eq!(first, sample(2 * CHUNK_SIZE)[..CHUNK_SIZE]);
    for _ in 0..3 {
        let mut out = [0; 10];
        assert!(reader.read(&mut out).is_err());
        assert_eq!(out, [0; 10]);
    }
}

#[test]
fn a_writer_that_failed_or_was_dropped_leaves_nothing_that_opens() {
    #[derive(Debug)]
    struct Full(Vec<u8>, usize);
    impl io::Write for &mut Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.0.len() + bytes.len() > self.1 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.0.extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let (key, unit) = (UnitKey::generate(), random_id());
    let mut disk = Full(Vec::new(), STORED + 100);
    let mut writer = BlobWriter::new(&mut disk, &key, unit, b"").unwrap();
    writer.write_all(&sample(3 * CHUNK_SIZE)).unwrap_err();
    writer.write_all(b"more").unwrap_err();
    writer.finish().unwrap_err();
    assert!(opened(&key, &disk.0, b"").is_err());

    let mut bytes = Vec::new();
    let mut writer = BlobWriter::new(&mut bytes, &key, unit, b"").unwrap();
    writer.write_all(&sample(2 * CHUNK_SIZE)).unwrap();
    drop(writer);
    assert!(opened(&key, &bytes, b"").is_err());
}

#[test]
fn a_newer_format_is_called_so() {
    let mut blob = sealed(&UnitKey::generate(), random_id(), b"", b"");
    blob[0] = 2;
    assert!(matches!(Header::read(&mut blob.as_slice()).unwrap_err(), Error::Format { found: 2, .. }));
}

/// The documented format, read by following the table with the library's own primitives and nothing of this module.
#[test]
fn a_stranger_can_read_it() {
    use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
    use aws_lc_rs::hmac;
    let (key, unit) = (UnitKey::generate(), random_id());
    let plain = sample(CHUNK_SIZE + 9);
    let blob = sealed(&key, unit, &plain, b"place");
    // RFC 5869 by hand.
    let hash = |key: &[u8], text: &[u8]| hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text).as_ref().to_vec();
    let prk = hash(&blob[18..50], key.secret().bytes());
    let info = [b"obhut blob v1\0".as_slice(), &blob[..54]].concat();
    let first = hash(&prk, &[info.as_slice(), &[1]].concat());
    let second = hash(&prk, &[first.as_slice(), &info, &[2]].concat());
    let cipher = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &first).unwrap());
    let mut found = Vec::new();
    for (index, last, range) in [(0, 0, 54..54 + STORED), (1, 1, 54 + STORED..blob.len())] {
        let mut nonce = [0; 12];
        nonce[..7].copy_from_slice(&second[..7]);
        nonce[10] = index;
        nonce[11] = last;
        let mut chunk = blob[range].to_vec();
        let nonce = Nonce::assume_unique_for_key(nonce);
        found.extend_from_slice(cipher.open_in_place(nonce, Aad::from(b"place"), &mut chunk).unwrap());
    }
    assert_eq!(found, plain);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn written_and_read_in_any_pieces(
        length in 0_usize..200_000, write in 1_usize..100_000, read in 1_usize..100_000, flip in any::<prop::sample::Index>(),
    ) {
        let (key, unit) = (UnitKey::generate(), random_id());
        let plain = sample(length);
        let mut writer = BlobWriter::new(Vec::new(), &key, unit, b"").unwrap();
        for piece in plain.chunks(write) {
            writer.write_all(piece).unwrap();
        }
        let mut blob = writer.finish().unwrap();
        let mut bytes = blob.as_slice();
        let header = Header::read(&mut bytes).unwrap();
        let mut reader = BlobReader::new(bytes, &header, &key, b"");
        let mut found = Vec::new();
        let mut piece = vec![0; read];
        loop {
            match reader.read(&mut piece).unwrap() {
                0 => break,
                count => found.extend_from_slice(&piece[..count]),
            }
        }
        prop_assert!(found == plain);
        let place = flip.index(blob.len());
        prop_assert!(opened(&key, &blob[..place], b"").is_err());
        blob[place] ^= 1;
        prop_assert!(opened(&key, &blob, b"").is_err());
    }

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(opened(&UnitKey::generate(), &bytes, b"").is_err());
    }
}
