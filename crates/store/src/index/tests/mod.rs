//! The index as a whole.
mod gone;
mod lists;

use super::*;
use crate::text;
use base::{RecordId, Timestamp};
use std::collections::BTreeSet;

/// A row with a title, of scope 0.
pub(super) fn row(rid: i64, title: &str) -> IndexRow {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&rid.to_be_bytes());
    IndexRow {
        rid,
        id: RecordId::from_bytes(id),
        module: "contact".into(),
        scope: 0,
        restricted: false,
        version: 1,
        title: title.into(),
        created_at: Timestamp(1_000 + rid),
        changed_at: Timestamp(2_000 + rid),
        doc: "{}".into(),
        keys: vec![],
        tokens: text::index_tokens(title),
    }
}

pub(super) fn contact() -> ModuleColumns {
    let column = |name: &str, kind, many| Column { name: name.into(), kind, many };
    ModuleColumns {
        module: "contact".into(),
        columns: vec![
            column("city", ColumnKind::Text, false),
            column("kind", ColumnKind::Choice, false),
            column("amount", ColumnKind::Number, false),
            column("tag", ColumnKind::Choice, true),
        ],
    }
}

pub(super) fn index() -> Index {
    let connection = Connection::open_in_memory().unwrap();
    connection.execute_batch(Index::PRAGMAS).unwrap();
    let mut index = Index::open(connection).unwrap();
    assert_eq!(index.ensure_module(&contact()).unwrap(), Ensured::Created);
    index
}

pub(super) fn all() -> ListQuery {
    ListQuery::new("contact", BTreeSet::from([0]))
}

fn titles(index: &Index, query: &ListQuery) -> Vec<String> {
    list(index.connection(), query).unwrap().rows.into_iter().map(|row| row.title).collect()
}

fn find(index: &Index, typed: &str) -> Vec<i64> {
    let query = SearchQuery {
        modules: vec!["contact".into(), "vehicle".into()],
        scopes: BTreeSet::from([0]),
        terms: text::query_terms(typed),
        order: SearchOrder::Newest,
        after: None,
        limit: 50,
        include_restricted: false,
        row_budget: 1_000,
    };
    search(index.connection(), &query).unwrap().rows.into_iter().map(|row| row.rid).collect()
}

#[test]
fn what_is_put_is_found_and_what_is_removed_is_not() {
    let mut index = index();
    let names = ["Müller, Sabine", "Muster, Max", "Straßer, Änne"];
    let puts: Vec<_> = names.iter().zip(1..).map(|(name, rid)| IndexChange::Put(row(rid, name))).collect();
    index.apply(&puts, Position(3)).unwrap();
    assert_eq!(index.position().unwrap(), Position(3));
    assert_eq!(position(index.connection()).unwrap(), Position(3));
    for typed in ["mueller", "MULLER", "müller sab", "sabine"] {
        assert_eq!(find(&index, typed), [1], "{typed}");
    }
    assert_eq!(find(&index, "mu"), [2, 1], "newest first");
    assert_eq!(find(&index, "strasser"), [3]);
    assert_eq!(titles(&index, &all()), ["Straßer, Änne", "Muster, Max", "Müller, Sabine"]);
    let shown = &list(index.connection(), &all()).unwrap().rows[0];
    assert_eq!((shown.id, shown.created_at, shown.changed_at), (row(3, "").id, Timestamp(1_003), Timestamp(2_003)));

    // A new name: found by the new one only.
    let renamed = IndexRow { version: 2, changed_at: Timestamp(9_000), ..row(1, "Maier, Sabine") };
    index.apply(&[IndexChange::Put(renamed)], Position(4)).unwrap();
    assert!(find(&index, "müller").is_empty());
    assert_eq!(find(&index, "maier"), [1]);
    assert_eq!(find(&index, "sabine"), [1]);
    let by_change = ListQuery { sort: vec![("changed_at".into(), true)], ..all() };
    assert_eq!(titles(&index, &by_change)[0], "Maier, Sabine");

    index
        .apply(
            &[
                IndexChange::Remove { rid: 2, module: "contact".into() },
                IndexChange::Remove { rid: 77, module: "contact".into() },
            ],
            Position(5),
        )
        .unwrap();
    assert!(find(&index, "mu").is_empty());
    assert_eq!(titles(&index, &all()), ["Straßer, Änne", "Maier, Sabine"]);
}

#[test]
fn the_last_change_of_a_batch_counts() {
    let mut index = index();
    let restrict = |rid, restricted| IndexChange::Restrict { rid, module: "contact".into(), restricted };
    let changes = [
        IndexChange::Put(row(1, "Erst")),
        IndexChange::Remove { rid: 1, module: "contact".into() },
        IndexChange::Put(row(1, "Zweit")),
        IndexChange::Put(row(2, "Weg")),
        IndexChange::Remove { rid: 2, module: "contact".into() },
        IndexChange::Put(row(3, "Gesperrt")),
        restrict(3, true),
        restrict(4, true),
    ];
    index.apply(&changes, Position(1)).unwrap();
    assert_eq!(titles(&index, &all()), ["Zweit"]);
    assert!(find(&index, "erst").is_empty());
    assert_eq!(find(&index, "zweit"), [1]);
}

