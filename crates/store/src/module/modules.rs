//! A tenant's whole set of modules, with their classes and activities: what one definition cannot know about another is judged here.
use super::problem::{Problem, Problems, hint};
use super::{
    Activities, Activity, Classes, Copy, CopySource, Definition, DeletionClass, Field, FieldError, FieldType, Map,
    Start, Subject,
};
use std::collections::BTreeMap;

/// Definitions that fit together, with the deletion classes and processing activities that they name.
#[derive(Debug, Clone)]
pub struct Modules {
    definitions: Vec<(String, Definition)>,
    places: BTreeMap<String, usize>,
    classes: Classes,
    activities: Activities,
}

impl Modules {
    /// Puts definitions, each with the name of its pack, together. All that does not fit at once.
    pub fn new(
        definitions: Vec<(String, Definition)>,
        classes: Classes,
        activities: Activities,
    ) -> Result<Self, Problems> {
        let places =
            definitions.iter().enumerate().map(|(place, (_, definition))| (definition.name.clone(), place)).collect();
        let modules = Self { definitions, places, classes, activities };
        let mut problems = Vec::new();
        for (place, definition) in modules.iter().enumerate() {
            if modules.places.get(&definition.name) != Some(&place) {
                problems.push(definition.problem(
                    "name",
                    "twice",
                    format!("the module `{}` is there twice", definition.name),
                ));
            }
            modules.judge(definition, &mut problems);
        }
        problems.sort();
        if problems.is_empty() { Ok(modules) } else { Err(Problems(problems)) }
    }

    /// The same set with one more definition, or with a new version of one that it has: a tenant's own module, or what `module check` judges.
    pub fn with(&self, pack: &str, definition: Definition) -> Result<Self, Problems> {
        let mut definitions = self.definitions.clone();
        match definitions.iter_mut().find(|(_, other)| other.name == definition.name) {
            Some(place) => *place = (pack.to_owned(), definition),
            None => definitions.push((pack.to_owned(), definition)),
        }
        Self::new(definitions, self.classes.clone(), self.activities.clone())
    }

