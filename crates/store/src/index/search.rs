//! Full-text search over modules: newest first, or by relevance among the newest hits.
use super::error::{Error, Result};
use super::fulltext;
use super::layout::Layout;
use super::list::{check_limit, display, snapshot};
use super::plan::parts_of;
use super::query::{Cursor, ListPage, SearchOrder, SearchQuery};
use super::walk::{Budget, walk};
use crate::text;
use rusqlite::{Connection, OptionalExtension};
use std::cmp::Reverse;
use std::ops::ControlFlow;

/// Relevance is judged among so many of the newest hits.
const RELEVANT_HITS: usize = 1_000;
/// Most modules of one search.
const MAX_MODULES: usize = 200;

/// A hit: number of its module in the query, record number, and 0 if all terms are found in the title, otherwise 1.
struct Hit {
    module: usize,
    rid: i64,
    class: u8,
}

/// A page of hits.
pub fn search(connection: &Connection, query: &SearchQuery) -> Result<ListPage> {
    check_limit(query.limit)?;
    if query.modules.len() > MAX_MODULES {
        return Err(Error::TooMany { what: "modules", most: MAX_MODULES });
    }
    let _snapshot = snapshot(connection)?;
    let parts = parts_of(&query.scopes, query.include_restricted)?;
    let mut layouts = Vec::new();
    for module in &query.modules {
        layouts.extend(Layout::find(connection, module)?);
    }
    layouts.sort_by_key(|layout| layout.number);
    layouts.dedup();
    let relevance = query.order == SearchOrder::Relevance;
    let bound_to = format!("search {}", if relevance { "relevance" } else { "newest" });
    let after = query.after.as_ref().map(|cursor| cursor.read(&bound_to, 1)).transpose()?;
    let wanted = usize::try_from(query.limit).unwrap_or(usize::MAX).saturating_add(1);
    let mut budget = Budget { left: query.row_budget, read: 0 };
    if query.terms.is_empty() || parts.is_empty() {
        return Ok(ListPage { rows: Vec::new(), next: None, read: 0 });
    }
    let from = if relevance { None } else { after.as_ref().map(|(_, rid)| *rid) };
    let mut hits =
        newest(connection, &layouts, &parts, query, from, if relevance { RELEVANT_HITS } else { wanted }, &mut budget)?;
    if relevance {
        hits.sort_by_key(|hit| (hit.class, Reverse(hit.rid)));
        if let Some((keys, rid)) = &after {
            let class = keys.first().and_then(|key| key.first()).copied().ok_or(Error::Cursor)?;
            hits.retain(|hit| (hit.class, Reverse(hit.rid)) > (class, Reverse(*rid)));
        }
    }
    let more = hits.len() >= wanted;
    hits.truncate(wanted - 1);
    let next = hits.last().filter(|_| more).map(|last| Cursor::write(&bound_to, &[vec![last.class]], last.rid));
    let mut rows = Vec::with_capacity(hits.len());
    for hit in &hits {
        if let Some(layout) = layouts.get(hit.module) {
            rows.extend(display(connection, &layout.name, hit.rid)?);
        }
    }
    Ok(ListPage { rows, next, read: budget.read })
}

/// The newest hits that the caller may see, behind `after_rid`.
fn newest(
    connection: &Connection,
    layouts: &[Layout],
    parts: &[i64],
    query: &SearchQuery,
    after_rid: Option<i64>,
    most: usize,
    budget: &mut Budget,
) -> Result<Vec<Hit>> {
    let sources = layouts
        .iter()
        .map(|layout| fulltext::hits(layout, &fulltext::expression(layout, &query.terms), after_rid, true))
        .collect::<Result<Vec<_>>>()?;
    let statements: Vec<String> =
        layouts.iter().map(|layout| format!("SELECT part, title FROM {} WHERE rid = ?1", layout.table())).collect();
    let mut hits = Vec::new();
    walk(connection, &sources, true, &mut |module, _, rid| {
        if !budget.take(2) {
            return Err(Error::TooBroad { helpful: Vec::new() });
        }
        let Some(statement) = statements.get(module) else { return Ok(ControlFlow::Break(())) };
        let row: Option<(i64, String)> =
            connection.prepare_cached(statement)?.query_row([rid], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        if let Some((part, title)) = row
            && parts.contains(&part)
        {
            let class = u8::from(
                query.order == SearchOrder::Newest || {
                    let tokens = text::index_tokens(&title);
                    !query.terms.iter().all(|term| term.matches(&tokens))
                },
            );
            hits.push(Hit { module, rid, class });
        }
        Ok(if hits.len() >= most { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })?;
    Ok(hits)
}
