//! What a thief of the disk finds who has every key that is left: a search through pages, write-ahead logs, full text and sealed parts.
//!
//! It does not ask the database engine what a file holds. It decrypts each page and each frame itself, free ones and those behind the
//! last commit too, so nothing that the engine no longer shows stays unseen. Only full-text terms and what must be read by table
//! (sealed parts with their places) come from the engine as well.
use aes::Aes256;
use aes::cipher::{BlockDecrypt, KeyInit, generic_array::GenericArray};
use base::{RecordId, TenantId, UnitId};
use keys::{KeyRing, Pages, UnitKey};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use store::Paths;
use store::engine::{self, Query, Row};
use store::sqlite::{self, Mode, Settings};

/// Bytes of a page, as SQLCipher 4 writes it.
const PAGE: usize = 4096;
/// Bytes at the end of each page: 16 of initialisation vector, 32 of HMAC-SHA256, filled up to a multiple of 16.
const RESERVED: usize = 48;
/// The salt at the beginning of the first page, which is not encrypted.
const SALT: usize = 16;
const WAL_HEADER: usize = 32;
const FRAME_HEADER: usize = 24;
/// So much of a sort key is searched for: it is cut off somewhere behind.
const SORT_KEY: usize = 12;

/// Somewhere that was searched, with its bytes in the clear: `records.db page 7`, `index.db-wal frame 3`, `records.db part of record 4`.
#[derive(Debug, Clone)]
pub struct Found {
    /// Which file and what in it, without a number: `records.db-wal`, `index.db terms`, `journal values`.
    pub kind: String,
    /// Exactly where.
    pub place: String,
    /// What is there.
    pub bytes: Vec<u8>,
}

/// Everything that a folder gives away.
#[derive(Debug, Default)]
pub struct Loot {
    /// In the clear.
    pub found: Vec<Found>,
    /// Sealed parts and journal values that a key was left for.
    pub opened: usize,
    /// Those that none was left for.
    pub closed: usize,
}

/// Whose data folder it is, and the keys.
pub struct Thief<'a> {
    /// The tenant.
    pub tenant: TenantId,
    /// Its ring: page keys, and what unwraps unit keys.
    pub ring: &'a KeyRing,
    /// Every unit key that is left.
    pub keys: HashMap<UnitId, UnitKey>,
}

/// The wrapped keys that a keys.db still has, as they lie there.
///
/// # Panics
///
/// If the file cannot be opened.
pub fn wrapped_keys(keys_db: &Path, ring: &KeyRing) -> Vec<(UnitId, Vec<u8>)> {
    let key = ring.page_key(Pages::Keys);
    let file = sqlite::open(keys_db, key, Mode::Reader, &Settings::default()).expect("keys.db opens");
    let mut all = file.prepare("SELECT id, wrapped FROM key").expect("keys.db has its table");
    let rows = all.query_map([], |row| Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, Vec<u8>>(1)?)));
    let rows = rows.expect("keys can be read").map(|row| row.expect("a row of keys.db"));
    rows.filter_map(|(id, wrapped)| Some((UnitId::from_slice(&id).ok()?, wrapped))).collect()
}

/// The same of a tenant's keys wherever they lie.
///
/// # Panics
///
/// If they cannot be read.
pub fn wrapped_keys_of(paths: &Paths, ring: &KeyRing) -> Vec<(UnitId, Vec<u8>)> {
    const ALL: Query = Query { name: "ALL_KEYS", sql: "SELECT id, wrapped FROM key" };
    let mut keys = store::beside(paths, ring, Pages::Keys).expect("the keys can be opened");
    let read = |row: &dyn Row| Ok((UnitId::from_slice(row.bytes(0)?).ok(), row.bytes(1)?.to_vec()));
    let all = engine::collect(&mut keys, &ALL, &[], read).expect("keys can be read");
    all.into_iter().filter_map(|(id, wrapped)| Some((id?, wrapped))).collect()
}