    /// The module of that name.
    pub fn get(&self, name: &str) -> Option<&Definition> {
        self.places.get(name).and_then(|place| self.definitions.get(*place)).map(|(_, definition)| definition)
    }
    /// All modules, pack by pack.
    pub fn iter(&self) -> impl Iterator<Item = &Definition> {
        self.definitions.iter().map(|(_, definition)| definition)
    }
    /// The modules of one pack.
    pub fn pack<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Definition> {
        self.definitions.iter().filter(move |(pack, _)| pack == name).map(|(_, definition)| definition)
    }
    /// The pack that a module came with.
    pub fn pack_of(&self, module: &str) -> Option<&str> {
        self.places.get(module).and_then(|place| self.definitions.get(*place)).map(|(pack, _)| pack.as_str())
    }
    /// The deletion class of that name.
    pub fn class(&self, name: &str) -> Option<&DeletionClass> {
        self.classes.get(name)
    }
    /// All deletion classes.
    pub fn classes(&self) -> &Classes {
        &self.classes
    }
    /// The processing activity of that key.
    pub fn activity(&self, key: &str) -> Option<&Activity> {
        self.activities.get(key)
    }
    /// All processing activities.
    pub fn activities(&self) -> &Activities {
        &self.activities
    }
    /// The fields of any module that link to `module`, with the module that they belong to.
    pub fn links_to<'a>(&'a self, module: &'a str) -> impl Iterator<Item = (&'a Definition, &'a Field)> {
        self.iter().flat_map(move |definition| {
            let links = definition.fields.iter().filter(move |field| field.to.iter().any(|target| target == module));
            links.map(move |field| (definition, field))
        })
    }
    /// Whether records of that module can be persons.
    pub fn can_be_person(&self, module: &str) -> bool {
        self.get(module).is_some_and(|definition| matches!(definition.subject, Subject::Own { .. }))
    }

    /// Whether the activity that a record names exists; a record without one passes (see [`Definition::check_origin`]).
    pub fn check_activity(&self, values: &Map) -> Result<(), FieldError> {
        let Some(key) = values.get("activity").and_then(serde_json::Value::as_str) else { return Ok(()) };
        if self.activity(key).is_some() {
            return Ok(());
        }
        let known: Vec<&str> = self.activities.activities.iter().map(|activity| activity.key.as_str()).collect();
        let known = known.join(", ");
        Err(FieldError::new(
            "activity",
            "unknown_activity",
            format!("Diese Verarbeitungstätigkeit gibt es nicht. Möglich: {known}."),
            format!("There is no such processing activity. Possible: {known}."),
        ))
    }

    fn judge(&self, definition: &Definition, problems: &mut Vec<Problem>) {
        self.judge_class(definition, &definition.class, "class", definition.may_be_personal(), problems);
        for field in &definition.fields {
            let part = |key: &str| format!("field.{}.{key}", field.name);
            if field.class != definition.class {
                self.judge_class(definition, &field.class, &part("class"), field.protection.sealed(), problems);
            }
            for target in field.to.iter().filter(|target| self.get(target).is_none()) {
                let near = hint(target, self.iter().map(|other| other.name.as_str()));
                let message =
                    format!("the link `{}` leads to the module `{target}`, which does not exist{near}", field.name);
                problems.push(definition.problem(&part("to"), "no_such_module", message));
            }
            if let Some(of) = &field.of {
                self.judge_person(definition, of, &part("of"), problems);
            }
        }
        if let Subject::Link(link) = &definition.subject {
            self.judge_person(definition, link, "subject", problems);
        }
        for state in &definition.states {
            if let Some(class) = &state.class {
                self.judge_class(
                    definition,
                    class,
                    &format!("state.{}.class", state.name),
                    definition.may_be_personal(),
                    problems,
                );
            }
            for copy in &state.copy {
                self.judge_copy(definition, &state.name, copy, problems);
            }
        }
    }

    fn judge_class(
        &self,
        definition: &Definition,
        name: &str,
        part: &str,
        personal: bool,
        problems: &mut Vec<Problem>,
    ) {
        let Some(class) = self.class(name) else {
            let near = hint(name, self.classes.classes.iter().map(|class| class.name.as_str()));
            problems.push(definition.problem(
                part,
                "no_such_class",
                format!("there is no deletion class `{name}`{near}"),
            ));
            return;
        };
        if personal && !class.personal {
            let message = format!("the class `{name}` is never personal, but this is about persons");
            problems.push(definition.problem(part, "class_not_personal", message));
        }
        if personal && class.start == Start::ProcessEnd && definition.start_field(name).is_none() {
            let message = format!(
                "the class `{name}` starts with the end of a process: mark the date that says so with `start_event = true`"
            );
            problems.push(definition.problem(part, "no_start_event", message));
        }
    }

    /// A link that says whose data something is must lead to persons.
    fn judge_person(&self, definition: &Definition, link: &str, part: &str, problems: &mut Vec<Problem>) {
        let targets = definition.field(link).map(|field| field.to.as_slice()).unwrap_or_default();
        let known = targets.iter().all(|target| self.get(target).is_some());
        if known && !targets.iter().any(|target| self.can_be_person(target)) {
            let message = format!("`{link}` leads to no module whose records are persons (`subject = \"self\"`)");
            problems.push(definition.problem(part, "no_person", message));
        }
    }

    fn judge_copy(&self, definition: &Definition, state: &str, copy: &Copy, problems: &mut Vec<Problem>) {
        let (Some(link), Some(to)) = (definition.field(&copy.link), definition.field(&copy.to)) else { return };
        let part = format!("state.{state}.copy.{}.from", copy.to);
        let CopySource::Field { name, index } = &copy.source else {
            if !matches!(to.kind, FieldType::Text | FieldType::LongText) {
                problems.push(definition.problem(
                    &part,
                    "bad_copy",
                    format!("a title is text, but `{}` is not", to.name),
                ));
            }
            return;
        };
        let sources: Vec<&Field> =
            link.to.iter().filter_map(|target| self.get(target)).filter_map(|target| target.field(name)).collect();
        if sources.is_empty() {
            let message = format!("no module that `{}` leads to has the field `{name}`", copy.link);
            problems.push(definition.problem(&part, "no_such_field", message));
        }
        for source in sources {
            if source.kind != to.kind || (source.many && !to.many && index.is_none()) {
                let message = format!(
                    "`{}.{name}` does not fit into `{}`: another type, or several values into one",
                    copy.link, to.name
                );
                problems.push(definition.problem(&part, "bad_copy", message));
            }
        }
    }
}

impl Definition {
    fn problem(&self, part: &str, code: &str, message: String) -> Problem {
        let (line, column) = self.source.spots.get(part).copied().unwrap_or((0, 0));
        Problem { file: self.source.file.clone(), line, column, code: code.to_owned(), message }
    }
}
