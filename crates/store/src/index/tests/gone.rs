//! Gone means gone: no page of the file holds anything of a removed record.
use super::*;
use std::path::{Path, PathBuf};

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("obhut-index-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn open(path: &Path) -> Index {
    let connection = Connection::open(path).unwrap();
    connection.execute_batch("PRAGMA journal_mode = WAL;").unwrap();
    connection.execute_batch(Index::PRAGMAS).unwrap();
    let mut index = Index::open(connection).unwrap();
    index.ensure_module(&contact()).unwrap();
    index
}

/// Letters from a number, the same each time, unlike those of any other number.
fn letters(mut number: u64, count: usize) -> String {
    number = (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (0..count)
        .map(|_| {
            number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            char::from(b'a' + u8::try_from((number >> 40) % 26).unwrap())
        })
        .collect()
}

fn person(rid: i64, round: u64) -> IndexRow {
    let number = u64::try_from(rid).unwrap() + round * 1_000_000;
    let (name, city) = (letters(number, 9), letters(number + 500_000, 7));
    let phone = format!("0{}", 17_000_000_000 + number * 7_919);
    let title = format!("{name}, {}", ["Sabine", "Jörg"][usize::try_from(number % 2).unwrap()]);
    IndexRow {
        doc: format!(r#"{{"city":"{city}","phone":"{phone}"}}"#),
        tokens: [title.as_str(), &city, &phone, &format!("{name}@example.de")].map(text::index_tokens).join(" "),
        keys: vec![
            ("city".into(), Key::exact(&city)),
            ("kind".into(), Key::exact("person")),
            ("amount".into(), Key::integer(rid)),
            ("tag".into(), Key::exact(&name)),
        ],
        ..row(rid, &title)
    }
}

/// What only this record has.
fn own_words(row: &IndexRow) -> Vec<Vec<u8>> {
    let mut words: Vec<Vec<u8>> = row
        .tokens
        .split(' ')
        .filter(|token| token.len() >= 7 && !["sabine", "example.de", "example"].contains(token))
        .map(|token| token.as_bytes().to_vec())
        .collect();
    words.push(Key::text(&row.title).bytes()[..12].to_vec());
    words
}

/// Which of the words are in the file; it is not encrypted here, so a search of its bytes sees every page, free ones too.
fn found_in(path: &Path, words: &[Vec<u8>]) -> Vec<String> {
    let bytes = std::fs::read(path).unwrap();
    // Windows of seven bytes lead to the words; searching for each word by itself would take minutes.
    let mut by_start: std::collections::HashMap<&[u8], Vec<&Vec<u8>>> = std::collections::HashMap::new();
    for word in words {
        by_start.entry(&word[..7]).or_default().push(word);
    }
    let mut found = BTreeSet::new();
    for place in 0..bytes.len().saturating_sub(7) {
        for word in by_start.get(&bytes[place..place + 7]).into_iter().flatten() {
            if bytes[place..].starts_with(word) {
                found.insert(String::from_utf8_lossy(word).into_owned());
            }
        }
    }
    found.into_iter().collect()
}

#[test]
fn nothing_of_a_removed_record_is_left_in_any_page() {
    removed_and_gone("gone", |mut index| {
        assert!(index.truncate_log().unwrap());
        index
    });
}

#[test]
fn what_a_failure_left_uncleared_is_cleared_at_the_next_opening() {
    removed_and_gone("failed", |index| {
        let path = PathBuf::from(index.connection().path().unwrap());
        drop(index); // as after a panic or a full disk: nobody has cleared anything
        let mut index = open(&path);
        assert!(index.truncate_log().unwrap());
        index
    });
}

#[test]
fn a_closed_index_leaves_no_log() {
    let folder = Folder::new("closed");
    let path = folder.0.join("index.db");
    let mut index = open(&path);
    index.apply(&[IndexChange::Put(person(1, 0))], Position(1)).unwrap();
    index.close().unwrap();
    assert!(!folder.0.join("index.db-wal").exists());
}

/// Puts, changes and removes many; `end` ends the work on the index and gives it back, or another of the same file.
fn removed_and_gone(name: &str, end: impl Fn(Index) -> Index) {
    let folder = Folder::new(name);
    let path = folder.0.join("index.db");
    let mut index = open(&path);
    let people = 6_000;
    for first in (1..=people).step_by(100) {
        let puts: Vec<_> = (first..first + 100).map(|rid| IndexChange::Put(person(rid, 0))).collect();
        index.apply(&puts, Position(first)).unwrap();
    }
    // Some are changed once more; what they were before must be gone as well.
    let changed: Vec<_> = (1..=people).filter(|rid| rid % 11 == 0).collect();
    for rids in changed.chunks(50) {
        let puts: Vec<_> = rids.iter().map(|rid| IndexChange::Put(person(*rid, 1))).collect();
        index.apply(&puts, Position(people)).unwrap();
    }
    let mut index = end(index);
    let removed: Vec<i64> = (1..=people).filter(|rid| rid % 7 == 0).collect();
    let (mut before, mut words) = (Vec::new(), Vec::new());
    for rid in &removed {
        let latest = u64::from(rid % 11 == 0);
        before.extend(own_words(&person(*rid, latest)));
        words.extend(own_words(&person(*rid, latest)));
    }
    words.extend(changed.iter().flat_map(|rid| own_words(&person(*rid, 0))));
    before.sort();
    before.dedup();
    assert_eq!(found_in(&path, &before).len(), before.len(), "the search must be able to find what is there");

    for rids in removed.chunks(40) {
        index.wipe(&rids.iter().map(|rid| ("contact".to_owned(), *rid)).collect::<Vec<_>>()).unwrap();
    }
    let index = end(index);
    assert_eq!(found_in(&path, &words), Vec::<String>::new());
    let terms: BTreeSet<Vec<u8>> = index
        .connection()
        .prepare("SELECT DISTINCT term FROM ft_terms")
        .unwrap()
        .query_map([], |row| row.get::<_, String>(0))
        .unwrap()
        .map(|term| term.unwrap().chars().skip(1).collect::<String>().into_bytes()) // behind the letter of the module
        .collect();
    assert!(words.iter().all(|word| !terms.contains(word)));
    // The others are all still found, by words whose page keys were replaced too.
    index.connection().execute_batch("INSERT INTO ft (ft) VALUES ('integrity-check')").unwrap();
    for rid in (1..=people).filter(|rid| rid % 7 != 0) {
        let kept = person(rid, u64::from(rid % 11 == 0));
        assert_eq!(find(&index, kept.title.split(',').next().unwrap()), [rid], "{}", kept.title);
    }
}

#[test]
fn page_keys_do_not_keep_a_word() {
    let folder = Folder::new("page-keys");
    let path = folder.0.join("index.db");
    let mut index = open(&path);
    // Numbers in a row: the key of a page is as long as its first number.
    let number = |rid: i64| format!("{}", 17_100_000_000 + rid);
    let puts: Vec<_> =
        (1..=4_000).map(|rid| IndexChange::Put(IndexRow { tokens: number(rid), ..row(rid, "x") })).collect();
    index.apply(&puts, Position(1)).unwrap();
    let keys: Vec<Vec<u8>> = index
        .connection()
        .prepare("SELECT term FROM ft_idx")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(|key| key.unwrap())
        .collect();
    let spelled: Vec<i64> =
        (1..=4_000).filter(|rid| keys.contains(&format!("0\u{101}{}", number(*rid)).into_bytes())).collect();
    assert!(spelled.len() > 3, "the table of pages spells out whole numbers, or this test shows nothing");
    index.wipe(&spelled.iter().map(|rid| ("contact".to_owned(), *rid)).collect::<Vec<_>>()).unwrap();
    assert!(index.truncate_log().unwrap());
    let words: Vec<_> = spelled.iter().map(|rid| number(*rid).into_bytes()).collect();
    assert_eq!(found_in(&path, &words), Vec::<String>::new());
    for rid in (1..=4_000).filter(|rid| !spelled.contains(rid)) {
        assert_eq!(find(&index, &number(rid)), [rid]);
    }
}
