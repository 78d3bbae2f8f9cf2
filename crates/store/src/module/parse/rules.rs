//! Checks and states of a definition, and what must fit together.
use super::super::problem::hint;
use super::super::reader::{Reader, Span, Table, is_name};
use super::super::{
    Check, Copy, CopySource, Correction, Definition, Expression, FieldType, Protection, State, Subject,
};
use super::{Draft, MAX_PARTS, compile, known_field};

/// All `checks`.
pub(super) fn read_checks(reader: &mut Reader, root: &Table, draft: &mut Draft) -> Vec<Check> {
    let mut checks = Vec::new();
    for table in reader.tables(root, "checks", "a check").into_iter().take(MAX_PARTS) {
        reader.only(&table, &["when", "field", "message"]);
        let when = reader.needed_text(&table, "when");
        let field = reader.text(&table, "field");
        let message = reader.label(&table, "message");
        let Some((source, span)) = when else { continue };
        let Some(when) = compile(reader, &source, span.clone()) else { continue };
        let place = format!("checks.{}", checks.len());
        draft
            .spans
            .insert(format!("{place}.field"), field.as_ref().map_or_else(|| span.clone(), |(_, span)| span.clone()));
        draft.spans.insert(place, span);
        checks.push(Check { when, field: field.map(|(name, _)| name), message });
    }
    checks
}

/// All `[[state]]` tables.
pub(super) fn read_states(reader: &mut Reader, root: &Table, draft: &mut Draft) -> Vec<State> {
    let mut states: Vec<State> = Vec::new();
    for mut table in reader.tables(root, "state", "a state").into_iter().take(MAX_PARTS) {
        let found = reader.needed_text(&table, "name");
        let name = found.as_ref().map(|(name, _)| name.clone()).unwrap_or_default();
        if let Some((name, span)) = &found {
            table.what = format!("the state `{name}`");
            if !is_name(name) {
                reader.problem(
                    span.clone(),
                    "bad_name",
                    format!("`{name}` is no name: lower-case letters, digits and _, at most 40"),
                );
            }
            if states.iter().any(|other| other.name == *name) {
                reader.problem(span.clone(), "twice", format!("the state `{name}` is there twice"));
            }
        }
        draft.keep(format!("state.{name}"), found);
        reader
            .only(&table, &["name", "label", "initial", "to", "requires", "unsent", "final", "class", "start", "copy"]);
        let mut list = |key: &str| -> Vec<String> {
            let found = reader.texts(&table, key);
            found
                .into_iter()
                .map(|(text, span)| {
                    (draft.keep(format!("state.{name}.{key}.{text}"), Some((text.clone(), span))), text).1
                })
                .collect()
        };
        let (to, requires) = (list("to"), list("requires"));
        let mut word = |key: &str| {
            let found = reader.text(&table, key);
            draft.keep(format!("state.{name}.{key}"), found)
        };
        let (class, start) = (word("class"), word("start"));
        let copy = read_copies(reader, &table, &name, draft);
        states.push(State {
            label: reader.label(&table, "label"),
            initial: reader.truth(&table, "initial"),
            unsent: reader.truth(&table, "unsent"),
            is_final: reader.truth(&table, "final"),
            name,
            to,
            requires,
            class,
            start,
            copy,
        });
    }
    states
}

/// `[correction]`.
pub(super) fn read_correction(reader: &mut Reader, root: &Table, draft: &mut Draft) -> Option<Correction> {
    let table = reader.table(root, "correction", "the correction")?;
    reader.only(&table, &["reversal", "new_version", "negate", "clear"]);
    let mut list = |key: &str| -> Vec<String> {
        let found = reader.texts(&table, key);
        let keep = |(text, span): (String, Span)| {
            draft.spans.insert(format!("correction.{key}.{text}"), span);
            text
        };
        found.into_iter().map(keep).collect()
    };
    let (negate, clear) = (list("negate"), list("clear"));
    let (reversal, new_version) = (reader.text(&table, "reversal"), reader.needed_text(&table, "new_version"));
    draft.spans.insert("correction".to_owned(), table.span.clone());
    let mut link = |found: Option<(String, Span)>| {
        let (name, span) = found?;
        draft.spans.insert(format!("correction.{name}"), span);
        Some(name)
    };
    let reversal = link(reversal);
    Some(Correction { reversal, new_version: link(new_version)?, negate, clear })
}

