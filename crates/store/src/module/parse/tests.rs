//! Wrong definitions and what is said about them.
use super::*;
use crate::module::problem::Problems;
use crate::module::{Modules, packs, parse_activities, parse_classes};
use proptest::prelude::*;

const HEAD: &str = r#"name = "thing"
label = { de = "Ding", en = "Thing" }
plural = { de = "Dinge", en = "Things" }
purpose = { de = "Zweck", en = "Purpose" }
class = "record"
title = "{name}"
"#;

const FIELD: &str = r#"
[[field]]
name = "name"
type = "text"
label = { de = "Name", en = "Name" }
purpose = { de = "Zweck", en = "Purpose" }
protection = "internal"
"#;

const CORRECTION: &str = "correction = { new_version = \"name\", negate = [] }\n";

const FINAL: &str = "[[state]]\nname = \"a\"\ninitial = true\nfinal = true\nlabel = { de = \"A\", en = \"A\" }\n";

fn told(text: &str) -> String {
    parse(text, "thing.toml").err().map(|problems| Problems(problems).to_string()).unwrap_or_default()
}

fn field(name: &str, kind: &str, more: &str) -> String {
    format!("{FIELD}{more}")
        .replace("name = \"name\"", &format!("name = \"{name}\""))
        .replace("type = \"text\"", &format!("type = \"{kind}\""))
}

#[test]
fn a_right_definition_is_read() {
    assert_eq!(told(&format!("{HEAD}{FIELD}")), "");
}

