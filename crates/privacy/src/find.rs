//! Finding a person by name, address, number: over the index, the privacy role sees restricted ones too.
use base::{Access as Right, Permission, SubjectId};
use store::index::{self, SearchQuery};
use store::{Caller, Reader, Result};

/// A person that was found.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct SubjectHit {
    /// Id.
    pub id: SubjectId,
    /// Title of the record that is the person.
    pub title: String,
    /// Its module.
    pub module: String,
}

/// Persons found at a time.
const MAX_HITS: u32 = 50;

/// Persons whose record has these words; also by id.
pub fn find_subjects(reader: &mut Reader, caller: &Caller, text: &str) -> Result<Vec<SubjectHit>> {
    caller.needs(Permission::Privacy)?;
    let modules = reader.tenant().modules();
    if let Ok(id) = text.trim().parse::<SubjectId>() {
        let known = crate::held::subject_by_id(reader, id)?;
        return Ok(known
            .map(|row| SubjectHit { id: row.id, title: row.id.to_string(), module: String::new() })
            .into_iter()
            .collect());
    }
    let persons: Vec<String> = modules
        .set
        .iter()
        .map(|definition| definition.name.clone())
        .filter(|name| modules.set.can_be_person(name) && caller.grants.allows(name, Right::Read))
        .collect();
    let mut terms = store::text::query_terms(text);
    if caller.grants.has(Permission::ReadSensitive) {
        terms = store::text::with_sensitive(terms);
    }
    if terms.is_empty() {
        return Ok(Vec::new());
    }
    let mut query = SearchQuery::new(persons, caller.grants.scopes.clone(), terms);
    query.limit = MAX_HITS;
    query.include_restricted = true;
    query.row_budget = reader.tenant().row_budget();
    let page = index::search(reader.index()?, &query)?;
    let mut hits = Vec::new();
    for row in page.rows {
        let id: SubjectId = row.id.cast();
        if crate::held::subject_by_id(reader, id)?.is_some_and(|subject| subject.state != "erased") {
            hits.push(SubjectHit { id, title: row.title, module: row.module });
        }
    }
    Ok(hits)
}