/// The keys that a tenant still has, unwrapped.
///
/// # Panics
///
/// If they cannot be read.
pub fn keys_left_of(paths: &Paths, ring: &KeyRing) -> HashMap<UnitId, UnitKey> {
    let unwrap = |(id, wrapped): (UnitId, Vec<u8>)| Some((id, UnitKey::unwrap(&wrapped, ring, id).ok()?));
    wrapped_keys_of(paths, ring).into_iter().filter_map(unwrap).collect()
}

/// What a tenant has sealed, with what binds it to its place.
#[derive(Debug, Clone, Default)]
pub struct SealedRows {
    /// Record, version, whether restricted, sealed bytes.
    parts: Vec<(Option<RecordId>, i64, bool, Vec<u8>)>,
    /// Sequence in the journal, sealed bytes.
    values: Vec<(i64, Vec<u8>)>,
}

impl SealedRows {
    /// Of a tenant wherever its records lie.
    ///
    /// # Panics
    ///
    /// If they cannot be read.
    pub fn of(paths: &Paths, ring: &KeyRing) -> Self {
        const PARTS: Query = Query {
            name: "ALL_PARTS",
            sql: "SELECT r.id, p.version, p.sealed, r.restricted FROM part p LEFT JOIN record r ON r.rid = p.record",
        };
        const VALUES: Query = Query { name: "ALL_VALUES", sql: "SELECT seq, sealed FROM entry_value" };
        let mut records = store::beside(paths, ring, Pages::Records).expect("the records can be opened");
        let parts = engine::collect(&mut records, &PARTS, &[], |row| {
            let record = row.opt_bytes(0)?.and_then(|id| RecordId::from_slice(id).ok());
            Ok((record, row.int(1)?, row.opt_int(3)? == Some(1), row.bytes(2)?.to_vec()))
        });
        let values = engine::collect(&mut records, &VALUES, &[], |row| Ok((row.int(0)?, row.bytes(1)?.to_vec())));
        Self { parts: parts.expect("parts can be read"), values: values.expect("values can be read") }
    }
}

/// The keys that a keys.db still has, unwrapped.
///
/// # Panics
///
/// If the file cannot be opened.
pub fn keys_left(keys_db: &Path, ring: &KeyRing) -> HashMap<UnitId, UnitKey> {
    let unwrap = |(id, wrapped): (UnitId, Vec<u8>)| Some((id, UnitKey::unwrap(&wrapped, ring, id).ok()?));
    wrapped_keys(keys_db, ring).into_iter().filter_map(unwrap).collect()
}

/// The files below a folder that have these bytes.
pub fn lies_in(folder: &Path, needle: &[u8]) -> Vec<PathBuf> {
    // What a server has just removed has nothing.
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut found = Vec::new();
    for path in entries.map(|entry| entry.path()) {
        if path.is_dir() {
            found.extend(lies_in(&path, needle));
        } else if std::fs::read(&path).unwrap_or_default().windows(needle.len()).any(|window| window == needle) {
            found.push(path);
        }
    }
    found
}

