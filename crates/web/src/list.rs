//! What list is wanted, from a query string: `q`, `filter[f]`, `filter[f][gte]`, `sort`, `limit`, `after`, `fields`, `count` (interface.md).
use crate::fail::Failure;
use crate::query::{Pairs, encode};
use records::ListRequest;

/// The comparisons that a filter knows.
pub const OPERATORS: &[&str] = &["eq", "ne", "gt", "gte", "lt", "lte", "in", "prefix", "empty"];
/// Longest page.
const MAX_LIMIT: u32 = 200;

/// A list as asked for.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// For `records`.
    pub request: ListRequest,
    /// The fields to answer with; `None`: all columns.
    pub fields: Option<Vec<String>>,
    /// Whether the total is wanted.
    pub count: bool,
}

/// Reads the parameters of a list. `lenient` is for pages, whose forms send empty inputs: those are as if absent.
pub fn read(module: &str, pairs: &Pairs, lenient: bool) -> Result<Asked, Failure> {
    let mut asked =
        Asked { request: ListRequest { module: module.to_owned(), ..ListRequest::default() }, ..Asked::default() };
    let mut seen: Vec<&str> = Vec::new();
    for (name, value) in &pairs.0 {
        if lenient && value.trim().is_empty() {
            continue;
        }
        if seen.contains(&name.as_str()) {
            return Err(Failure::bad_request("repeated_parameter", name));
        }
        seen.push(name);
        match name.as_str() {
            "q" => asked.request.q = Some(value.clone()),
            "sort" => asked.request.sort = sort(value),
            "limit" => {
                let limit = value.parse().ok().filter(|limit| (1..=MAX_LIMIT).contains(limit));
                asked.request.limit = limit.ok_or_else(|| Failure::bad_request("bad_limit", "limit"))?;
            }
            "after" => asked.request.after = Some(value.clone()),
            "fields" => asked.fields = Some(value.split(',').map(|field| field.trim().to_owned()).collect()),
            "count" => asked.count = truth(value).ok_or_else(|| Failure::bad_request("bad_truth", "count"))?,
            other => {
                let (field, operator) =
                    filter(other).ok_or_else(|| Failure::bad_request("unknown_parameter", other))?;
                if !OPERATORS.contains(&operator) {
                    return Err(Failure::bad_request("unknown_operator", other));
                }
                asked.request.filters.push((field.to_owned(), operator.to_owned(), value.clone()));
            }
        }
    }
    Ok(asked)
}

/// `true` or `false`.
pub(crate) fn truth(text: &str) -> Option<bool> {
    match text {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

fn sort(text: &str) -> Vec<(String, bool)> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    parts
        .map(|part| part.strip_prefix('-').map_or((part.to_owned(), false), |field| (field.to_owned(), true)))
        .collect()
}

/// Field and comparison of `filter[f]` or `filter[f][gte]`.
fn filter(name: &str) -> Option<(&str, &str)> {
    let inside = name.strip_prefix("filter[")?.strip_suffix(']')?;
    let (field, operator) = inside.split_once("][").unwrap_or((inside, "eq"));
    let good = |text: &str| !text.is_empty() && !text.contains(['[', ']']);
    (good(field) && good(operator)).then_some((field, operator))
}

/// The query string of a list, `q` first; without the place in it unless it is given.
pub fn write(asked: &Asked, sort: Option<&str>, after: Option<&str>, count: bool) -> String {
    let mut parts = Vec::new();
    if let Some(q) = &asked.request.q {
        parts.push(format!("q={}", encode(q)));
    }
    for (field, operator, value) in &asked.request.filters {
        let name = if operator == "eq" { format!("filter[{field}]") } else { format!("filter[{field}][{operator}]") };
        parts.push(format!("{}={}", encode(&name), encode(value)));
    }
    let same = sort_text(&asked.request.sort);
    let sort = sort.unwrap_or(&same);
    if !sort.is_empty() {
        parts.push(format!("sort={}", encode(sort).replace("%2C", ",")));
    }
    if asked.request.limit != 0 {
        parts.push(format!("limit={}", asked.request.limit));
    }
    if let Some(after) = after {
        parts.push(format!("after={}", encode(after)));
    }
    if count {
        parts.push("count=true".to_owned());
    }
    if parts.is_empty() { String::new() } else { format!("?{}", parts.join("&")) }
}

/// The sort order as it stands in a query string.
pub fn sort_text(sort: &[(String, bool)]) -> String {
    sort.iter()
        .map(|(field, falling)| format!("{}{field}", if *falling { "-" } else { "" }))
        .collect::<Vec<_>>()
        .join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_parameter_is_read_and_written_back() {
        let text =
            "q=M%C3%BCller&filter%5Bkind%5D=person&filter%5Bdate%5D%5Bgte%5D=2026-01-01&sort=-date,title&limit=10";
        let asked = read("contact", &Pairs::read(text).unwrap(), false).unwrap();
        assert_eq!(asked.request.q.as_deref(), Some("Müller"));
        assert_eq!(asked.request.filters[1], ("date".into(), "gte".into(), "2026-01-01".into()));
        assert_eq!(asked.request.sort, [("date".to_owned(), true), ("title".to_owned(), false)]);
        assert_eq!(write(&asked, None, None, false), format!("?{text}"));
        assert!(
            write(&asked, Some("title"), Some("x y"), true).ends_with("sort=title&limit=10&after=x%20y&count=true")
        );
    }

    #[test]
    fn what_is_unknown_is_refused() {
        for bad in [
            "x=1",
            "limit=0",
            "limit=201",
            "limit=a",
            "count=maybe",
            "filter[a][like]=1",
            "filter[]=1",
            "filter[a=1",
            "filter[a][b][c]=1",
            "q=1&q=2",
        ] {
            assert!(read("m", &Pairs::read(bad).unwrap(), false).is_err(), "{bad}");
        }
        let asked = read("m", &Pairs::read("q=&filter[kind]=&limit=").unwrap(), true).unwrap();
        assert!(asked.request.q.is_none() && asked.request.filters.is_empty());
    }
}
