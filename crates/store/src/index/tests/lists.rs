//! Whatever way the planner goes, the list is the one that filtering and sorting everything gives.
use super::super::list::{Effort, list_with};
use super::*;
use proptest::prelude::*;

const CITIES: [&str; 5] = ["Köln", "Kölln", "koblenz", "Österreich", "Zwickau"];
const NAMES: [&str; 6] = ["Müller GmbH", "müller gmbh", "Maier", "Ärger", "Zoë Straße", "Muller AG"];

#[derive(Debug, Clone)]
struct Person {
    name: usize,
    city: Option<usize>,
    kind: usize,
    amount: Option<i64>,
    tags: Vec<usize>,
    scope: i64,
    restricted: bool,
}

fn person() -> impl Strategy<Value = Person> {
    let tags = proptest::collection::vec(0..3usize, 0..3);
    (
        0..NAMES.len(),
        proptest::option::of(0..CITIES.len()),
        0..2usize,
        proptest::option::of(-5..5i64),
        tags,
        0..3i64,
        proptest::bool::weighted(0.1),
    )
        .prop_map(|(name, city, kind, amount, tags, scope, restricted)| Person {
            name,
            city,
            kind,
            amount,
            tags,
            scope,
            restricted,
        })
}

impl Person {
    fn keys(&self, column: &str) -> Vec<Key> {
        match column {
            "title" => vec![Key::text(NAMES[self.name])],
            "city" => self.city.map(|city| Key::text(CITIES[city])).into_iter().collect(),
            "kind" => vec![Key::exact(["person", "firm"][self.kind])],
            "amount" => self.amount.map(Key::integer).into_iter().collect(),
            _ => self.tags.iter().map(|tag| Key::exact(["a", "b", "c"][*tag])).collect(),
        }
    }
    fn row(&self, rid: i64) -> IndexRow {
        let columns = ["city", "kind", "amount", "tag"];
        IndexRow {
            scope: self.scope,
            restricted: self.restricted,
            keys: columns
                .iter()
                .flat_map(|column| self.keys(column).into_iter().map(|key| ((*column).to_owned(), key)))
                .collect(),
            ..row(rid, NAMES[self.name])
        }
    }
    fn passes(&self, filter: &Filter) -> bool {
        let keys = self.keys(&filter.column);
        match &filter.test {
            Test::Eq(wanted) => keys.contains(wanted),
            Test::Ne(other) => !keys.contains(other),
            Test::Gt(bound) => keys.iter().any(|key| key > bound),
            Test::Gte(bound) => keys.iter().any(|key| key >= bound),
            Test::Lt(bound) => keys.iter().any(|key| key < bound),
            Test::Lte(bound) => keys.iter().any(|key| key <= bound),
            Test::In(wanted) => keys.iter().any(|key| wanted.contains(key)),
            Test::Prefix(prefix) => keys.iter().any(|key| key.bytes().starts_with(prefix.bytes())),
            Test::IsNull => keys.is_empty(),
            Test::NotNull => !keys.is_empty(),
        }
    }
}

fn filter() -> impl Strategy<Value = Filter> {
    let column = prop_oneof![Just("title"), Just("city"), Just("kind"), Just("amount"), Just("tag")];
    (column, 0..10usize, 0..6usize, 0..6usize).prop_map(|(column, test, one, other)| {
        let key = |n: usize| match column {
            "title" => Key::text(NAMES[n]),
            "city" => Key::text(CITIES[n % 5]),
            "kind" => Key::exact(["person", "firm"][n % 2]),
            "amount" => Key::integer(i64::try_from(n).unwrap() - 3),
            _ => Key::exact(["a", "b", "c"][n % 3]),
        };
        let prefix = if column == "city" { Key::text_prefix("kö") } else { Key::text_caseless("müller GMBH") };
        let test = match test {
            0 | 1 => Test::Eq(key(one)),
            2 => Test::Ne(key(one)),
            3 => Test::Gt(key(one)),
            4 => Test::Gte(key(one)),
            5 => Test::Lt(key(one)),
            6 => Test::Lte(key(one)),
            7 => Test::In(vec![key(one), key(other)]),
            8 => {
                if one < 3 {
                    Test::IsNull
                } else {
                    Test::NotNull
                }
            }
            _ => Test::Prefix(prefix),
        };
        Filter { column: column.into(), test }
    })
}

fn sort() -> impl Strategy<Value = Vec<(String, bool)>> {
    let column =
        prop_oneof![Just("title"), Just("city"), Just("kind"), Just("amount"), Just("changed_at"), Just("created_at")];
    proptest::collection::vec((column.prop_map(str::to_owned), any::<bool>()), 0..3)
}