fn read_copies(reader: &mut Reader, table: &Table, state: &str, draft: &mut Draft) -> Vec<Copy> {
    let mut copies = Vec::new();
    for copy in reader.tables(table, "copy", "a copy") {
        reader.only(&copy, &["from", "to"]);
        let (from, to) = (reader.needed_text(&copy, "from"), reader.needed_text(&copy, "to"));
        let (Some((from, span)), Some((to, to_span))) = (from, to) else { continue };
        if let Some((link, source)) = parse_source(&from) {
            draft.spans.insert(format!("state.{state}.copy.{to}.from"), span);
            draft.spans.insert(format!("state.{state}.copy.{to}.to"), to_span);
            copies.push(Copy { link, source, to });
        } else {
            let message = format!("`{from}` is no source: write `customer.title` or `customer.addresses[0]`");
            reader.problem(span, "bad_copy", message);
        }
    }
    copies
}

/// `customer.title`, `customer.addresses[0]`.
fn parse_source(text: &str) -> Option<(String, CopySource)> {
    let (link, rest) = text.split_once('.')?;
    if rest == "title" {
        return Some((link.to_owned(), CopySource::Title));
    }
    let (name, index) = match rest.split_once('[') {
        Some((name, index)) => (name, Some(index.strip_suffix(']')?.parse().ok()?)),
        None => (rest, None),
    };
    (is_name(link) && is_name(name)).then(|| (link.to_owned(), CopySource::Field { name: name.to_owned(), index }))
}

/// Everything that is about several parts at once.
pub(super) fn judge(reader: &mut Reader, definition: &mut Definition, draft: &Draft) {
    for name in definition.title.fields().filter(|name| !(*name == "id" && draft.span("title") == (0..0))) {
        let field = known_field(reader, &definition.fields, name, draft.span("title"), "`title`");
        if field.is_some_and(|field| field.protection == Protection::Sensitive) {
            let message = format!("everybody who sees a record sees its `title`, but `{name}` is sensitive");
            reader.problem(draft.span("title"), "title_sensitive", message);
        }
    }
    if let Subject::Own { when: Some(when) } = &definition.subject {
        let span = draft.span("subject_when");
        judge_expression(reader, definition, when, &span, "`subject_when`");
        for name in when.fields() {
            if definition.field(name).is_some_and(|field| field.protection.sealed()) {
                let message = format!("`subject_when` must be answered without a key, but `{name}` is sealed");
                reader.problem(span.clone(), "subject_when_sealed", message);
            }
        }
    }
    for (place, check) in definition.checks.iter().enumerate() {
        judge_expression(reader, definition, &check.when, &draft.span(&format!("checks.{place}")), "a check");
        if let Some(name) = &check.field {
            known_field(reader, &definition.fields, name, draft.span(&format!("checks.{place}.field")), "a check");
        }
    }
    judge_states(reader, definition, draft);
    judge_correction(reader, definition, draft);
}