impl Thief<'_> {
    fn page_key(&self, pages: Pages) -> [u8; 32] {
        let text = self.ring.page_key(pages).pragma();
        let hex = text.trim_start_matches("x'").trim_end_matches('\'');
        data_encoding::HEXLOWER
            .decode(hex.as_bytes())
            .ok()
            .and_then(|key| key.try_into().ok())
            .expect("a page key is 32 bytes")
    }

    /// Everything in a copy of a tenant's folder and of its ledger's. keys.db is searched if it is there.
    ///
    /// # Panics
    ///
    /// If a file cannot be read or a page of it was not encrypted with the tenant's key.
    pub fn search(&self, folder: &Path, ledger: &Path) -> Loot {
        let mut loot = Loot::default();
        let databases = [("records.db", Pages::Records), ("keys.db", Pages::Keys), ("index.db", Pages::Index)];
        for (name, pages) in databases {
            let key = self.page_key(pages);
            if let Ok(bytes) = std::fs::read(folder.join(name)) {
                database(name, &bytes, &key, &mut loot);
            }
            if let Ok(bytes) = std::fs::read(folder.join(format!("{name}-wal"))) {
                write_ahead_log(name, &bytes, &key, &mut loot);
            }
        }
        for folder in [folder, ledger] {
            for path in files(folder) {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                if databases.iter().any(|(database, _)| name.starts_with(database)) && !name.ends_with("-shm") {
                    continue;
                }
                let kind = if name.ends_with("-shm") { "shared memory".to_owned() } else { name };
                let bytes = std::fs::read(&path).expect("a file of the copy can be read");
                loot.found.push(Found { kind, place: path.display().to_string(), bytes });
            }
        }
        self.by_table(folder, &mut loot);
        loot
    }

    /// Everything that a server has on its disk, as it lies there.
    ///
    /// # Panics
    ///
    /// If its folder cannot be read at all.
    pub fn search_server(&self, kind: &str, folder: &Path, loot: &mut Loot) {
        let before = loot.found.len();
        // The log first: what a checkpoint removes from it meanwhile stands in the tables by then.
        let mut all = files(folder);
        all.sort_by_key(|path| !path.iter().any(|part| part == "pg_wal"));
        for path in all {
            // A file that the server has just removed is not there for a thief either.
            if let Ok(bytes) = std::fs::read(&path) {
                loot.found.push(Found { kind: kind.to_owned(), place: path.display().to_string(), bytes });
            }
        }
        assert!(loot.found.len() > before + 100, "a server has hundreds of files");
    }

    /// What was sealed at some time, with the keys that are left.
    pub fn unseal_rows(&self, rows: &SealedRows, loot: &mut Loot) {
        for (record, version, restricted, sealed) in &rows.parts {
            let Some(record) = record else { continue };
            let bound = [b"part".as_slice(), self.tenant.bytes(), record.bytes(), &version.to_be_bytes()].concat();
            let kind = if *restricted { "restricted parts" } else { "parts" };
            self.unseal(kind, format!("part of record {record}"), sealed, &bound, loot);
        }
        for (seq, sealed) in &rows.values {
            let bound = [b"value".as_slice(), self.tenant.bytes(), &seq.to_be_bytes()].concat();
            self.unseal("journal values", format!("value of journal entry {seq}"), sealed, &bound, loot);
        }
    }

    /// What has to be asked of the engine: full-text terms, statistics, sealed parts with what binds them to their place.
    fn by_table(&self, folder: &Path, loot: &mut Loot) {
        // Opening a copy may change it (its write-ahead log is folded in), so a copy of the copy is opened.
        let scratch = crate::TempDir::new().expect("a folder for the search");
        for name in ["records.db", "records.db-wal", "index.db", "index.db-wal"] {
            if folder.join(name).exists() {
                std::fs::copy(folder.join(name), scratch.join(name)).expect("a file of the copy can be copied");
            }
        }
        let open = |name: &str, pages| {
            let path = scratch.join(name);
            path.exists().then(|| {
                sqlite::open(&path, self.ring.page_key(pages), Mode::Writer, &Settings::default())
                    .expect("the copy opens")
            })
        };
        if let Some(index) = open("index.db", Pages::Index) {
            let mut terms = BTreeSet::new();
            index
                .execute_batch("CREATE VIRTUAL TABLE temp.spied USING fts5vocab(main, ft, 'row')")
                .expect("the index has full text");
            let mut all = index.prepare("SELECT term FROM temp.spied").expect("terms can be read");
            for term in all.query_map([], |row| row.get::<_, String>(0)).expect("terms can be read") {
                terms.insert(term.expect("a term"));
            }
            let bytes = terms.into_iter().collect::<Vec<_>>().join("\n").into_bytes();
            loot.found.push(Found { kind: "index.db terms".into(), place: "index.db terms".into(), bytes });
            statistics("index.db", &index, loot);
        }
        let Some(records) = open("records.db", Pages::Records) else { return };
        statistics("records.db", &records, loot);
        drop(records);
        // The copy of the copy lies as a tenant's folder does.
        let paths = Paths::of_files(scratch.path().to_owned(), scratch.path().to_owned());
        self.unseal_rows(&SealedRows::of(&paths, self.ring), loot);
    }

    fn unseal(&self, kind: &str, place: String, sealed: &[u8], bound: &[u8], loot: &mut Loot) {
        let key = keys::sealed_unit(sealed).ok().and_then(|unit| self.keys.get(&unit));
        match key.and_then(|key| key.open(sealed, bound).ok()) {
            Some(plain) => {
                loot.opened += 1;
                loot.found.push(Found { kind: kind.into(), place, bytes: plain.to_vec() });
            }
            None => loot.closed += 1,
        }
    }
}

