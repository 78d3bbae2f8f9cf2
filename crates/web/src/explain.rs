//! What a failure below tells its reader beyond its kind: fields, a conflict's code, what would help.
use crate::fail::Failure;
use crate::lang::Lang;
use crate::words::Words;
use base::Kinded;
use std::any::Any;
use store::module::{FieldError, Label};

/// Adds what the error says that a caller may read.
pub(crate) fn explain<E: Kinded + 'static>(mut failure: Failure, error: &E) -> Failure {
    let any: &dyn Any = error;
    if let Some(error) = any.downcast_ref::<FieldError>() {
        failure.errors.push(error.clone());
        return failure;
    }
    if let Some(error) = any.downcast_ref::<store::Error>() {
        return of_store(failure, error);
    }
    match any.downcast_ref::<identity::Error>() {
        Some(identity::Error::Store(error)) => return of_store(failure, error),
        Some(identity::Error::Fields(errors)) => failure.errors.clone_from(errors),
        _ => {}
    }
    failure
}

fn of_store(mut failure: Failure, error: &store::Error) -> Failure {
    match error {
        store::Error::Fields(errors) => failure.errors.clone_from(errors),
        store::Error::Conflict { code, .. } => {
            (*code).clone_into(&mut failure.code);
            failure.detail = Some(in_both(&format!("conflict-{code}"), &error.to_string()));
        }
        store::Error::Stale { .. } => failure.detail = Some(in_both("conflict-stale", &error.to_string())),
        store::Error::Invalid { message } => failure.detail = Some(Label::new(message.clone(), message.clone())),
        store::Error::Input { message, .. } => failure.detail = Some(message.clone()),
        store::Error::Elsewhere { .. } => "elsewhere".clone_into(&mut failure.code),
        store::Error::Full { .. } => "disk-full".clone_into(&mut failure.code),
        store::Error::Index(store::index::Error::TooBroad { helpful }) => {
            "too-broad".clone_into(&mut failure.code);
            let text = |lang| {
                let words = Words(lang);
                if helpful.is_empty() {
                    words.say("problem-too-broad-plain")
                } else {
                    words.say1("problem-too-broad-fields", "fields", helpful.join(", "))
                }
            };
            failure.detail = Some(Label::new(text(Lang::De), text(Lang::En)));
        }
        store::Error::Index(store::index::Error::Cursor) => failure = failure.with_error("after", "bad_cursor"),
        store::Error::Index(store::index::Error::Column(column)) => {
            failure = failure.with_error(&column.clone(), "no_such_column");
        }
        _ => {}
    }
    failure
}

/// The text of a key in both languages, or the error's own words where there is none.
fn in_both(key: &str, own: &str) -> Label {
    let text = |lang| Words(lang).known(key).unwrap_or_else(|| own.to_owned());
    Label::new(text(Lang::De), text(Lang::En))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conflict_keeps_its_code_and_a_broad_list_names_what_helps() {
        let failure = Failure::from(store::Error::conflict("final", "it is final"));
        assert_eq!((failure.status.as_u16(), failure.code.as_str()), (409, "final"));
        let failure =
            Failure::from(store::Error::Index(store::index::Error::TooBroad { helpful: vec!["kind".into()] }));
        assert_eq!((failure.status.as_u16(), failure.code.as_str()), (422, "too-broad"));
        assert!(failure.detail(Words(Lang::En)).unwrap().contains("kind"));
        let failure = Failure::from(store::Error::Stale { given: 1, present: 2 });
        assert_eq!(failure.status.as_u16(), 412);
    }

    #[test]
    fn what_is_damaged_is_not_shown() {
        let failure = Failure::from(store::Error::Damaged { file: "records.db".into(), message: "page 7".into() });
        assert_eq!(failure.status.as_u16(), 500);
        assert!(!failure.problem(Words(Lang::De), "x").to_string().contains("page 7"));
    }
}
