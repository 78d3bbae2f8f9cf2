//! No text about a user lies in the databases: strings are planted through every way in and searched for in every table (C-04 to C-06, H-10, H-21, F-066).
use super::{House, caller, operator};
use crate::*;
use keys::Pages;
use std::path::Path;
use store::sqlite::{Mode, Settings as Engine};

const LOGIN: &str = "plantedlogin";
const RENAMED: &str = "plantedrenamed";
const NAME: &str = "Plantina Plantedname";
const EMAIL: &str = "plantedmail@example.org";
const PASSWORD: &str = "planted-Password-1";
const TYPED: &str = "plantedtyped";
const TOKEN_NAME: &str = "Plantedtoken";
const ADDRESS: &str = "203.0.113.77";

/// Every value of every table of a file, as bytes. Full text is read where it lies, in the tables behind the virtual ones.
fn values(path: &Path, key: &keys::PageKey) -> Vec<(String, Vec<u8>)> {
    let file = store::sqlite::open(path, key, Mode::Reader, &Engine::default()).unwrap();
    let mut tables = file
        .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name")
        .unwrap();
    let tables: Vec<String> = tables.query_map([], |row| row.get(0)).unwrap().map(|name| name.unwrap()).collect();
    assert!(!tables.is_empty());
    let mut values = Vec::new();
    for table in tables {
        let mut all = file.prepare(&format!("SELECT * FROM \"{table}\"")).unwrap();
        let columns = all.column_count();
        let mut rows = all.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            for column in 0..columns {
                let value = row.get_ref(column).unwrap();
                if let Ok(bytes) = value.as_bytes() {
                    values.push((table.clone(), bytes.to_vec()));
                }
            }
        }
    }
    values
}

/// The tables that hold a string, whatever its case, in UTF-8 or UTF-16.
fn places(values: &[(String, Vec<u8>)], planted: &str) -> Vec<String> {
    let lower = planted.to_ascii_lowercase();
    let wide: Vec<u8> = lower.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let holds = |bytes: &[u8]| {
        let bytes = bytes.to_ascii_lowercase();
        [lower.as_bytes(), &wide].iter().any(|needle| bytes.windows(needle.len()).any(|window| window == *needle))
    };
    values.iter().filter(|(_, bytes)| holds(bytes)).map(|(table, _)| table.clone()).collect()
}

#[test]
fn no_planted_string_lies_in_a_database() {
    let house = House::new();
    let admin = house.user("admin", Role::Administrator);
    let new = NewUser {
        login: LOGIN.into(),
        name: NAME.into(),
        email: Some(EMAIL.into()),
        role: Role::Administrator,
        password: Password::given(PASSWORD).unwrap(),
    };
    let id = house.tenant().write(caller(admin, Role::Administrator), move |op| create_user(op, &new)).unwrap();
    let begun = sign_in(house.tenant(), LOGIN, PASSWORD, Some(ADDRESS)).unwrap();
    assert!(sign_in(house.tenant(), LOGIN, TYPED, Some(ADDRESS)).is_err());
    assert!(sign_in(house.tenant(), TYPED, TYPED, Some(ADDRESS)).is_err());
    assert!(session(house.tenant(), &begun.token).unwrap().is_some());
    let (_, token_text) = house
        .tenant()
        .write(caller(id, Role::Administrator), |op| create_token(op, TOKEN_NAME, "contact:rw", None))
        .unwrap();
    assert!(token(house.tenant(), &token_text).unwrap().is_some());
    let (random, random_text) = Password::random().unwrap();
    house.write(move |op| reset_password(op, id, &random)).unwrap();
    let rename = Rename { login: Some(RENAMED.into()), ..Rename::default() };
    house.write(move |op| rename_user(op, id, &rename)).unwrap();

    let session_secret = begun.token.split('_').next_back().unwrap().to_owned();
    let token_secret = token_text.split('_').next_back().unwrap().to_owned();
    let planted = [
        LOGIN,
        RENAMED,
        NAME,
        "Plantina",
        EMAIL,
        PASSWORD,
        TYPED,
        TOKEN_NAME,
        ADDRESS,
        &session_secret,
        &token_secret,
        &random_text,
    ];
    let paths = house.tenant().shared().paths();
    let ring = house.tenant().shared().ring();
    let search = |when: &str| {
        let records = values(&paths.file("records.db"), ring.page_key(Pages::Records));
        let keys_file = values(&paths.file("keys.db"), ring.page_key(Pages::Keys));
        let index = values(&paths.file("index.db"), ring.page_key(Pages::Index));
        let ledger = vec![("ledger".to_owned(), std::fs::read(paths.ledger_file()).unwrap())];
        for found_in in [&records, &keys_file, &index, &ledger] {
            for planted in planted {
                assert_eq!(places(found_in, planted), Vec::<String>::new(), "{when}: {planted}");
            }
        }
        // The search finds what is there.
        assert_eq!(places(&records, "CONTACT:rw"), ["entry", "token"], "{when}");
        assert!(!places(&records, &id.to_string()).is_empty());
        assert!(keys_file.iter().any(|(table, _)| table == "unique_value"));
    };
    search("while the user is there");
    // And the names are there for those who may see them.
    assert_eq!(user(&mut house.tenant().reader().unwrap(), &operator(), id).unwrap().unwrap().name, NAME);
    assert_eq!(list_tokens(&mut house.tenant().reader().unwrap(), &operator()).unwrap()[0].name, TOKEN_NAME);
    delete_user(house.tenant(), &operator(), id, admin).unwrap();
    search("after the user was deleted");
    let shown = who(&mut house.tenant().reader().unwrap(), &operator(), &format!("user:{id}")).unwrap();
    assert_eq!(shown, Who::Deleted(2));
    house.verifies();
}