#[test]
fn several_mistakes_are_told_at_once_with_line_and_column() {
    let text = r#"name = "Thing"
lable = { de = "Ding", en = "Thing" }
plural = { de = "Dinge" }
purpose = "Zweck"
class = "record"
title = "{nam}"

[[field]]
name = "name"
type = "txt"
label = { de = "Name", en = "Name" }
purpose = { de = "Zweck", en = "" }
requird = true
max = "viele"
"#;
    assert_eq!(
        told(text),
        "\
thing.toml:1:1: missing_key: the module `Thing` needs `label`, written { de = \"…\", en = \"…\" }
thing.toml:1:8: bad_name: `Thing` cannot be a module's name: lower-case letters, digits and _, at most 40, and none that a route has
thing.toml:2:1: unknown_key: the module `Thing` has no key `lable`; did you mean `label`?
thing.toml:3:10: missing_key: `plural` needs `en`, a text
thing.toml:4:11: wrong_type: `purpose` is written { de = \"…\", en = \"…\" }, not a value of type string
thing.toml:6:9: no_such_field: `title` names the field `nam`, which does not exist; did you mean `name`?
thing.toml:8:1: missing_key: the field `name` needs `protection`, a text
thing.toml:10:8: unknown_word: `txt` is no type; did you mean `text`?; known: text, long_text, integer, decimal, money, date, date_time, boolean, choice, choices, email, phone, url, country, address, identifier, link
thing.toml:12:32: empty: `en` is empty
thing.toml:13:1: unknown_key: the field `name` has no key `requird`; did you mean `required`?
thing.toml:14:7: wrong_type: `max` is a whole number, not a value of type string"
    );
}

#[test]
fn what_is_no_toml_is_told_with_its_place() {
    let told = told("name = \"thing\nlabel = 1");
    assert!(told.starts_with("thing.toml:1:"), "{told}");
    assert!(told.contains("not_toml"), "{told}");
}

/// The mistakes that only the meaning shows: what is written, and the code and line that must be told.
#[test]
fn each_mistake_has_its_code_and_its_line() {
    let person = "subject = \"self\"\n";
    let cases: &[(&str, String, &str)] = &[
        ("a reserved name", format!("{HEAD}{FIELD}{}", field("version", "text", "")), "16:8: reserved_name"),
        ("an implied name", format!("{HEAD}{FIELD}{}", field("origin", "text", "")), "16:8: reserved_name"),
        ("a word of CEL", format!("{HEAD}{FIELD}{}", field("in", "text", "")), "16:8: reserved_name"),
        ("a field twice", format!("{HEAD}{FIELD}{FIELD}"), "16:8: twice"),
        ("a choice without choices", format!("{HEAD}{FIELD}{}", field("kind", "choice", "")), "15:1: missing_key"),
        ("a link without target", format!("{HEAD}{FIELD}{}", field("owner", "link", "")), "15:1: link_target"),
        (
            "an identifier without kind",
            format!("{HEAD}{FIELD}{}", field("vin", "identifier", "")),
            "15:1: identifier_kind",
        ),
        (
            "a wrong default",
            format!("{HEAD}{FIELD}{}", field("on", "date", "default = \"never\"")),
            "21:11: bad_default",
        ),
        (
            "a start that is no date",
            format!("{HEAD}{FIELD}{}", field("on", "text", "start_event = true")),
            "15:1: start_event_type",
        ),
        (
            "a start that is sealed",
            format!(
                "{HEAD}{person}{FIELD}{}",
                field("on", "date", "start_event = true").replace("internal", "personal")
            ),
            "16:1: start_event_sealed",
        ),
        ("somebody's data of nobody", format!("{HEAD}{}", FIELD.replace("internal", "personal")), "9:8: nobodys"),
        (
            "data of a link that is not there",
            format!("{HEAD}{}of = \"ownr\"\n", FIELD.replace("internal", "personal")),
            "14:6: of_unknown",
        ),
        ("a subject that is not there", format!("{HEAD}subject = \"owner\"\n{FIELD}"), "7:11: no_such_field"),
        ("a subject that is no link", format!("{HEAD}subject = \"name\"\n{FIELD}"), "7:11: subject_link"),
        (
            "a condition without a subject",
            format!("{HEAD}subject_when = \"true\"\n{FIELD}"),
            "7:16: subject_when_alone",
        ),
        (
            "a condition on a sealed field",
            format!("{HEAD}{person}subject_when = \"name == 'x'\"\n{}", FIELD.replace("internal", "personal")),
            "8:16: subject_when_sealed",
        ),
        ("no origin of a person", format!("{HEAD}{person}origin = false\n{FIELD}"), "1:1: origin_differs"),
        ("a broken expression", format!("{HEAD}{person}subject_when = \"name ==\"\n{FIELD}"), "8:16: bad_expression"),
        (
            "an unknown field in an expression",
            format!("{HEAD}{person}subject_when = \"nme == 'x'\"\n{FIELD}"),
            "8:16: no_such_field",
        ),
        (
            "an expression that is no truth",
            format!("{HEAD}{person}subject_when = \"name\"\n{FIELD}"),
            "8:16: expression_fails",
        ),
        (
            "a check that forgets the missing value",
            format!("{HEAD}checks = [{{ when = \"name < 'x'\", message = {{ de = \"x\", en = \"x\" }} }}]\n{FIELD}"),
            "7:20: expression_fails",
        ),
        ("a broken title", format!("{HEAD}{FIELD}").replace("{name}", "{name"), "6:9: bad_title"),
        ("a title without a field", format!("{HEAD}{FIELD}").replace("{name}", "Ding"), "6:9: bad_title"),
        (
            "a state that leads nowhere",
            format!("{HEAD}{FIELD}[[state]]\nname = \"a\"\nlabel = {{ de = \"A\", en = \"A\" }}\nto = [\"b\"]\n"),
            "17:7: no_such_state",
        ),
        (
            "no initial state",
            format!("{HEAD}{FIELD}[[state]]\nname = \"a\"\nlabel = {{ de = \"A\", en = \"A\" }}\n"),
            "15:8: initial_state",
        ),
        (
            "a final state that leads on",
            format!(
                "{HEAD}{FIELD}[[state]]\nname = \"a\"\ninitial = true\nfinal = true\nlabel = {{ de = \"A\", en = \"A\" }}\nto = [\"a\"]\n"
            ),
            "15:8: final_leads_on",
        ),
        (
            "a copy from nowhere",
            format!(
                "{HEAD}{FIELD}[[state]]\nname = \"a\"\ninitial = true\nlabel = {{ de = \"A\", en = \"A\" }}\ncopy = [{{ from = \"title\", to = \"name\" }}]\n"
            ),
            "18:18: bad_copy",
        ),
    ];
    for (what, text, expected) in cases {
        let told = told(text);
        assert!(told.contains(&format!("thing.toml:{expected}")), "{what}: expected {expected}, told:\n{told}");
    }
}

#[test]
fn a_wrong_correction_has_its_code_and_its_line() {
    let whole = format!("{CORRECTION}{HEAD}{FIELD}{FINAL}");
    let cases: &[(&str, String, &str)] = &[
        ("a correction of what can be changed", format!("{CORRECTION}{HEAD}{FIELD}"), "1:14: bad_correction"),
        ("a correction by no link", whole.clone(), "1:30: bad_correction"),
        ("a sign of what has none", whole.replace("[]", "[\"name\"]"), "1:48: bad_correction"),
        (
            "nothing left of what is needed",
            format!("{CORRECTION}{HEAD}{FIELD}required = true\n{FINAL}").replace("negate = []", "clear = [\"name\"]"),
            "1:47: bad_correction",
        ),
    ];
    for (what, text, expected) in cases {
        let told = told(text);
        assert!(told.contains(&format!("thing.toml:{expected}")), "{what}: expected {expected}, told:\n{told}");
    }
}

#[test]
fn what_takes_long_or_tells_too_much_has_its_code_and_its_line() {
    let person = "subject = \"self\"\n";
    let cases: &[(&str, String, &str)] = &[
        (
            "an expression that takes long",
            format!(
                "{HEAD}{person}subject_when = \"[name].all(a, [name].all(b, [name].all(c, a + b == c)))\"\n{FIELD}"
            ),
            "8:16: bad_expression",
        ),
        (
            "a title that tells what not everybody may read",
            format!("{HEAD}{person}{}", FIELD.replace("internal", "sensitive")),
            "6:9: title_sensitive",
        ),
    ];
    for (what, text, expected) in cases {
        let told = told(text);
        assert!(told.contains(&format!("thing.toml:{expected}")), "{what}: expected {expected}, told:\n{told}");
    }
}

#[test]
fn an_expression_is_tried_with_fields_missing() {
    let text = format!("{HEAD}checks = [{{ when = \"name < 'x'\", message = {{ de = \"x\", en = \"x\" }} }}]\n{FIELD}");
    assert!(told(&text).contains("when name has no value"), "{}", told(&text));
}

fn together(text: &str) -> String {
    let core = packs::load(&["core"]).unwrap();
    core.with("own", parse(text, "thing.toml").unwrap()).err().map(|problems| problems.to_string()).unwrap_or_default()
}

#[test]
fn a_module_is_not_there_twice() {
    let core = packs::load(&["core"]).unwrap();
    let contact = core.get("contact").unwrap();
    let twice = vec![("core".to_owned(), contact.clone()), ("own".to_owned(), contact.clone())];
    let problems = Modules::new(twice, core.classes().clone(), core.activities().clone()).unwrap_err();
    assert!(problems.to_string().contains("core/contact.toml:2:8: twice"), "{problems}");
}

/// What one file cannot know: links, classes and whose data it is across modules.
#[test]
fn modules_must_fit_together() {
    let link = |to: &str| field("owner", "link", &format!("to = [\"{to}\"]\n"));
    let owned = format!("{HEAD}subject = \"owner\"\n{}", FIELD.replace("internal", "personal"));
    let copy = |from: &str, to: &str| {
        format!(
            "{HEAD}{FIELD}{}[[state]]\nname = \"a\"\ninitial = true\nlabel = {{ de = \"A\", en = \"A\" }}\ncopy = [{{ from = \"{from}\", to = \"{to}\" }}]\n",
            link("contact")
        )
    };
    let cases: &[(&str, String, &str)] = &[
        ("a target that is not there", format!("{HEAD}{FIELD}{}", link("contct")), "thing.toml:21:7: no_such_module"),
        (
            "a class that is not there",
            format!("{HEAD}{FIELD}").replace("\"record\"", "\"recrod\""),
            "thing.toml:5:9: no_such_class",
        ),
        ("a subject that is no person", format!("{owned}{}", link("interaction")), "thing.toml:7:11: no_person"),
        (
            "people in a class that is never personal",
            format!("{owned}{}", link("contact")).replace("\"record\"", "\"governance\""),
            "thing.toml:5:9: class_not_personal",
        ),
        (
            "a process without an end",
            format!("{owned}{}", link("contact")).replace("\"record\"", "\"process\""),
            "thing.toml:5:9: no_start_event",
        ),
        ("a copy of what is not there", copy("owner.colour", "name"), "thing.toml:26:18: no_such_field"),
        ("a copy of another type", copy("owner.birthday", "name"), "thing.toml:26:18: bad_copy"),
        ("a copy of several into one", copy("owner.categories", "name"), "thing.toml:26:18: bad_copy"),
    ];
    for (what, text, expected) in cases {
        let told = together(text);
        assert!(told.contains(expected), "{what}: expected {expected}, told:\n{told}");
    }
    assert_eq!(together(&format!("{owned}{}", link("contact"))), "");
    assert_eq!(together(&copy("owner.title", "name")), "");
    assert_eq!(together(&copy("owner.categories[0]", "name")), "");
}

#[test]
fn rules_of_a_class_follow_each_other_without_a_gap() {
    let class = |second: &str| {
        format!(
            r#"[[class]]
name = "x"
label = {{ de = "X", en = "X" }}
purpose = {{ de = "X", en = "X" }}
start = "creation"
mode = "automatic"
[[class.rule]]
valid_from = 2020-01-01
valid_to = "2024-12-31"
years = 10
from = "event"
basis = "§ 1"
reason = {{ de = "X", en = "X" }}
[[class.rule]]
valid_from = "{second}"
years = 8
from = "event"
basis = "§ 1"
reason = {{ de = "X", en = "X" }}
"#
        )
    };
    assert!(parse_classes(&class("2025-01-01"), "classes.toml").is_ok());
    for second in ["2025-01-02", "2024-12-31"] {
        let problems = Problems(parse_classes(&class(second), "classes.toml").unwrap_err());
        assert!(problems.to_string().starts_with("classes.toml:14:1: rules_overlap"), "{problems}");
    }
    let problems = Problems(parse_classes(&class("heute"), "classes.toml").unwrap_err());
    assert!(problems.to_string().starts_with("classes.toml:15:14: not_a_date"), "{problems}");
}

/// Files with a part cut out, doubled or replaced: what people get wrong.
fn mangled() -> impl Strategy<Value = String> {
    let files: Vec<&'static str> =
        packs::NAMES.iter().flat_map(|pack| packs::files(pack)).map(|(_, text)| text).collect();
    let odd = prop_oneof![
        any::<String>(),
        Just("\"".to_owned()),
        Just("]]".to_owned()),
        Just("((((((".to_owned()),
        Just("= 1".to_owned())
    ];
    (proptest::sample::select(files), any::<proptest::sample::Index>(), any::<proptest::sample::Index>(), odd).prop_map(
        |(text, from, to, odd)| {
            let letters: Vec<char> = text.chars().collect();
            let (from, to) = (from.index(letters.len()), to.index(letters.len()));
            let (from, to) = (from.min(to), from.max(to).min(from.min(to) + 200));
            letters[..from].iter().chain(odd.chars().collect::<Vec<_>>().iter()).chain(&letters[to..]).collect()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_the_reader_panic(text in prop_oneof![any::<String>(), mangled()]) {
        for problem in parse(&text, "x.toml").err().into_iter().flatten() {
            prop_assert!(problem.line <= text.lines().count() + 1);
        }
        let _ = parse_classes(&text, "x.toml");
        let _ = parse_activities(&text, "x.toml");
    }

    #[test]
    fn no_expression_makes_the_compiler_panic(text in prop_oneof![any::<String>(), "[a-z0-9 ()\\[\\]{}'\"+=<>!&|.,?:-]{0,60}"]) {
        if let Ok(expression) = Expression::compile(&text) {
            let _ = expression.try_out(|_| None);
        }
    }
}
