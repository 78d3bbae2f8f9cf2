//! A query made ready: names checked, parts and conditions worked out, and the statements that read for it.
use super::condition::{Condition, Facts, Range, Subject, place_of};
use super::error::{Error, Result};
use super::fulltext;
use super::key::ABSENT;
use super::layout::{Layout, part_of};
use super::query::{Filter, ListQuery, MAX_FILTERS, MAX_SCOPES, MAX_SORTS, Test};
use super::walk::{Budget, Source, walk};
use crate::text::Term;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension};
use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::ops::ControlFlow;

/// One column of the order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sort {
    /// Key column, and its place among the columns that are read.
    pub column: String,
    pub place: usize,
    pub descending: bool,
}

/// A row that belongs on the page: sort keys and record number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub keys: Vec<Vec<u8>>,
    pub rid: i64,
}

/// A query made ready.
pub(super) struct Plan<'c> {
    pub connection: &'c Connection,
    pub layout: Layout,
    pub parts: Vec<i64>,
    pub conditions: Vec<Condition>,
    /// Empty: by record number.
    pub sorts: Vec<Sort>,
    /// Direction of the record number, which decides between equals.
    pub descending: bool,
    pub after: Option<Found>,
    /// What a cursor of this query is bound to.
    pub bound_to: String,
    /// Rows that are wanted: the page and one more.
    pub wanted: usize,
    facts_sql: String,
    /// Rows judged, and how many of them met each condition (with all others on the same subject).
    tally: RefCell<(u32, Vec<u32>)>,
}

/// The parts of the indexes that a caller sees.
pub(super) fn parts_of(scopes: &BTreeSet<i64>, include_restricted: bool) -> Result<Vec<i64>> {
    if scopes.len() > MAX_SCOPES {
        return Err(Error::TooMany { what: "scopes", most: MAX_SCOPES });
    }
    let restricted: &[bool] = if include_restricted { &[false, true] } else { &[false] };
    Ok(scopes.iter().flat_map(|scope| restricted.iter().filter_map(|flag| part_of(*scope, *flag))).collect())
}

/// The statement that reads what conditions look at.
fn facts_statement(layout: &Layout, needed: &[String], many: bool, tokens: bool) -> String {
    let keys = needed.iter().fold(String::new(), |list, column| list + ", " + column);
    let many = if many { "many" } else { "x''" };
    let tokens = if tokens { "tokens" } else { "''" };
    format!("SELECT part, created_at, {many}, {tokens}{keys} FROM {} WHERE rid = ?1", layout.table())
}