#[test]
fn restricted_records_are_nowhere_unless_asked_for() {
    let mut index = index();
    let mut person = row(1, "Meier, Kim");
    person.keys = vec![("city".into(), Key::text("Köln")), ("tag".into(), Key::exact("vip"))];
    index.apply(&[IndexChange::Put(person), IndexChange::Put(row(2, "Meier, Jo"))], Position(1)).unwrap();
    let filter = |column: &str, test| Filter { column: column.into(), test };
    let city = ListQuery { filters: vec![filter("city", Test::Eq(Key::text("Köln")))], ..all() };
    let tag = ListQuery { filters: vec![filter("tag", Test::Eq(Key::exact("VIP")))], ..all() };
    let named = ListQuery { text: Some(text::query_terms("meier")), ..all() };
    let sorted = ListQuery { sort: vec![("title".into(), false)], ..all() };
    let seen = |index: &Index, include_restricted| {
        [&city, &tag, &named, &sorted]
            .map(|query| titles(index, &ListQuery { include_restricted, ..query.clone() }).len())
    };
    assert_eq!(seen(&index, false), [1, 1, 2, 2]);
    for (restricted, expected) in [(true, [0, 0, 1, 1]), (false, [1, 1, 2, 2])] {
        index.apply(&[IndexChange::Restrict { rid: 1, module: "contact".into(), restricted }], Position(2)).unwrap();
        assert_eq!(seen(&index, false), expected);
        assert_eq!(seen(&index, true), [1, 1, 2, 2]);
        assert_eq!(find(&index, "kim").len(), usize::from(!restricted));
        assert_eq!(count(index.connection(), &all(), 10).unwrap(), Count { count: expected[3] as u64, exact: true });
    }
    let nobody = ListQuery { scopes: BTreeSet::new(), ..all() };
    assert!(titles(&index, &nobody).is_empty());
    assert!(titles(&index, &ListQuery { scopes: BTreeSet::from([7]), ..all() }).is_empty());
}

#[test]
fn modules_grow_and_shrink() {
    let mut index = index();
    index.apply(&[IndexChange::Put(row(1, "Alt"))], Position(1)).unwrap();
    assert_eq!(index.ensure_module(&contact()).unwrap(), Ensured::Unchanged);
    let mut wider = contact();
    wider.columns.push(Column { name: "email".into(), kind: ColumnKind::Exact, many: false });
    wider.columns.retain(|column| column.name != "city");
    assert_eq!(index.ensure_module(&wider).unwrap(), Ensured::Reindex);
    let mut person = row(2, "Neu");
    person.keys = vec![("email".into(), Key::exact("neu@example.de"))];
    index.apply(&[IndexChange::Put(person)], Position(2)).unwrap();
    let by_mail = ListQuery { sort: vec![("email".into(), true)], ..all() };
    assert_eq!(titles(&index, &by_mail), ["Neu", "Alt"], "without a value last");
    let gone = ListQuery { sort: vec![("city".into(), true)], ..all() };
    assert!(matches!(list(index.connection(), &gone), Err(Error::Column(_))));
    // A column that becomes multi-valued starts empty.
    wider.columns.iter_mut().for_each(|column| column.many = true);
    assert_eq!(index.ensure_module(&wider).unwrap(), Ensured::Reindex);
    assert_eq!(titles(&index, &all()), ["Neu", "Alt"]);
    index.clear().unwrap();
    assert_eq!(index.position().unwrap(), Position(0));
    assert!(matches!(list(index.connection(), &all()), Err(Error::Module(_))));
    assert_eq!(index.ensure_module(&contact()).unwrap(), Ensured::Created);
    assert!(titles(&index, &all()).is_empty());
    assert!(find(&index, "alt").is_empty());
}

#[test]
fn only_plain_names_become_statements() {
    let mut index = index();
    for name in ["", "Contact", "a b", "x'; DROP TABLE ft; --", "9a", "_a", "ä", &"a".repeat(41)] {
        let module = ModuleColumns { module: name.into(), columns: vec![] };
        assert!(matches!(index.ensure_module(&module), Err(Error::Name(_))), "{name}");
        assert!(list(index.connection(), &ListQuery::new(name, BTreeSet::from([0]))).is_err(), "{name}");
        let column = ModuleColumns {
            module: "thing".into(),
            columns: vec![Column { name: name.into(), kind: ColumnKind::Text, many: false }],
        };
        assert!(matches!(index.ensure_module(&column), Err(Error::Name(_))), "{name}");
        let filter = Filter { column: name.into(), test: Test::IsNull };
        assert!(
            matches!(list(index.connection(), &ListQuery { filters: vec![filter], ..all() }), Err(Error::Column(_))),
            "{name}"
        );
    }
    let column = Column { name: "title".into(), kind: ColumnKind::Text, many: false };
    assert!(matches!(
        index.ensure_module(&ModuleColumns { module: "thing".into(), columns: vec![column] }),
        Err(Error::Name(_))
    ));
}

#[test]
fn relevance_puts_titles_first() {
    let mut index = index();
    let mut puts: Vec<_> = (1..=120).map(|rid| row(rid, if rid % 40 == 0 { "Meier GmbH" } else { "Firma" })).collect();
    for row in &mut puts {
        row.tokens = text::index_tokens("Firma Meier GmbH");
    }
    index.apply(&puts.into_iter().map(IndexChange::Put).collect::<Vec<_>>(), Position(1)).unwrap();
    let mut query = SearchQuery {
        modules: vec!["contact".into()],
        scopes: BTreeSet::from([0]),
        terms: text::query_terms("meier gmbh"),
        order: SearchOrder::Relevance,
        after: None,
        limit: 50,
        include_restricted: false,
        row_budget: 1_000,
    };
    let mut rids = Vec::new();
    loop {
        let page = search(index.connection(), &query).unwrap();
        rids.extend(page.rows.iter().map(|row| row.rid));
        query.after = page.next;
        if query.after.is_none() {
            break;
        }
    }
    assert_eq!(rids[..5], [120, 80, 40, 119, 118]);
    assert_eq!(rids.len(), 120);
    assert_eq!(rids.iter().collect::<BTreeSet<_>>().len(), 120);
}