fn judge_correction(reader: &mut Reader, definition: &Definition, draft: &Draft) {
    let Some(correction) = &definition.correction else { return };
    let what = "`[correction]`";
    let span = |name: &str| draft.span(&format!("correction.{name}"));
    let listed = |key: &str, name: &str| draft.span(&format!("correction.{key}.{name}"));
    if !definition.states.iter().any(|state| state.is_final) {
        let message = format!("{what} is for records that cannot be changed any more, but no state is `final`");
        reader.problem(draft.span("correction"), "bad_correction", message);
    }
    for name in correction.reversal.iter().chain([&correction.new_version]) {
        let Some(field) = known_field(reader, &definition.fields, name, span(name), what) else { continue };
        if field.kind != FieldType::Link || field.to != [definition.name.as_str()] || !field.unique {
            let message =
                format!("{what} names `{name}`, which must be a `unique` link to one record of `{}`", definition.name);
            reader.problem(span(name), "bad_correction", message);
        }
    }
    if correction.reversal.as_ref() == Some(&correction.new_version) {
        let message = format!("{what} needs two fields, one for the reversal and one for the new version");
        reader.problem(span(&correction.new_version), "bad_correction", message);
    }
    for name in &correction.negate {
        if let Some(field) = known_field(reader, &definition.fields, name, listed("negate", name), what)
            && (field.many || !matches!(field.kind, FieldType::Integer | FieldType::Decimal | FieldType::Money))
        {
            let message = format!("{what} turns the sign of `{name}`, which is no number");
            reader.problem(listed("negate", name), "bad_correction", message);
        }
    }
    for name in &correction.clear {
        if let Some(field) = known_field(reader, &definition.fields, name, listed("clear", name), what)
            && field.required
        {
            let message = format!("{what} leaves out `{name}`, without which a record is refused");
            reader.problem(listed("clear", name), "bad_correction", message);
        }
    }
}

fn judge_expression(reader: &mut Reader, definition: &Definition, expression: &Expression, span: &Span, what: &str) {
    let mut all_known = true;
    for name in expression.fields() {
        all_known &= known_field(reader, &definition.fields, name, span.clone(), what).is_some();
    }
    if all_known && let Err(message) = expression.try_out(|name| definition.field(name).cloned()) {
        reader.problem(span.clone(), "expression_fails", format!("{what}, `{}`: {message}", expression.source()));
    }
}

fn judge_states(reader: &mut Reader, definition: &Definition, draft: &Draft) {
    let initial = definition.states.iter().filter(|state| state.initial).count();
    if !definition.states.is_empty() && initial != 1 {
        let span =
            definition.states.first().map(|state| draft.span(&format!("state.{}", state.name))).unwrap_or_default();
        reader.problem(span, "initial_state", format!("exactly one state is `initial`, here {initial} are"));
    }
    for state in &definition.states {
        let what = format!("the state `{}`", state.name);
        let span = |part: &str| draft.span(&format!("state.{}.{part}", state.name));
        for next in &state.to {
            if definition.state(next).is_none() {
                let near = hint(next, definition.states.iter().map(|state| state.name.as_str()));
                reader.problem(
                    span(&format!("to.{next}")),
                    "no_such_state",
                    format!("{what} leads to `{next}`, which does not exist{near}"),
                );
            }
        }
        if state.is_final && !state.to.is_empty() {
            reader.problem(
                draft.span(&format!("state.{}", state.name)),
                "final_leads_on",
                format!("{what} is final, so nothing follows it"),
            );
        }
        for name in &state.requires {
            known_field(reader, &definition.fields, name, span(&format!("requires.{name}")), &what);
        }
        if let Some(start) = &state.start
            && let Some(field) = known_field(reader, &definition.fields, start, span("start"), &what)
            && (field.kind != FieldType::Date || field.protection.sealed())
        {
            reader.problem(
                span("start"),
                "start_event_sealed",
                format!("{what} starts a period with `{start}`, which must be a date that is not sealed"),
            );
        }
        for copy in &state.copy {
            known_field(reader, &definition.fields, &copy.to, span(&format!("copy.{}.to", copy.to)), &what);
            let from = span(&format!("copy.{}.from", copy.to));
            if let Some(link) = known_field(reader, &definition.fields, &copy.link, from.clone(), &what)
                && (link.kind != FieldType::Link || link.many)
            {
                reader.problem(
                    from,
                    "bad_copy",
                    format!("{what} copies from `{}`, which is no link to one record", copy.link),
                );
            }
        }
    }
}
