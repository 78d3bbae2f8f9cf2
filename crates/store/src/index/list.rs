//! One page of a module's records, filtered and sorted, without reading more than it must.
//!
//! Two ways lead to a page: *walk* the index of the sort column and pass over what the filters exclude, good when many rows match; or
//! *gather* the few rows that a filter's index gives and sort them, good when few match. Which is better depends on the data, so each is
//! tried for a little while, and what a try read is never more than a fixed part of the budget:
//!
//! 1. gather up to [`Effort::few`] record numbers per filter; if one ends before that, judge those rows: done;
//! 2. walk, judging each row, for [`Effort::walk_first`] reads; usually the page is full;
//! 3. gather up to [`Effort::many`] per filter; if one ends, walk the sort index again and look only for those numbers, which reads no rows;
//! 4. walk to the end of the budget, and then refuse ([`Error::TooBroad`]) rather than answer slowly or in part.
use super::error::{Error, Result};
use super::key::Key;
use super::plan::{Found, Plan};
use super::query::{Count, Cursor, ListPage, ListQuery, ListRow, MAX_LIMIT};
use super::walk::{Budget, walk};
use base::{RecordId, Timestamp};
use rusqlite::{Connection, OptionalExtension, Transaction};
use std::ops::ControlFlow;

/// How long each way is tried. Tests make it small, so that few rows go every way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Effort {
    /// Rows of a filter that are judged one by one without further thought.
    pub few: usize,
    /// Reads of the first walk: two for each row that is judged.
    pub walk_first: u32,
    /// Record numbers of a filter that are gathered to be looked for in the walk.
    pub many: usize,
}

impl Effort {
    pub(super) const USUAL: Self = Self { few: 400, walk_first: 2_400, many: 6_000 };
}

/// A read transaction, so that all statements of a query see the same rows; none if the caller has one open.
pub(super) fn snapshot(connection: &Connection) -> Result<Option<Transaction<'_>>> {
    Ok(if connection.is_autocommit() { Some(connection.unchecked_transaction()?) } else { None })
}

/// A page of a module's records.
pub fn list(connection: &Connection, query: &ListQuery) -> Result<ListPage> {
    list_with(connection, query, Effort::USUAL)
}

pub(super) fn list_with(connection: &Connection, query: &ListQuery, effort: Effort) -> Result<ListPage> {
    check_limit(query.limit)?;
    let _snapshot = snapshot(connection)?;
    let plan = Plan::new(connection, query)?;
    let mut budget = Budget { left: query.row_budget, read: 0 };
    let mut found = find(&plan, effort, &mut budget)?.ok_or_else(|| too_broad(&plan, query))?;
    let more = found.len() == plan.wanted;
    found.truncate(plan.wanted - 1);
    let next = found.last().filter(|_| more).map(|last| Cursor::write(&plan.bound_to, &last.keys, last.rid));
    let mut rows = Vec::with_capacity(found.len());
    for found in &found {
        rows.extend(display(connection, &query.module, found.rid)?);
    }
    Ok(ListPage { rows, next, read: budget.read })
}

pub(super) fn check_limit(limit: u32) -> Result<()> {
    if (1..=MAX_LIMIT).contains(&limit) { Ok(()) } else { Err(Error::TooMany { what: "limit", most: 200 }) }
}

/// Reads what a list shows of a row.
pub(super) fn display(connection: &Connection, module: &str, rid: i64) -> Result<Option<ListRow>> {
    super::layout::check_name(module)?;
    let sql = format!("SELECT id, version, title, doc, created_at, k_changed_at, part FROM m_{module} WHERE rid = ?1");
    let mut statement = connection.prepare_cached(&sql)?;
    let row = statement
        .query_row([rid], |row| {
            let (id, changed_at): (Vec<u8>, Vec<u8>) = (row.get(0)?, row.get(5)?);
            let part: i64 = row.get(6)?;
            let shown = ListRow {
                rid,
                id: RecordId::from_bytes([0; 16]),
                module: module.to_owned(),
                version: row.get(1)?,
                title: row.get(2)?,
                doc: row.get(3)?,
                created_at: Timestamp(row.get(4)?),
                changed_at: Timestamp(0),
                restricted: part.rem_euclid(2) == 1,
            };
            Ok((shown, id, changed_at))
        })
        .optional()?;
    let Some((shown, id, changed_at)) = row else { return Ok(None) };
    let id = RecordId::from_slice(&id).map_err(|_| Error::Damaged("id of a record"))?;
    let changed_at = Key::from_stored(changed_at).as_moment().ok_or(Error::Damaged("moment of a change"))?;
    Ok(Some(ListRow { id, changed_at, ..shown }))
}