/// The same list without an index.
fn by_hand(people: &[Person], query: &ListQuery) -> Vec<i64> {
    let mut rows: Vec<(i64, &Person)> = (1..).zip(people).collect();
    rows.retain(|(_, person)| {
        query.scopes.contains(&person.scope)
            && (query.include_restricted || !person.restricted)
            && query.filters.iter().all(|filter| person.passes(filter))
            && query
                .text
                .as_ref()
                .is_none_or(|terms| terms.iter().all(|term| term.matches(&text::index_tokens(NAMES[person.name]))))
    });
    rows.sort_by(|(left_rid, left), (right_rid, right)| {
        let mut tie = true;
        for (column, descending) in &query.sort {
            tie = query.sort[0].1;
            let order = match column.as_str() {
                "created_at" | "changed_at" => left_rid.cmp(right_rid),
                _ => match (left.keys(column).first(), right.keys(column).first()) {
                    (Some(left), Some(right)) => left.cmp(right),
                    (Some(_), None) => return std::cmp::Ordering::Less,
                    (None, Some(_)) => return std::cmp::Ordering::Greater,
                    (None, None) => continue,
                },
            };
            if column == "created_at" {
                tie = query.sort[0].1; // nothing behind it decides
                let _ = descending;
                break;
            }
            if order.is_ne() {
                return if *descending { order.reverse() } else { order };
            }
        }
        if tie { right_rid.cmp(left_rid) } else { left_rid.cmp(right_rid) }
    });
    rows.into_iter().map(|(rid, _)| rid).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn every_way_gives_the_same_list(
        people in proptest::collection::vec(person(), 0..60),
        filters in proptest::collection::vec(filter(), 0..3),
        sort in sort(),
        scopes in proptest::collection::btree_set(0..3i64, 0..3),
        include_restricted: bool,
        searched in proptest::option::of(prop_oneof![Just("muller"), Just("mu"), Just("gmbh müller"), Just("zz")]),
        limit in 1u32..7,
    ) {
        let mut index = index();
        let puts: Vec<_> = (1..).zip(&people).map(|(rid, person)| IndexChange::Put(person.row(rid))).collect();
        index.apply(&puts, Position(1)).unwrap();
        let query = ListQuery { filters, sort, scopes, include_restricted, limit, text: searched.map(text::query_terms), ..all() };
        let expected = by_hand(&people, &query);
        let efforts = [(0, 0, 0), (100, 1000, 100), (0, 1000, 0), (0, 3, 100), (0, 10, 10), (3, 20, 20)];
        for (few, walk_first, many) in efforts {
            let mut query = query.clone();
            let mut rids = Vec::new();
            for _ in 0..=people.len() {
                let page = list_with(index.connection(), &query, Effort { few, walk_first, many }).unwrap();
                prop_assert!(page.rows.len() <= limit as usize);
                rids.extend(page.rows.iter().map(|row| row.rid));
                query.after = page.next;
                if query.after.is_none() { break }
            }
            prop_assert_eq!(&rids, &expected, "few {} walk {} many {}", few, walk_first, many);
        }
        let counted = count(index.connection(), &query, 1_000).unwrap();
        prop_assert_eq!(counted, Count { count: expected.len() as u64, exact: true });
    }
}

#[test]
fn a_list_that_costs_too_much_names_what_helps() {
    let mut index = index();
    let puts: Vec<_> = (1..=500)
        .map(|rid| IndexRow {
            keys: vec![("kind".into(), Key::exact("person")), ("amount".into(), Key::integer(rid % 7))],
            ..row(rid, &format!("N{rid}"))
        })
        .map(IndexChange::Put)
        .collect();
    index.apply(&puts, Position(1)).unwrap();
    let one = Filter { column: "kind".into(), test: Test::Ne(Key::exact("person")) };
    let query = ListQuery { filters: vec![one], sort: vec![("title".into(), false)], row_budget: 100, ..all() };
    let Err(Error::TooBroad { helpful }) = list(index.connection(), &query) else { panic!("must be refused") };
    assert_eq!(helpful, ["city", "amount", "tag", "q"]);
    let wide = ListQuery { row_budget: 2_000, ..query.clone() };
    assert!(list(index.connection(), &wide).unwrap().rows.is_empty());
    // All rows share the first key: they would all have to be ordered by the second.
    let query = ListQuery { sort: vec![("kind".into(), false), ("amount".into(), false)], row_budget: 100, ..all() };
    assert!(matches!(list(index.connection(), &query), Err(Error::TooBroad { .. })));
    assert_eq!(count(index.connection(), &all(), 200).unwrap(), Count { count: 200, exact: false });
    assert_eq!(
        count(index.connection(), &ListQuery { row_budget: 50, ..all() }, 200).unwrap(),
        Count { count: 50, exact: false }
    );
    for limit in [0, 201] {
        assert!(matches!(list(index.connection(), &ListQuery { limit, ..all() }), Err(Error::TooMany { .. })));
    }
}
