//! The table that this program's own export wrote: every column is the field of its name, and nothing is guessed.
use super::{ColumnGuess, Confidence, Guess, TargetField};
use crate::import::map::{
    Decimal, EXTERNAL_ID, LinkRule, Mapping, OWN_ADDRESS, OWN_LABEL, OWN_MORE, RecordMap, Rule, Template, parts,
};
use crate::import::table::Headers;

/// Columns that every table of ours has.
const MARKS: [&str; 4] = ["id", "version", "created_at", "changed_at"];

/// The mapping of a table of our own export; `None` if it is none.
pub(super) fn own(module: &str, headers: &Headers, fields: &[TargetField]) -> Option<Guess> {
    if !MARKS.iter().all(|mark| headers.position(mark).is_some()) {
        return None;
    }
    let has = |name: &str| headers.position(name).is_some();
    let mut record = RecordMap {
        alias: module.to_owned(),
        module: module.to_owned(),
        id: Some(Template::column("id")),
        ..RecordMap::default()
    };
    for field in fields {
        let name = field.name.as_str();
        if field.kind == "address" {
            let (label, more) = (format!("{name}.{OWN_LABEL}"), format!("{name}.{OWN_MORE}"));
            let whole = OWN_ADDRESS.iter().all(|part| has(&format!("{name}.{part}")));
            if whole && (!field.many || has(&label) && has(&more)) {
                record.fields.push((name.to_owned(), parts(name, field.many)));
            }
            continue;
        }
        if !has(name) {
            continue;
        }
        let column = Template::column(name);
        let rule = match field.kind.as_str() {
            "link" => {
                record.links.push((name.to_owned(), link(field, has(&format!("{name}.title")))?));
                continue;
            }
            _ if field.many || field.kind == "choices" => Rule::Values(column),
            "date" => Rule::Date(column),
            "date_time" => Rule::DateTime(column),
            "integer" => Rule::Integer(column),
            "decimal" => Rule::Decimal(column),
            "money" => Rule::Money { amount: column, currency: Template::text("EUR") },
            "boolean" => Rule::Boolean(column),
            _ => Rule::Text(column),
        };
        record.fields.push((name.to_owned(), rule));
    }
    if has("state") {
        record.fields.push(("state".into(), Rule::Text(Template::column("state"))));
    }
    let mapping = Mapping { decimal: Decimal::Point, records: vec![record], ..Mapping::default() };
    let unused = mapping.unused(headers);
    let columns = headers.names().iter().map(|header| {
        let taken = !unused.contains(&header.as_str());
        ColumnGuess {
            header: header.clone(),
            target: taken.then(|| header.clone()),
            confidence: if taken { Confidence::Sure } else { Confidence::None },
        }
    });
    let columns = columns.collect();
    Some(Guess { mapping, columns })
}

/// A link by the id; by the name where the business does not know it and only organisations can be meant.
fn link(field: &TargetField, title: bool) -> Option<LinkRule> {
    let id = Some(Template::column(field.name.as_str()));
    let module = field.to.first()?.clone();
    let by_name = title && matches!(field.to.as_slice(), [only] if only == "organisation");
    Some(if by_name {
        let value = Template::column(format!("{}.title", field.name));
        LinkRule::Stored { module, by: "name".into(), value, create: true, id }
    } else {
        let value = Template::column(field.name.as_str());
        LinkRule::Stored { module, by: EXTERNAL_ID.into(), value, create: false, id }
    })
}
