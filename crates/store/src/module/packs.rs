//! The packs that come with the program, carried in it.
#[cfg(test)]
mod tests;

use super::problem::{Problem, Problems, hint};
use super::{Modules, parse, parse_activities, parse_classes};

macro_rules! file {
    ($path:literal) => {
        ($path, include_str!(concat!("../../../../packs/", $path)))
    };
}

const CLASSES: (&str, &str) = file!("core/classes.toml");
const ACTIVITIES: (&str, &str) = file!("core/activities.toml");

/// Every module of every pack: the one list. A file in `packs/` that does not stand here is found by a test.
const MODULES: &[(&str, &str)] = &[
    file!("core/contact.toml"),
    file!("core/organisation.toml"),
    file!("core/interaction.toml"),
    file!("workshop/vehicle.toml"),
    file!("workshop/order.toml"),
    file!("realestate/property.toml"),
    file!("realestate/history.toml"),
    file!("training/qualification.toml"),
    file!("training/course.toml"),
    file!("training/store.toml"),
    file!("training/lecturer.toml"),
    file!("training/participant.toml"),
];

/// The names of the packs; `core` comes first and is part of every tenant.
pub const NAMES: &[&str] = &["core", "workshop", "realestate", "training"];

/// The definition files of one pack: name and text. For a tenant's own copy and for `module show`.
pub fn files(pack: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let belongs = move |path: &str| path.split_once('/').is_some_and(|(folder, _)| folder == pack);
    MODULES.iter().copied().filter(move |(path, _)| belongs(path))
}

/// Reads the named packs, `core` always among them, in the order of [`NAMES`].
pub fn load(packs: &[&str]) -> Result<Modules, Problems> {
    let mut problems = Vec::new();
    for name in packs.iter().filter(|name| !NAMES.contains(name)) {
        let message =
            format!("there is no pack `{name}`{}; known: {}", hint(name, NAMES.iter().copied()), NAMES.join(", "));
        problems.push(Problem {
            file: "packs".to_owned(),
            line: 0,
            column: 0,
            code: "no_such_pack".to_owned(),
            message,
        });
    }
    let mut definitions = Vec::new();
    for pack in NAMES.iter().filter(|name| **name == "core" || packs.contains(name)) {
        for (file, text) in files(pack) {
            match parse(text, file) {
                Ok(definition) => definitions.push(((*pack).to_owned(), definition)),
                Err(more) => problems.extend(more),
            }
        }
    }
    let classes = parse_classes(CLASSES.1, CLASSES.0).unwrap_or_else(|more| {
        problems.extend(more);
        super::Classes::default()
    });
    let activities = parse_activities(ACTIVITIES.1, ACTIVITIES.0).unwrap_or_else(|more| {
        problems.extend(more);
        super::Activities::default()
    });
    if problems.is_empty() { Modules::new(definitions, classes, activities) } else { Err(Problems(problems)) }
}
