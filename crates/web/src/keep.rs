//! Until when a record's data are kept and why, as a page or a refusal says it. The dates are the store's; here they get words.
use crate::fail::Failure;
use crate::format;
use crate::lang::Lang;
use crate::words::Words;
use base::{RecordId, SubjectId};
use store::module::{DeletionClass, Label, Start};
use store::rows::{Access, SubjectRow};
use store::{Reader, retention, statements};

/// One deletion class of a record.
pub(crate) struct Kept {
    pub class: String,
    pub until: String,
    pub reason: String,
    pub basis: String,
}

/// The person whom a record is about; the one that stands for merged ones.
pub(crate) fn subject_of(reader: &mut Reader, id: RecordId) -> Result<Option<SubjectId>, Failure> {
    let Some(stored) = reader.stored(id)? else { return Ok(None) };
    let mut rid = stored.subject;
    // A merge leads on to the one that stands for both; chains are short.
    for _ in 0..64 {
        match reader.first(&statements::SUBJECT_BY_RID, &[rid.into()], SubjectRow::read)? {
            Some(row) if row.alias_of != 0 => rid = row.alias_of,
            Some(row) => return Ok((row.state != "erased").then_some(row.id)),
            None => return Ok(None),
        }
    }
    Ok(None)
}

/// Whether the record is a person.
pub(crate) fn is_person(reader: &mut Reader, id: RecordId) -> Result<bool, Failure> {
    let found = reader.first(&statements::SUBJECT_BY_ID, &[id.bytes().into()], SubjectRow::read)?;
    Ok(found.is_some_and(|row| row.state != "erased"))
}

/// The classes of a record with their periods.
pub(crate) fn units_of(reader: &mut Reader, id: RecordId, words: Words) -> Result<Vec<Kept>, Failure> {
    let Some(opened) = reader.opened(id)? else { return Ok(Vec::new()) };
    let shared = std::sync::Arc::clone(reader.tenant());
    let modules = shared.modules();
    let Some(definition) = modules.rows.get(&opened.stored.module).and_then(|row| modules.set.get(&row.name)) else {
        return Ok(Vec::new());
    };
    let now = shared.clock().now();
    let mut classes: Vec<&str> = opened.stored.parts.iter().map(|part| part.class.as_str()).collect();
    classes.sort_unstable();
    classes.dedup();
    let kept = classes.into_iter().map(|name| {
        let class = modules.set.class(name);
        let label = class.map_or(name, |class| class.label.get(words.code())).to_owned();
        match retention::hold(&modules.set, definition, &opened, name, now, shared.zone()) {
            Some(hold) => Kept {
                class: label,
                until: words.say1("kept-until", "date", format::date(hold.until, words.english())),
                reason: if words.english() { hold.reason_en } else { hold.reason_de },
                basis: hold.basis,
            },
            None => Kept {
                class: label,
                until: String::new(),
                reason: class.map(|class| period(class, &shared, words)).unwrap_or_default(),
                basis: String::new(),
            },
        }
    });
    Ok(kept.collect())
}

/// The period of a class in a sentence.
pub(crate) fn period(class: &DeletionClass, shared: &store::Shared, words: Words) -> String {
    let today = base::date_in(shared.clock().now(), shared.zone());
    let rule = class.rule_on(today);
    let years = rule.map_or(0, |rule| i64::from(rule.years));
    let from_year_end = rule.is_some_and(|rule| rule.from == store::module::From::EndOfYear);
    let sentence = match (class.start, years) {
        (Start::RelationshipEnd, 0) => return words.say("period-relationship"),
        (Start::RelationshipEnd, _) => words.say1("period-relationship-years", "n", years),
        (Start::Creation, _) => words.say1("period-creation", "n", years),
        (Start::ProcessEnd, _) => words.say1("period-process", "n", years),
    };
    if from_year_end { words.say1("period-year-end", "period", sentence) } else { sentence }
}

/// Why a record may not be deleted now: one sentence for each class that the law holds.
pub(crate) fn holds(reader: &mut Reader, id: RecordId) -> Result<Vec<Label>, Failure> {
    let Some(opened) = reader.opened(id)? else { return Ok(Vec::new()) };
    let shared = std::sync::Arc::clone(reader.tenant());
    let modules = shared.modules();
    let Some(definition) = modules.rows.get(&opened.stored.module).and_then(|row| modules.set.get(&row.name)) else {
        return Ok(Vec::new());
    };
    let now = shared.clock().now();
    let classes: std::collections::BTreeSet<&str> =
        opened.stored.parts.iter().map(|part| part.class.as_str()).collect();
    let holds = classes
        .into_iter()
        .filter_map(|class| retention::hold(&modules.set, definition, &opened, class, now, shared.zone()));
    let sentence = |hold: retention::Hold| {
        let until = |english| {
            Words(if english { Lang::En } else { Lang::De }).say1(
                "kept-until",
                "date",
                format::date(hold.until, english),
            )
        };
        Label::new(
            format!("{} ({}). {}", until(false), hold.basis, hold.reason_de),
            format!("{} ({}). {}", until(true), hold.basis, hold.reason_en),
        )
    };
    Ok(holds.map(sentence).collect())
}
