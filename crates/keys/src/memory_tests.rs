//! After use, no key is left in the process's memory: read through `/proc/self/mem`, stack and heap, as a core dump would.
//!
//! Runs in a process of its own, because another test makes its process unreadable.
use crate::blob::{BlobReader, BlobWriter, Header};
use crate::file::tests::Folder;
use crate::{KeyRing, Kit, MasterKey, Pages, Purpose, UnitKey, password, random_id, token};
use std::fs::{self, File};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::process::Command;

/// Secret bytes in a form that the search does not find.
struct Masked(&'static str, Vec<u8>);
impl Masked {
    /// Keeps the last 16 bytes: the allocator writes over the first ones of what is freed, which must not pass for zeroing.
    fn new(name: &'static str, secret: &[u8]) -> Self {
        Self(name, secret[secret.len() - 16..].iter().map(|byte| byte ^ 0xa5).collect())
    }
    fn stands_at(&self, memory: &[u8]) -> bool {
        memory.len() >= self.1.len() && self.1.iter().zip(memory).all(|(masked, byte)| byte ^ 0xa5 == *masked)
    }
}

/// The names of the secrets that stand anywhere in writable memory.
fn found(secrets: &[Masked]) -> Vec<&'static str> {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let mut memory = File::open("/proc/self/mem").unwrap();
    let mut found = Vec::new();
    let mut first = [false; 256];
    for secret in secrets {
        first[usize::from(secret.1[0] ^ 0xa5)] = true;
    }
    for line in maps.lines().filter(|line| line.contains(" rw-p ")) {
        let (from, to) = line.split(' ').next().unwrap().split_once('-').unwrap();
        let (from, to) = (u64::from_str_radix(from, 16).unwrap(), u64::from_str_radix(to, 16).unwrap());
        let mut bytes = vec![0; usize::try_from(to - from).unwrap()];
        memory.seek(SeekFrom::Start(from)).unwrap();
        if memory.read_exact(&mut bytes).is_err() {
            continue; // gone since the list was read, or never backed
        }
        for place in 0..bytes.len() {
            if first[usize::from(bytes[place])] {
                found.extend(secrets.iter().filter(|secret| secret.stands_at(&bytes[place..])).map(|secret| secret.0));
            }
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// Uses every kind of key once; `meanwhile` runs while all are alive.
fn use_everything(meanwhile: impl FnOnce(&[Masked])) -> Vec<Masked> {
    let folder = Folder::new();
    let mut secrets = Vec::new();
    MasterKey::generate().write_new(&folder.0.join("master.key")).unwrap();
    let master = MasterKey::read(&folder.0.join("master.key")).unwrap();
    secrets.push(Masked::new("master key", master.0.bytes()));
    let path = folder.0.join("root");
    let mut ring = KeyRing::create(random_id());
    ring.add(Purpose::UnitWrap);
    ring.rotate_root();
    ring.write(&path, &master).unwrap();
    let ring = KeyRing::read(&path, ring.tenant(), &master).unwrap();
    let kit = ring.recovery_kit();
    secrets.push(Masked::new("root", kit.root().bytes()));
    let text = kit.text();
    secrets.push(Masked::new("line of the kit", &text.lines().nth(6).unwrap().as_bytes()[3..]));
    let from_kit = KeyRing::from_recovery_kit(&text, &fs::read(&path).unwrap()).unwrap();
    assert!(kit.typed_back(&text) && Kit::parse(&text).is_ok());
    let pragma = from_kit.page_key(Pages::Records).pragma();
    secrets.push(Masked::new("page key as text", &pragma.as_bytes()[2..66]));
    let page = data_encoding::HEXLOWER.decode(&pragma.as_bytes()[2..66]).map(zeroize::Zeroizing::new).unwrap();
    secrets.push(Masked::new("page key", &page));
    let backup = ring.backup_password();
    secrets.push(Masked::new("backup password", backup.expose().as_bytes()));
    ring.mac().mac("domain", b"data");
    ring.signer().sign(b"text");

    let unit = random_id();
    let (number, wrap) = ring.unit_wrap();
    let wrapped = UnitKey::generate().wrap(wrap, number, unit);
    let key = UnitKey::unwrap(&wrapped, &ring, unit).unwrap();
    secrets.push(Masked::new("unit key", key.secret().bytes()));
    let mut plain = zeroize::Zeroizing::new(vec![0; 40]);
    crate::random::fill(&mut plain); // in place: an array would leave a copy on the stack of this test
    let opened = key.open(&key.seal(unit, &plain, b""), b"").unwrap();
    secrets.push(Masked::new("sealed text", &opened));
    let mut writer = BlobWriter::new(Vec::new(), &key, unit, b"").unwrap();
    writer.write_all(&plain).unwrap();
    let blob = writer.finish().unwrap();
    let mut rest = blob.as_slice();
    let header = Header::read(&mut rest).unwrap();
    let mut read = zeroize::Zeroizing::new(vec![0; 40]);
    BlobReader::new(rest, &header, &key, b"").read_exact(&mut read).unwrap();

    let (token, _) = token::generate();
    token::hash(&token).unwrap();
    secrets.push(Masked::new("token", &token.as_bytes()[6..]));
    let phc = password::hash(&token);
    assert!(password::verify(&token, &phc));
    meanwhile(&secrets);
    secrets
}

#[test]
#[ignore = "runs in a process of its own, started by the next test"]
fn alone() {
    let mut alive = Vec::new();
    let secrets = use_everything(|secrets| alive = found(secrets));
    assert_eq!(alive.len(), secrets.len(), "the search must find what is there: {alive:?}");
    assert_eq!(found(&secrets), Vec::<&str>::new());
}

#[test]
fn no_key_is_left_in_memory() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "memory_tests::alone", "--ignored", "--test-threads=1"])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}
