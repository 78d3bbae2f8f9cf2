//! `docs/dependencies.md` names every library that the workspace names, and says truly what licence it has and who uses it.
//! What for and why this one is written by hand; `UPDATE=1 cargo test -p obhut house` fills in the two columns that cargo knows.
use super::{metadata, root, used_by};
use cargo_metadata::Metadata;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// The table of Rust libraries stands under this heading, the one of the browser walk under the other.
const RUST: &str = "## In the program and its tests";
const BROWSER: &str = "## In the browser walk";

fn page() -> PathBuf {
    root().join("docs/dependencies.md")
}

/// Names below `[workspace.dependencies]` that are not crates of ours.
fn named_in_the_workspace() -> BTreeSet<String> {
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let lines = manifest.lines().skip_while(|line| *line != "[workspace.dependencies]").skip(1);
    lines
        .take_while(|line| !line.starts_with('['))
        .filter(|line| !line.contains("path = \"crates/"))
        .filter_map(|line| line.split_once(" = "))
        .filter(|(name, _)| !name.starts_with('#'))
        .map(|(name, _)| name.to_owned())
        .collect()
}

/// Who uses each library, by the short names of our crates; `(tests)` behind those that use it in tests only.
fn users_of_libraries(metadata: &Metadata) -> BTreeMap<String, Vec<String>> {
    let mut users: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for package in metadata.workspace_packages() {
        let short = package.name.strip_prefix("obhut-").unwrap_or(&package.name);
        let (always, in_tests) = used_by(package);
        for library in &always {
            users.entry((*library).to_owned()).or_default().push(short.to_owned());
        }
        for library in in_tests.difference(&always) {
            users.entry((*library).to_owned()).or_default().push(format!("{short} (tests)"));
        }
    }
    for names in users.values_mut() {
        names.sort();
    }
    users
}

/// A line of a table: `| name | what for | why this one | licence | used by |`.
fn cells(line: &str) -> Option<Vec<&str>> {
    let cells: Vec<&str> = line.strip_prefix('|')?.strip_suffix('|')?.split('|').map(str::trim).collect();
    let is_row = cells.len() == 5 && !["", "library"].contains(&cells[0]) && !cells[0].starts_with("---");
    is_row.then_some(cells)
}

fn rows(text: &str, heading: &str) -> BTreeMap<String, String> {
    let section = text.lines().skip_while(|line| *line != heading).skip(1).take_while(|line| !line.starts_with("## "));
    section.filter_map(|line| cells(line).map(|cells| (cells[0].to_owned(), line.to_owned()))).collect()
}

#[test]
fn every_library_has_its_line() {
    let metadata = metadata();
    let users = users_of_libraries(&metadata);
    let mut text = std::fs::read_to_string(page()).unwrap();
    let lines = rows(&text, RUST);
    let named = named_in_the_workspace();
    assert!(named.contains("serde"), "Cargo.toml is not read as it is written");
    assert_eq!(lines.keys().cloned().collect::<BTreeSet<_>>(), named, "left: lines of the page; right: Cargo.toml");

    let mut wrong = Vec::new();
    for (name, line) in &lines {
        let cells = cells(line).unwrap();
        assert!(!cells[1].is_empty() && !cells[2].is_empty(), "{name}: what for, and why this one?");
        let Some(users) = users.get(name) else {
            wrong.push(format!("{name}: nobody uses it; take it out of Cargo.toml and of the page"));
            continue;
        };
        // A library of another system only is not in the graph of this one; its licence stays as written.
        let found = metadata.packages.iter().find(|package| package.name.as_str() == name);
        let licence = found.and_then(|package| package.license.clone()).unwrap_or_else(|| cells[3].to_owned());
        let right = format!("| {name} | {} | {} | {licence} | {} |", cells[1], cells[2], users.join(", "));
        if *line != right {
            wrong.push(format!("is:        {line}\nshould be: {right}"));
            text = text.replace(line, &right);
        }
    }
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(page(), text).unwrap();
    } else {
        assert!(wrong.is_empty(), "{}\n(UPDATE=1 writes licences and users)", wrong.join("\n"));
    }
}

#[test]
fn the_browser_walks_libraries_have_theirs() {
    let manifest = std::fs::read_to_string(root().join("tests/browser/package.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    let named: BTreeSet<String> = manifest["dependencies"].as_object().unwrap().keys().cloned().collect();
    let text = std::fs::read_to_string(page()).unwrap();
    assert_eq!(rows(&text, BROWSER).into_keys().collect::<BTreeSet<_>>(), named);
    let lock = std::fs::read_to_string(root().join("tests/browser/package-lock.json")).unwrap();
    assert!(!lock.contains("\"resolved\""), "package-lock.json names no download host (.npmrc sees to it)");
}