impl<'c> Plan<'c> {
    /// Makes a query ready; refuses names and numbers that are out of bounds.
    pub(super) fn new(connection: &'c Connection, query: &ListQuery) -> Result<Self> {
        let layout = Layout::load(connection, &query.module)?;
        let mut needed = Vec::new();
        let mut conditions = conditions(&layout, &query.filters, query.text.as_deref(), &mut needed)?;
        if query.sort.len() > MAX_SORTS {
            return Err(Error::TooMany { what: "sort columns", most: MAX_SORTS });
        }
        let (mut sorts, mut descending) = (Vec::new(), None);
        for (name, backwards) in &query.sort {
            descending.get_or_insert(*backwards);
            let column = match name.as_str() {
                // Numbers are given in the order of creation, so this order needs no index; what follows it decides nothing.
                "created_at" => break,
                "title" | "changed_at" => format!("k_{name}"),
                _ => match layout.column(name) {
                    Some(column) if !column.many => format!("k_{}", column.name),
                    _ => return Err(Error::Column(name.clone())),
                },
            };
            sorts.push(Sort { place: place_of(&mut needed, &column), column, descending: *backwards });
        }
        // A cheap test first.
        conditions.sort_by_key(|condition| matches!(condition.subject, Subject::Text { .. }));
        let order = query
            .sort
            .iter()
            .fold(String::new(), |list, (name, backwards)| list + if *backwards { " -" } else { " " } + name);
        let bound_to = format!("{}{order}", query.module);
        let after = query.after.as_ref().map(|cursor| cursor.read(&bound_to, sorts.len())).transpose()?;
        let many = conditions.iter().any(|condition| matches!(condition.subject, Subject::Many { .. }));
        let tokens = conditions.iter().any(|condition| matches!(condition.subject, Subject::Text { .. }));
        Ok(Self {
            facts_sql: facts_statement(&layout, &needed, many, tokens),
            tally: RefCell::new((0, vec![0; conditions.len()])),
            connection,
            parts: parts_of(&query.scopes, query.include_restricted)?,
            conditions,
            sorts,
            descending: descending.unwrap_or(true),
            after: after.map(|(keys, rid)| Found { keys, rid }),
            bound_to,
            wanted: usize::try_from(query.limit).unwrap_or(usize::MAX).saturating_add(1),
            layout,
        })
    }
    /// Reads a row and returns it if it belongs to the answer.
    pub(super) fn judge(&self, rid: i64) -> Result<Option<Found>> {
        let facts = self
            .connection
            .prepare_cached(&self.facts_sql)?
            .query_row([rid], |row| {
                let keys =
                    (4..row.as_ref().column_count()).map(|place| row.get(place)).collect::<rusqlite::Result<_>>()?;
                Ok(Facts { part: row.get(0)?, created_at: row.get(1)?, many: row.get(2)?, tokens: row.get(3)?, keys })
            })
            .optional()?;
        let Some(facts) = facts else { return Ok(None) };
        if !self.parts.contains(&facts.part) || !self.weigh(&facts) {
            return Ok(None);
        }
        let keys = self.sorts.iter().map(|sort| facts.keys.get(sort.place).cloned().unwrap_or_default()).collect();
        let found = Found { keys, rid };
        let before = self.after.as_ref().is_some_and(|after| self.compare(&found, after) != Ordering::Greater);
        Ok((!before).then_some(found))
    }
    /// Whether a row meets all conditions; keeps count of which it meets.
    fn weigh(&self, facts: &Facts) -> bool {
        let (judged, met) = &mut *self.tally.borrow_mut();
        *judged += 1;
        let text = |condition: &Condition| matches!(condition.subject, Subject::Text { .. });
        let holds: Vec<bool> =
            self.conditions.iter().map(|condition| text(condition) || condition.holds(facts)).collect();
        for (count, condition) in met.iter_mut().zip(&self.conditions) {
            let alike = |(other, _): &(&Condition, &bool)| other.subject == condition.subject;
            *count += u32::from(self.conditions.iter().zip(&holds).filter(alike).all(|(_, holds)| *holds));
        }
        holds.iter().all(|holds| *holds)
            && self.conditions.iter().filter(|condition| text(condition)).all(|condition| condition.holds(facts))
    }
    /// About how many rows meet a condition, by those judged so far and the highest record number; 0 if that says nothing.
    pub(super) fn estimate(&self, place: usize) -> Result<u64> {
        let (judged, met) = &*self.tally.borrow();
        let text =
            self.conditions.get(place).is_some_and(|condition| matches!(condition.subject, Subject::Text { .. }));
        if text || *judged == 0 {
            return Ok(0);
        }
        let sql = format!("SELECT ifnull(max(rid), 0) FROM {}", self.layout.table());
        let rows: i64 = self.connection.prepare_cached(&sql)?.query_row([], |row| row.get(0))?;
        let met = met.get(place).copied().unwrap_or(0);
        Ok(u64::try_from(rows).unwrap_or(0).saturating_mul(met.into()) / u64::from(*judged))
    }
    /// The order of the list. Rows without a value come last, whatever the direction.
    pub(super) fn compare(&self, left: &Found, right: &Found) -> Ordering {
        let turn = |order: Ordering, descending: bool| if descending { order.reverse() } else { order };
        for (sort, (one, other)) in self.sorts.iter().zip(left.keys.iter().zip(&right.keys)) {
            let by_value = turn(one.cmp(other), sort.descending);
            let order = (one == ABSENT).cmp(&(other == ABSENT)).then(by_value);
            if order != Ordering::Equal {
                return order;
            }
        }
        turn(left.rid.cmp(&right.rid), self.descending)
    }
    fn direction(&self) -> &'static str {
        if self.descending { "DESC" } else { "ASC" }
    }
    /// A source per part over a stretch of an index, in the direction of the list.
    pub(super) fn stretch(&self, column: &str, range: &Range, after_rid: Option<i64>) -> Vec<Source> {
        let (table, index, direction) = (self.layout.table(), self.layout.index_of(column), self.direction());
        let beyond = self.beyond(after_rid, "?3");
        let start = format!("SELECT rid, {column} FROM {table} INDEXED BY {index} WHERE part = ?1 AND");
        let source = |part: &i64| {
            let mut parameters: Vec<Value> = vec![(*part).into(), range.from.clone().into()];
            let sql = if range.is_one() {
                parameters.extend(after_rid.map(Value::from));
                format!("{start} {column} = ?2{beyond} ORDER BY rid {direction}")
            } else {
                parameters.push(range.to.clone().into());
                format!("{start} {column} >= ?2 AND {column} < ?3 ORDER BY {column} {direction}, rid {direction}")
            };
            Source { sql, parameters }
        };
        self.parts.iter().map(source).collect()
    }
    /// A source per part over one key of a multi-valued column, by record number.
    fn one_value(&self, number: i64, key: &[u8], after_rid: Option<i64>) -> Vec<Source> {
        let (table, direction, beyond) = (self.layout.values_table(), self.direction(), self.beyond(after_rid, "?4"));
        let sql = format!(
            "SELECT rid, x'' FROM {table} WHERE field = ?1 AND part = ?2 AND key = ?3{beyond} ORDER BY rid {direction}"
        );
        let source = |part: &i64| {
            let mut parameters: Vec<Value> = vec![number.into(), (*part).into(), key.to_vec().into()];
            parameters.extend(after_rid.map(Value::from));
            Source { sql: sql.clone(), parameters }
        };
        self.parts.iter().map(source).collect()
    }
    /// Everything by record number.
    fn by_number(&self, after_rid: Option<i64>) -> Vec<Source> {
        let (table, index, direction) = (self.layout.table(), self.layout.index_of("part"), self.direction());
        let sql = format!(
            "SELECT rid, x'' FROM {table} INDEXED BY {index} WHERE part = ?1{} ORDER BY rid {direction}",
            self.beyond(after_rid, "?2")
        );
        let source = |part: &i64| {
            let mut parameters: Vec<Value> = vec![(*part).into()];
            parameters.extend(after_rid.map(Value::from));
            Source { sql: sql.clone(), parameters }
        };
        self.parts.iter().map(source).collect()
    }
    fn beyond(&self, after_rid: Option<i64>, parameter: &str) -> String {
        let sign = if self.descending { '<' } else { '>' };
        if after_rid.is_some() { format!(" AND rid {sign} {parameter}") } else { String::new() }
    }
    /// For a list by record number: the narrowest source that is in that order, and the condition that it answers.
    pub(super) fn number_sources(&self) -> Result<(Vec<Source>, Option<usize>)> {
        let after_rid = self.after.as_ref().map(|after| after.rid);
        for (place, condition) in self.conditions.iter().enumerate() {
            let one = condition
                .ranges()
                .filter(|ranges| ranges.len() == 1)
                .and_then(|ranges| ranges.into_iter().next())
                .filter(Range::is_one);
            match (&condition.subject, one) {
                (Subject::Single { column, .. }, Some(range)) => {
                    return Ok((self.stretch(column, &range, after_rid), Some(place)));
                }
                (Subject::Many { number }, Some(range)) => {
                    return Ok((self.one_value(*number, &range.from, after_rid), Some(place)));
                }
                _ => {}
            }
        }
        for condition in &self.conditions {
            if let Subject::Text { expression, .. } = &condition.subject {
                // The full text knows no parts, so its hits are judged even if there is no other condition.
                return Ok((vec![fulltext::hits(&self.layout, expression, after_rid, self.descending)?], None));
            }
        }
        Ok((self.by_number(after_rid), None))
    }
    /// The stretches that answer a condition, narrowed by all later conditions on the same column: from … to is one stretch. `None` if
    /// no index answers it, or an earlier condition on the column already has.
    fn narrowed(&self, place: usize) -> Option<Vec<Range>> {
        let condition = self.conditions.get(place)?;
        let mut ranges = condition.ranges()?;
        if let Subject::Single { .. } = condition.subject {
            let alike = |other: &&Condition| other.subject == condition.subject && other.ranges().is_some();
            if self.conditions.iter().take(place).any(|other| alike(&other)) {
                return None;
            }
            for others in self.conditions.iter().skip(place + 1).filter(alike).filter_map(Condition::ranges) {
                ranges = ranges.iter().flat_map(|range| others.iter().map(|other| range.and(other))).collect();
            }
            ranges.retain(|range| range.from < range.to);
        }
        Some(ranges)
    }
    /// The record numbers that meet a condition, at most `most`; `None` if there are more or no index answers it. Sorted.
    pub(super) fn enumerate(&self, place: usize, most: usize, budget: &mut Budget) -> Result<Option<Vec<i64>>> {
        let Some(condition) = self.conditions.get(place) else { return Ok(None) };
        let mut sources = Vec::new();
        match (&condition.subject, self.narrowed(place)) {
            (Subject::Text { expression, .. }, _) => {
                sources.push(fulltext::hits(&self.layout, expression, None, true)?);
            }
            (Subject::Single { column, .. }, Some(ranges)) => {
                sources.extend(ranges.iter().flat_map(|range| self.stretch(column, range, None)));
            }
            (Subject::Many { number }, Some(ranges)) => {
                let sql = format!(
                    "SELECT rid, x'' FROM {} WHERE field = ?1 AND part = ?2 AND key >= ?3 AND key < ?4",
                    self.layout.values_table()
                );
                for (range, part) in ranges.iter().flat_map(|range| self.parts.iter().map(move |part| (range, *part))) {
                    let parameters =
                        vec![(*number).into(), part.into(), range.from.clone().into(), range.to.clone().into()];
                    sources.push(Source { sql: sql.clone(), parameters });
                }
            }
            _ => return Ok(None),
        }
        let mut rids = Vec::new();
        for source in sources {
            let ended = walk(self.connection, &[source], false, &mut |_, _, rid| {
                rids.push(rid);
                Ok(if rids.len() > most || !budget.take(1) {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                })
            })?;
            if !ended {
                return Ok(None);
            }
        }
        rids.sort_unstable();
        rids.dedup();
        Ok(Some(rids))
    }
    /// The stretches of the first sort column in the order of the list, each with the record number to start behind, and the
    /// conditions that they answer.
    pub(super) fn stretches(&self, sort: &Sort) -> (Vec<(Range, Option<i64>)>, Vec<usize>) {
        let (mut range, mut answered) = (None::<Range>, Vec::new());
        let mut absent = true;
        for (place, condition) in self.conditions.iter().enumerate() {
            let own = matches!(&condition.subject, Subject::Single { column, .. } if *column == sort.column);
            let one = condition
                .ranges()
                .filter(|ranges| own && ranges.len() == 1)
                .and_then(|ranges| ranges.into_iter().next());
            if let Some(one) = one {
                absent &= condition.test == Test::IsNull || one.from == ABSENT;
                range = Some(range.map_or_else(|| one.clone(), |range| range.and(&one)));
                answered.push(place);
            }
        }
        let mut present = range.unwrap_or_else(Range::present).and(&Range::present());
        let mut stretches = Vec::new();
        let mut absent_after = None;
        if let Some((key, after)) = self.after.as_ref().and_then(|after| after.keys.first().map(|key| (key, after))) {
            let alone = self.sorts.len() == 1;
            if key == ABSENT {
                present.to.clone_from(&present.from);
                absent_after = alone.then_some(after.rid);
            } else {
                // With one sort column the run of equal keys goes on behind the row; with more it is read again and ordered.
                if alone && present.from <= *key && *key < present.to {
                    stretches.push((Range::one(key), Some(after.rid)));
                }
                let edge = |include: bool| if include { key.clone() } else { super::condition::after(key) };
                if self.descending {
                    present.to = present.to.min(edge(alone));
                } else {
                    present.from = present.from.max(edge(!alone));
                }
            }
        }
        if present.from < present.to {
            stretches.push((present, None));
        }
        if absent {
            stretches.push((Range::one(ABSENT), absent_after));
        }
        (stretches, answered)
    }
}

/// Reads the filters and the search of a query.
pub(super) fn conditions(
    layout: &Layout,
    filters: &[Filter],
    text: Option<&[Term]>,
    needed: &mut Vec<String>,
) -> Result<Vec<Condition>> {
    if filters.len() > MAX_FILTERS {
        return Err(Error::TooMany { what: "filters", most: MAX_FILTERS });
    }
    let mut conditions =
        filters.iter().map(|filter| Condition::from_filter(filter, layout, needed)).collect::<Result<Vec<_>>>()?;
    if let Some(terms) = text.filter(|terms| !terms.is_empty()) {
        let subject = Subject::Text { terms: terms.to_vec(), expression: fulltext::expression(layout, terms) };
        conditions.push(Condition { subject, test: Test::NotNull });
    }
    Ok(conditions)
}