/// Names the columns on which a filter would help: those not filtered on yet, the most selective kind first.
fn too_broad(plan: &Plan<'_>, query: &ListQuery) -> Error {
    let mut columns: Vec<_> = plan
        .layout
        .columns
        .iter()
        .filter(|column| !query.filters.iter().any(|filter| filter.column == column.name))
        .collect();
    columns.sort_by_key(|column| column.kind.helpfulness());
    let mut helpful: Vec<String> = columns.iter().take(5).map(|column| column.name.clone()).collect();
    if query.text.is_none() {
        helpful.push("q".to_owned());
    }
    Error::TooBroad { helpful }
}

/// The rows of the page and one more, in order; `None` if the budget does not suffice.
fn find(plan: &Plan<'_>, effort: Effort, budget: &mut Budget) -> Result<Option<Vec<Found>>> {
    if plan.parts.is_empty() {
        return Ok(Some(Vec::new()));
    }
    if let Some(few) = gather(plan, effort.few, budget)? {
        return judge_all(plan, few, budget);
    }
    let mut first = Budget { left: budget.left.min(effort.walk_first), read: 0 };
    let limited = !plan.conditions.is_empty();
    let slice = if limited { &mut first } else { &mut *budget };
    let page = walk_list(plan, None, slice)?;
    if limited && !budget.take(first.read) {
        return Ok(None);
    }
    if page.is_some() || !limited {
        return Ok(page);
    }
    match gather(plan, effort.many, budget)? {
        // By record number the gathered numbers are in order already, and judging stops when the page is full.
        Some(many) if plan.sorts.is_empty() => judge_all(plan, many, budget),
        Some(many) => {
            // The walk may read as many keys as judging all would cost rows, a row being worth several keys; then judge all.
            // What judging all needs is kept back for it.
            let all = u32::try_from(many.len()).unwrap_or(u32::MAX).saturating_add(2); // a walk counts the read that was too much
            let mut slice = Budget { left: budget.left.saturating_sub(all).min(all.saturating_mul(3)), read: 0 };
            let page = walk_list(plan, Some(&many), &mut slice)?;
            let within = budget.take(slice.read);
            if page.is_some() && within { Ok(page) } else { judge_all(plan, many, budget) }
        }
        None => walk_list(plan, None, budget),
    }
}

/// The record numbers that all filters with no more than `most` rows leave over; `None` if every filter has more.
fn gather(plan: &Plan<'_>, most: usize, budget: &mut Budget) -> Result<Option<Vec<i64>>> {
    let mut gathered: Option<Vec<i64>> = None;
    for place in 0..plan.conditions.len() {
        // What the rows judged so far show to be far more is not tried: it would only use up the budget.
        if plan.estimate(place)? > u64::try_from(most).unwrap_or(u64::MAX).saturating_mul(2) {
            continue;
        }
        if let Some(rids) = plan.enumerate(place, most, budget)? {
            gathered = Some(match gathered {
                Some(mut before) => {
                    before.retain(|rid| rids.binary_search(rid).is_ok());
                    before
                }
                None => rids,
            });
        }
    }
    Ok(gathered)
}

/// Judges rows one by one and sorts those that belong.
fn judge_all(plan: &Plan<'_>, mut rids: Vec<i64>, budget: &mut Budget) -> Result<Option<Vec<Found>>> {
    if plan.descending {
        rids.reverse();
    }
    let by_number = plan.sorts.is_empty();
    let mut found = Vec::new();
    for rid in rids {
        let beyond =
            plan.after.as_ref().is_none_or(|after| if plan.descending { rid < after.rid } else { rid > after.rid });
        if by_number && !beyond {
            continue;
        }
        if !budget.take(1) {
            return Ok(None);
        }
        found.extend(plan.judge(rid)?);
        if by_number && found.len() == plan.wanted {
            break;
        }
    }
    found.sort_by(|left, right| plan.compare(left, right));
    found.truncate(plan.wanted);
    Ok(Some(found))
}

