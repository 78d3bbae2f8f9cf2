//! Choices and truths, understood by key and by label.
use super::{Reading, Refusal, as_text, text};
use crate::module::Choice;
use serde_json::Value;

/// Yes or no: `true`, `ja`, `yes`, `1`, `x` and their opposites.
pub(in super::super) fn boolean(value: &Value) -> Reading {
    if let Value::Bool(truth) = value {
        return Ok(Some((*truth).into()));
    }
    let given = text::clean(&as_text(value)?, false)?.to_lowercase();
    match given.as_str() {
        "" => Ok(None),
        "true" | "ja" | "j" | "yes" | "y" | "1" | "wahr" | "x" => Ok(Some(true.into())),
        "false" | "nein" | "n" | "no" | "0" | "falsch" => Ok(Some(false.into())),
        _ => Err(Refusal::new("not_a_truth", "Hier wird Ja oder Nein erwartet.", "Yes or no is expected here.")),
    }
}

/// The key of the choice with that key or label, in any case.
pub(in super::super) fn one(choices: &[Choice], given: &str) -> Reading {
    let given = text::clean(given, false)?;
    if given.is_empty() {
        return Ok(None);
    }
    find(choices, &given).map(|key| Some(key.into())).ok_or_else(|| {
        let list = |label: &dyn Fn(&Choice) -> String| choices.iter().map(label).collect::<Vec<_>>().join(", ");
        let (de, en) = (list(&|choice| choice.label.de.clone()), list(&|choice| choice.label.en.clone()));
        Refusal::new("no_such_choice", format!("Zur Wahl stehen: {de}."), format!("The choices are: {en}."))
    })
}

/// Keys in the order of the definition, each once. A text may name several with commas or semicolons.
pub(in super::super) fn several(choices: &[Choice], value: &Value) -> Reading {
    let given: Vec<String> = match value {
        Value::Array(items) => items.iter().map(as_text).collect::<Result<_, _>>()?,
        single => {
            let single = as_text(single)?;
            if find(choices, &text::clean(&single, false)?).is_some() {
                vec![single]
            } else {
                single.split([',', ';']).map(str::to_owned).collect()
            }
        }
    };
    let keys: Vec<Value> =
        given.iter().map(|text| one(choices, text)).collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
    let ordered: Vec<Value> =
        choices.iter().map(|choice| Value::from(choice.key.clone())).filter(|key| keys.contains(key)).collect();
    Ok(if ordered.is_empty() { None } else { Some(ordered.into()) })
}

fn find<'a>(choices: &'a [Choice], given: &str) -> Option<&'a str> {
    let same = |label: &str| label.to_lowercase() == given.to_lowercase();
    let by_key = choices.iter().find(|choice| choice.key == given);
    by_key
        .or_else(|| choices.iter().find(|choice| same(&choice.key) || same(&choice.label.de) || same(&choice.label.en)))
        .map(|choice| choice.key.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::module::Label;
    use serde_json::json;

    fn choices() -> Vec<Choice> {
        [("person", "Person", "Person"), ("institution", "Einrichtung", "Institution")]
            .map(|(key, de, en)| Choice { key: key.to_owned(), label: Label::new(de, en) })
            .to_vec()
    }

    #[test]
    fn a_choice_is_known_by_key_and_label() {
        for given in ["institution", "EINRICHTUNG", "Institution", " institution "] {
            assert_eq!(one(&choices(), given).unwrap(), Some("institution".into()), "{given}");
        }
        assert!(one(&choices(), "robot").unwrap_err().message.de.contains("Einrichtung"));
    }

    #[test]
    fn several_choices_keep_the_order_of_the_definition() {
        assert_eq!(
            several(&choices(), &json!(["institution", "person", "person"])).unwrap(),
            Some(json!(["person", "institution"]))
        );
        assert_eq!(several(&choices(), &json!("Einrichtung; Person")).unwrap(), Some(json!(["person", "institution"])));
        assert_eq!(several(&choices(), &json!([])).unwrap(), None);
    }

    #[test]
    fn truths_are_understood_in_two_languages() {
        assert_eq!(boolean(&json!("Ja")).unwrap(), Some(true.into()));
        assert_eq!(boolean(&json!(0)).unwrap(), Some(false.into()));
        assert_eq!(boolean(&json!(true)).unwrap(), Some(true.into()));
        assert!(boolean(&json!("vielleicht")).is_err());
    }
}
