//! Conditions of a query: whether a row meets one, and which part of an index holds those that do.
use super::apply::unpack;
use super::error::{Error, Result};
use super::key::{ABSENT, Key};
use super::layout::Layout;
use super::query::{Filter, MAX_IN, Test};
use crate::text::Term;
use base::Timestamp;

/// A stretch of keys: from the first, inclusive, to the second, exclusive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Range {
    pub from: Vec<u8>,
    pub to: Vec<u8>,
}

impl Range {
    /// All keys that stand for a value.
    pub(super) fn present() -> Self {
        Self { from: Vec::new(), to: ABSENT.to_vec() }
    }
    /// One key.
    pub(super) fn one(key: &[u8]) -> Self {
        Self { from: key.to_vec(), to: after(key) }
    }
    /// Whether it is one key.
    pub(super) fn is_one(&self) -> bool {
        self.to.split_last() == Some((&0, self.from.as_slice()))
    }
    /// What both hold.
    pub(super) fn and(&self, other: &Self) -> Self {
        Self { from: self.from.clone().max(other.from.clone()), to: self.to.clone().min(other.to.clone()) }
    }
}

/// The key right behind a key.
pub(super) fn after(key: &[u8]) -> Vec<u8> {
    [key, &[0]].concat()
}

/// The first key behind all that begin so.
fn after_prefix(prefix: &[u8]) -> Vec<u8> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if last < 0xff {
            end.push(last + 1);
            return end;
        }
    }
    ABSENT.to_vec()
}

/// What a condition looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Subject {
    /// Key column of the row table, and its place among the columns that the query reads.
    Single { column: String, place: usize },
    /// Multi-valued column by number.
    Many { number: i64 },
    /// When the record was created; has no index of its own.
    Created,
    /// The tokens.
    Text { terms: Vec<Term>, expression: String },
}

/// One condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Condition {
    pub subject: Subject,
    /// Not used for text.
    pub test: Test,
}

/// What is read of a row to judge it.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub part: i64,
    pub created_at: i64,
    pub many: Vec<u8>,
    pub tokens: String,
    /// The key columns that the query reads.
    pub keys: Vec<Vec<u8>>,
}

/// Place of a key column among those that the query reads.
pub(super) fn place_of(needed: &mut Vec<String>, column: &str) -> usize {
    needed.iter().position(|name| name == column).unwrap_or_else(|| {
        needed.push(column.to_owned());
        needed.len() - 1
    })
}

impl Condition {
    /// Reads a filter.
    pub(super) fn from_filter(filter: &Filter, layout: &Layout, needed: &mut Vec<String>) -> Result<Self> {
        if let Test::In(keys) = &filter.test
            && keys.len() > MAX_IN
        {
            return Err(Error::TooMany { what: "values of a filter", most: MAX_IN });
        }
        let single =
            |column: String, needed: &mut Vec<String>| Subject::Single { place: place_of(needed, &column), column };
        let subject = match filter.column.as_str() {
            "created_at" => Subject::Created,
            "title" | "changed_at" => single(format!("k_{}", filter.column), needed),
            name => match layout.column(name) {
                Some(column) if column.many => Subject::Many { number: column.number },
                Some(column) => single(format!("k_{}", column.name), needed),
                None => return Err(Error::Column(name.to_owned())),
            },
        };
        Ok(Self { subject, test: filter.test.clone() })
    }
    /// Whether a row meets it.
    pub(super) fn holds(&self, facts: &Facts) -> bool {
        match &self.subject {
            Subject::Single { place, .. } => facts.keys.get(*place).is_some_and(|key| holds(&self.test, key)),
            Subject::Created => holds(&self.test, Key::moment(Timestamp(facts.created_at)).bytes()),
            Subject::Text { terms, .. } => terms.iter().all(|term| term.matches(&facts.tokens)),
            Subject::Many { number } => {
                let values = unpack(&facts.many);
                let mut own = values.iter().filter(|(column, _)| column == number).map(|(_, key)| key.as_slice());
                match &self.test {
                    Test::IsNull => own.next().is_none(),
                    Test::Ne(_) => own.all(|key| holds(&self.test, key)),
                    test => own.any(|key| holds(test, key)),
                }
            }
        }
    }
    /// The stretches of its index that hold exactly the rows which meet it; `None` if it excludes too little for an index to help.
    pub(super) fn ranges(&self) -> Option<Vec<Range>> {
        let many = match self.subject {
            Subject::Single { .. } => false,
            Subject::Many { .. } => true,
            Subject::Created | Subject::Text { .. } => return None,
        };
        let all = Range::present();
        Some(match &self.test {
            Test::Eq(key) => vec![Range::one(key.bytes())],
            Test::In(keys) => {
                let mut keys: Vec<_> = keys.iter().map(|key| Range::one(key.bytes())).collect();
                keys.sort_by(|left, right| left.from.cmp(&right.from));
                keys.dedup();
                keys
            }
            Test::Gt(key) => vec![Range { from: after(key.bytes()), ..all }],
            Test::Gte(key) => vec![Range { from: key.bytes().to_vec(), ..all }],
            Test::Lt(key) => vec![Range { to: key.bytes().to_vec(), ..all }],
            Test::Lte(key) => vec![Range { to: after(key.bytes()), ..all.clone() }.and(&all)],
            Test::Prefix(key) => vec![Range { from: key.bytes().to_vec(), to: after_prefix(key.bytes()) }.and(&all)],
            Test::IsNull if !many => vec![Range::one(ABSENT)],
            Test::IsNull | Test::Ne(_) | Test::NotNull => return None,
        })
    }
}

/// Whether a key passes a test.
fn holds(test: &Test, key: &[u8]) -> bool {
    let present = key != ABSENT;
    match test {
        Test::Eq(wanted) => key == wanted.bytes(),
        Test::Ne(other) => key != other.bytes(),
        Test::Gt(bound) => present && key > bound.bytes(),
        Test::Gte(bound) => present && key >= bound.bytes(),
        Test::Lt(bound) => present && key < bound.bytes(),
        Test::Lte(bound) => present && key <= bound.bytes(),
        Test::In(wanted) => wanted.iter().any(|wanted| key == wanted.bytes()),
        Test::Prefix(prefix) => present && key.starts_with(prefix.bytes()),
        Test::IsNull => !present,
        Test::NotNull => present,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key() -> impl Strategy<Value = Key> {
        prop_oneof![
            4 => proptest::collection::vec(prop_oneof![Just(0u8), Just(1), Just(0x7f), Just(0xfe)], 1..4).prop_map(Key::from_stored),
            1 => Just(Key::absent())
        ]
    }

    proptest! {
        /// A range must hold exactly the keys that pass the test, or lists would depend on the plan.
        #[test]
        fn ranges_say_what_tests_say(bound in key(), tried in key(), more in proptest::collection::vec(key(), 0..3)) {
            let tests = [Test::Eq(bound.clone()), Test::Gt(bound.clone()), Test::Gte(bound.clone()), Test::Lt(bound.clone()), Test::Lte(bound.clone()),
                Test::Prefix(bound), Test::In(more), Test::IsNull];
            for test in tests {
                let condition = Condition { subject: Subject::Single { column: "k_x".into(), place: 0 }, test };
                let in_ranges = condition.ranges().unwrap().iter().any(|range| tried.bytes() >= range.from.as_slice() && tried.bytes() < range.to.as_slice());
                prop_assert_eq!(in_ranges, holds(&condition.test, tried.bytes()), "{:?}", condition.test);
            }
        }
    }
}
