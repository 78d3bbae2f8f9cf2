//! What is fuzzed: whatever reads input from outside before anybody has judged it. Each function takes any bytes and must neither panic nor
//! break a promise that holds for every input; the promises are asserted here. `cargo xtask fuzz` looks for bytes that do.
#![expect(clippy::missing_panics_doc, reason = "a panic is how a target says that a promise was broken")]
use records::import::table::TableReader;
use records::import::{CardReader, Entry, Mapping, TableOptions, TargetField, apply, guess};
use std::cell::RefCell;
use std::io::Cursor;
use std::sync::OnceLock;
use store::module::{Definition, Map, Modules, NormaliseOptions, packs, parse};
use testkit::Business;

fn modules() -> &'static Modules {
    static MODULES: OnceLock<Modules> = OnceLock::new();
    MODULES.get_or_init(|| packs::load(&["core", "workshop"]).expect("our own packs are good"))
}

fn contact() -> &'static Definition {
    modules().get("contact").expect("the core pack has contacts")
}

/// What a reader gave as a record goes through the module's own reading, as an import does it; what comes out is canonical.
fn through_the_module(definition: &Definition, values: &Map) {
    let options = NormaliseOptions { patch: false, tolerant: true, zone: None };
    if let Ok(once) = definition.normalise(values, &options) {
        let twice = definition.normalise(&once, &options).expect("what was canonical is accepted");
        assert_eq!(once, twice, "what was canonical stays as it is");
    }
}

/// A table: every row is read or rejected, with lines that rise, and guessed mappings apply to whatever stands in it.
pub fn table(bytes: &[u8]) {
    let Ok(reader) = TableReader::open(Cursor::new(bytes.to_vec()), &TableOptions::default()) else { return };
    let (headers, separator) = (reader.headers().clone(), reader.separator());
    let mut last = 0;
    let mut rows = Vec::new();
    for row in reader {
        let line = row.as_ref().map_or_else(|reject| reject.line, |row| row.line);
        assert!(line > last, "line {line} after {last}");
        last = line;
        rows.extend(row);
    }
    let guessed = guess(
        "contact",
        &headers,
        &TargetField::all_of(contact()),
        rows.get(..rows.len().min(20)).unwrap_or_default(),
        separator,
    );
    if guessed.is_empty() {
        return;
    }
    assert_eq!(Mapping::parse(&guessed.mapping.to_toml()).expect("a guessed mapping is a good one"), guessed.mapping);
    for row in rows.iter().take(50) {
        for record in apply(&guessed.mapping, row).into_iter().flatten() {
            if let Some(definition) = modules().get(&record.module) {
                through_the_module(definition, &record.values);
            }
        }
    }
}

/// Address cards: every card is read or rejected, with lines that rise.
pub fn cards(bytes: &[u8]) {
    let Ok(reader) = CardReader::open(Cursor::new(bytes.to_vec()), true) else { return };
    let mut last = 0;
    for entry in reader {
        let line = match &entry {
            Ok(Entry::Card(card)) => card.line,
            Ok(Entry::Group(group)) => group.line,
            Err(reject) => reject.line,
        };
        assert!(line >= last, "line {line} after {last}");
        last = line;
        if let Ok(Entry::Card(card)) = entry {
            through_the_module(contact(), &card.fields);
        }
    }
}

/// A mapping file: what is accepted can be written and read again.
pub fn mapping(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(mapping) = Mapping::parse(text) {
        assert_eq!(Mapping::parse(&mapping.to_toml()).expect("what was written can be read"), mapping);
    }
}

/// A module's definition: it is good, or every problem names a place in the file; a good one takes any values without a panic.
pub fn module(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match parse(text, "fuzz.toml") {
        Ok(definition) => {
            let fields = definition.fields.iter().map(|field| (field.name.clone(), "1,5".into())).collect();
            through_the_module(&definition, &fields);
            drop(definition.title(&fields, &|_| None));
        }
        Err(problems) => {
            assert!(!problems.is_empty(), "refused without a reason");
            let lines = text.lines().count() + 1;
            assert!(problems.iter().all(|problem| problem.line <= lines && !problem.message.is_empty()));
        }
    }
}

thread_local! {
    /// A business with a few contacts, for lists.
    static BUSINESS: RefCell<Option<Business>> = const { RefCell::new(None) };
}

fn business() -> Business {
    let business = Business::new(&["core"]);
    for number in 0..40 {
        let family = if number % 3 == 0 { "Müller" } else { "Straßer" };
        let values = serde_json::json!({"given_name": format!("Vorname {number}"), "family_name": family,
            "birthday": format!("19{:02}-01-02", 50 + number), "emails": [format!("n{number}@example.de")], "origin": "fuzz", "activity": "customer-care"});
        let serde_json::Value::Object(values) = values else { unreachable!("an object was written") };
        let made: store::Result<_> =
            business.tenant().write(business.admin(), move |op| records::create(op, "contact", values));
        made.expect("a contact can be made");
    }
    business
}

/// The parameters of a list: refused with a reason, or answered with no more than was asked for, page after page without a repetition.
pub fn list(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Some(mut request) = web::list_request("contact", text) else { return };
    BUSINESS.with_borrow_mut(|kept| {
        let business = kept.get_or_insert_with(business);
        let mut reader = business.tenant().reader().expect("a reader");
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..50 {
            let Ok(page) = records::list(&mut reader, &business.admin(), &request) else { return };
            assert!(
                page.items.len()
                    <= usize::try_from(if request.limit == 0 { 50 } else { request.limit }).unwrap_or(usize::MAX)
            );
            for item in &page.items {
                assert!(seen.insert(item.id) || request.after.is_none(), "a record stands twice in a list");
            }
            match page.next {
                Some(next) => request.after = Some(next),
                None => return,
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    /// All files below a folder.
    fn files(folder: &Path) -> Vec<Vec<u8>> {
        let mut found = Vec::new();
        for entry in
            std::fs::read_dir(folder).expect("the folder is there").map(|entry| entry.expect("readable").path())
        {
            if entry.is_dir() {
                found.extend(files(&entry));
            } else {
                found.push(std::fs::read(entry).expect("readable"));
            }
        }
        found
    }

    /// What the fuzzers start from goes through every target, so that a target that refuses everything is noticed.
    #[test]
    fn the_targets_take_what_is_good() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        for bytes in files(&root.join("crates/records/tests-data/northwind")) {
            table(&bytes);
        }
        for bytes in files(&root.join("crates/records/tests-data/vcards")) {
            cards(&bytes);
        }
        for bytes in files(&root.join("packs")) {
            module(&bytes);
            mapping(&bytes);
        }
        for query in QUERIES {
            assert!(web::list_request("contact", query).is_some(), "{query}");
            list(query.as_bytes());
        }
    }

    const QUERIES: &[&str] = &[
        "",
        "q=mueller&limit=2",
        "filter[family_name]=M%C3%BCller&sort=-birthday,title&limit=3",
        "filter[birthday][gte]=1960-01-01&filter[birthday][lt]=1980-01-01&sort=birthday",
        "filter[family_name][in]=Müller,Öz&count=true",
        "filter[emails][prefix]=n1&fields=emails",
        "filter[organisation][empty]=true&sort=-changed_at",
    ];
}