fn statistics(name: &str, file: &rusqlite::Connection, loot: &mut Loot) {
    let mut tables =
        file.prepare("SELECT name FROM sqlite_schema WHERE name LIKE 'sqlite_stat%'").expect("the schema can be read");
    let names = tables.query_map([], |row| row.get::<_, String>(0)).expect("the schema can be read");
    for table in names.map(|name| name.expect("a name")) {
        let mut all = file.prepare(&format!("SELECT * FROM {table}")).expect("statistics can be read");
        let columns = all.column_count();
        let mut rows = all.query([]).expect("statistics can be read");
        let mut bytes = Vec::new();
        while let Ok(Some(row)) = rows.next() {
            for column in 0..columns {
                if let Ok(value) = row.get_ref(column).and_then(|value| Ok(value.as_bytes()?.to_vec())) {
                    bytes.extend(value);
                }
            }
        }
        loot.found.push(Found { kind: format!("{name} statistics"), place: table, bytes });
    }
}

/// Decrypts every page of a file: those of tables, of overflow, and free ones.
fn database(name: &str, bytes: &[u8], key: &[u8; 32], loot: &mut Loot) {
    for (number, page) in bytes.chunks(PAGE).enumerate() {
        let plain = decrypt(page, number == 0, key);
        assert!(
            number > 0 || plain.get(21..24) == Some(&[64, 32, 32]),
            "{name}: the first page is not decrypted as SQLCipher encrypted it"
        );
        loot.found.push(Found { kind: name.to_owned(), place: format!("{name} page {}", number + 1), bytes: plain });
    }
}

/// Decrypts every frame of a write-ahead log by its place, behind the last commit too.
fn write_ahead_log(name: &str, bytes: &[u8], key: &[u8; 32], loot: &mut Loot) {
    let frames = bytes.get(WAL_HEADER..).unwrap_or_default().chunks(FRAME_HEADER + PAGE);
    for (number, frame) in frames.enumerate() {
        let (header, page) = frame.split_at(frame.len().min(FRAME_HEADER));
        let first = header.get(..4) == Some(&[0, 0, 0, 1]);
        let plain = decrypt(page, first, key);
        loot.found.push(Found {
            kind: format!("{name}-wal"),
            place: format!("{name}-wal frame {}", number + 1),
            bytes: plain,
        });
    }
}