/// Walks in the order of the list until the page is full; `None` if the budget does not suffice. With `only`, rows of other numbers
/// are passed over unread.
fn walk_list(plan: &Plan<'_>, only: Option<&[i64]>, budget: &mut Budget) -> Result<Option<Vec<Found>>> {
    let mut page =
        Page { plan, only, found: Vec::new(), run: Vec::new(), run_key: Vec::new(), judged: true, exceeded: false };
    match plan.sorts.first() {
        None => {
            let (sources, answered) = plan.number_sources()?;
            page.judged = !(plan.conditions.is_empty() || (answered.is_some() && plan.conditions.len() == 1));
            walk(plan.connection, &sources, plan.descending, &mut |_, _, rid| page.visit(&[], rid, budget))?;
        }
        Some(sort) => {
            let (stretches, answered) = plan.stretches(sort);
            page.judged = answered.len() < plan.conditions.len() || plan.sorts.len() > 1;
            for (range, after_rid) in stretches {
                let sources = plan.stretch(&sort.column, &range, after_rid);
                let ended =
                    walk(plan.connection, &sources, plan.descending, &mut |_, key, rid| page.visit(key, rid, budget))?;
                if !ended {
                    break;
                }
            }
        }
    }
    if page.exceeded {
        return Ok(None);
    }
    page.end_run();
    Ok(Some(page.found))
}

/// A page while it fills.
struct Page<'p, 'c> {
    plan: &'p Plan<'c>,
    only: Option<&'p [i64]>,
    found: Vec<Found>,
    /// Rows with equal first keys, until they are ordered by the others.
    run: Vec<Found>,
    run_key: Vec<u8>,
    /// Whether rows must be read: for a filter that the walk does not answer, or a second sort column.
    judged: bool,
    exceeded: bool,
}

impl Page<'_, '_> {
    fn visit(&mut self, key: &[u8], rid: i64, budget: &mut Budget) -> Result<ControlFlow<()>> {
        let several = self.plan.sorts.len() > 1;
        if several && key != self.run_key {
            self.end_run();
            key.clone_into(&mut self.run_key);
        }
        if self.found.len() >= self.plan.wanted {
            return Ok(ControlFlow::Break(()));
        }
        if !budget.take(1) {
            self.exceeded = true;
            return Ok(ControlFlow::Break(()));
        }
        if self.only.is_some_and(|only| only.binary_search(&rid).is_err()) {
            return Ok(ControlFlow::Continue(()));
        }
        let found = if self.judged {
            if !budget.take(1) {
                self.exceeded = true;
                return Ok(ControlFlow::Break(()));
            }
            self.plan.judge(rid)?
        } else {
            let keys = if self.plan.sorts.is_empty() { Vec::new() } else { vec![key.to_vec()] };
            Some(Found { keys, rid })
        };
        if several {
            self.run.extend(found);
        } else {
            self.found.extend(found);
        }
        Ok(if self.found.len() >= self.plan.wanted { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }
    fn end_run(&mut self) {
        let plan = self.plan;
        self.run.sort_by(|left, right| plan.compare(left, right));
        self.found.append(&mut self.run);
        self.found.truncate(plan.wanted);
    }
}

/// Counts the records that a query matches, up to `cap`; sort, limit and cursor do not matter. Reads no more than the row budget.
pub fn count(connection: &Connection, query: &ListQuery, cap: u64) -> Result<Count> {
    let _snapshot = snapshot(connection)?;
    let query = ListQuery { sort: Vec::new(), after: None, limit: 1, ..query.clone() };
    let plan = Plan::new(connection, &query)?;
    let mut budget = Budget { left: query.row_budget, read: 0 };
    let mut counted = 0;
    let mut add = |belongs: bool| {
        counted += u64::from(belongs);
        if counted >= cap { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    if let Some(few) = gather(&plan, Effort::USUAL.many, &mut budget)? {
        let mut ended = true;
        for rid in few {
            if !budget.take(1) || add(plan.judge(rid)?.is_some()).is_break() {
                ended = false;
                break;
            }
        }
        return Ok(Count { count: counted, exact: ended });
    }
    let (sources, answered) = plan.number_sources()?;
    let judged = !(plan.conditions.is_empty() || (answered.is_some() && plan.conditions.len() == 1));
    let ended = walk(connection, &sources, true, &mut |_, _, rid| {
        if !budget.take(if judged { 2 } else { 1 }) {
            return Ok(ControlFlow::Break(()));
        }
        Ok(add(!judged || plan.judge(rid)?.is_some()))
    })?;
    Ok(Count { count: counted, exact: ended })
}