/// AES-256-CBC without padding. What is not whole blocks is given as it is.
fn decrypt(page: &[u8], first: bool, key: &[u8; 32]) -> Vec<u8> {
    if page.len() != PAGE {
        return page.to_vec();
    }
    let cipher = Aes256::new(GenericArray::from_slice(key));
    let (body, reserved) = page.split_at(PAGE - RESERVED);
    let body = if first { body.get(SALT..).unwrap_or_default() } else { body };
    let mut before = reserved.get(..16).unwrap_or_default().to_vec();
    let mut plain = if first { vec![0; SALT] } else { Vec::new() };
    for block in body.chunks(16) {
        let mut out = GenericArray::clone_from_slice(block);
        cipher.decrypt_block(&mut out);
        plain.extend(out.iter().zip(&before).map(|(byte, mask)| byte ^ mask));
        before = block.to_vec();
    }
    plain
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = std::fs::read_dir(folder) else { return found };
    for entry in entries.filter_map(Result::ok) {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.is_file() {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The forms in which a string may lie about: as it is, folded for search, as a sort key, in UTF-16, in hexadecimal digits, escaped; of
/// something with enough digits, the digits.
pub fn forms(text: &str) -> BTreeSet<Vec<u8>> {
    let mut spellings =
        BTreeSet::from([text.to_owned(), text.to_lowercase(), text.to_uppercase(), store::text::fold(text)]);
    let plain: String = text.chars().filter(|letter| letter.is_alphanumeric()).collect();
    spellings.insert(store::text::fold(&plain));
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    if digits.len() >= 7 {
        spellings.insert(digits.trim_start_matches('0').to_owned());
    }
    let mut forms = BTreeSet::new();
    // What lists are sorted by: the beginning of it tells one text from others as well as the text itself.
    let sorted = store::index::Key::text(text);
    forms.extend(sorted.bytes().get(..SORT_KEY).map(<[u8]>::to_vec));
    for spelling in spellings.into_iter().filter(|spelling| spelling.len() >= 5) {
        forms.insert(spelling.encode_utf16().flat_map(u16::to_le_bytes).collect());
        forms.insert(spelling.encode_utf16().flat_map(u16::to_be_bytes).collect());
        // As JSON writes what is not ASCII, if somebody's writer did.
        let escaped: String = spelling
            .chars()
            .flat_map(|letter| {
                if letter.is_ascii() { vec![letter] } else { format!("\\u{:04x}", u32::from(letter)).chars().collect() }
            })
            .collect();
        forms.insert(escaped.into_bytes());
        forms.insert(data_encoding::HEXLOWER.encode(spelling.as_bytes()).into_bytes());
        forms.insert(spelling.into_bytes());
    }
    forms
}

impl Loot {
    /// For each planted string the kinds of places that it is found in, with one place of each; strings that are found nowhere have no line.
    pub fn ghosts<'p>(&self, planted: &[&'p str]) -> BTreeMap<&'p str, BTreeMap<String, String>> {
        // Beginnings of four bytes lead to the forms; searching for each form by itself would take minutes.
        let mut by_start: HashMap<[u8; 4], Vec<(Vec<u8>, &'p str)>> = HashMap::new();
        for text in planted {
            for form in forms(text) {
                if let Some(start) = form.first_chunk::<4>() {
                    by_start.entry(*start).or_default().push((form, text));
                }
            }
        }
        let mut ghosts: BTreeMap<&str, BTreeMap<String, String>> = BTreeMap::new();
        for found in &self.found {
            for at in 0..found.bytes.len().saturating_sub(3) {
                let rest = found.bytes.get(at..).unwrap_or_default();
                let Some(candidates) = rest.first_chunk::<4>().and_then(|start| by_start.get(start)) else { continue };
                for (form, text) in candidates {
                    if rest.starts_with(form) {
                        ghosts
                            .entry(text)
                            .or_default()
                            .entry(found.kind.clone())
                            .or_insert_with(|| found.place.clone());
                    }
                }
            }
        }
        ghosts
    }

    /// Places where these very bytes lie.
    pub fn places_of(&self, needle: &[u8]) -> Vec<&str> {
        let holds = |found: &&Found| found.bytes.windows(needle.len()).any(|window| window == needle);
        self.found.iter().filter(holds).map(|found| found.place.as_str()).collect()
    }
}
