//! The house keeps its plan: which crate may see which, who alone may use a library, how long a file may grow, and that
//! `docs/dependencies.md` is complete. ARCHITECTURE.md says why; the tables here are edited by hand, so that a new edge is a decision.

mod dependencies;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Every crate and the crates of ours that it may use. A row that is missing fails; an edge that nobody uses any more, too.
const ROOMS: &[(&str, &[&str])] = &[
    ("obhut-base", &[]),
    ("obhut-keys", &["obhut-base"]),
    ("obhut-store", &["obhut-base", "obhut-keys"]),
    ("obhut-identity", &["obhut-base", "obhut-keys", "obhut-store"]),
    ("obhut-records", &["obhut-base", "obhut-store"]),
    ("obhut-privacy", &["obhut-base", "obhut-store"]),
    ("obhut-web", &["obhut-base", "obhut-identity", "obhut-privacy", "obhut-records", "obhut-store"]),
    (
        "obhut",
        &["obhut-base", "obhut-identity", "obhut-keys", "obhut-privacy", "obhut-records", "obhut-store", "obhut-web"],
    ),
    ("obhut-testkit", &["obhut-base", "obhut-keys", "obhut-store"]),
    // Programs of the fuzzer; no part of the program.
    ("obhut-fuzz", &["obhut-records", "obhut-store", "obhut-testkit", "obhut-web"]),
    ("xtask", &[]),
];

/// What only tests may use, in every crate.
const FOR_TESTS: &[&str] = &["obhut-testkit"];

/// Libraries that only their owners may name. deny.toml says the same for the whole graph.
const OWNED: &[(&str, &[&str])] = &[
    ("aws-lc-rs", &["obhut-keys"]),
    ("argon2", &["obhut-keys"]),
    // For tests that must not rest on what they test (see FOR_PROOFS): a stranger's verifier, a thief's search.
    ("aes", &["obhut-testkit"]),
    ("ed25519-dalek", &["obhut-store"]),
    ("sha2", &["obhut-store"]),
    // A disk that loses its power is a part of SQLite, so `testkit` has to name the driver.
    ("rusqlite", &["obhut-store", "obhut-testkit"]),
    ("tokio-postgres", &["obhut-store"]),
    ("postgres-protocol", &["obhut-store"]),
    ("tokio-postgres-rustls", &["obhut-store"]),
    ("rustls", &["obhut-store", "obhut-web"]),
    ("tokio-rustls", &["obhut-web"]),
    ("rustls-native-certs", &["obhut-store"]),
    // For tests: servers that show certificates.
    ("rcgen", &["obhut-testkit", "obhut-web"]),
    ("axum", &["obhut-web"]),
    ("hyper", &["obhut-web"]),
    ("hyper-util", &["obhut-web"]),
    ("tower", &["obhut-web"]),
    ("tower-http", &["obhut-web"]),
    ("askama", &["obhut-web"]),
    ("calamine", &["obhut-records"]),
    ("calcard", &["obhut-records"]),
];

/// Those of them that are in no part of the program.
const FOR_PROOFS: &[&str] = &["aes", "ed25519-dalek", "sha2"];

/// Subjects under which a library calls itself one that needs an owner.
const OWNED_SUBJECTS: &[&str] =
    &["cryptography", "database", "database-implementations", "web-programming::http-server"];

/// Libraries of such a subject that need none.
const OWNED_BY_NOBODY: &[&str] = &["zeroize"]; // clears memory; whoever holds a secret must

/// Lines of a file, at most.
const LONGEST_FILE: usize = 600;

/// Files that are longer, with the reason. This list should only shrink.
const LONG_FILES: &[(&str, &str)] = &[(
    "crates/records/src/import/guess/words.rs",
    "a list of the words that column headers use; one thing, only long",
)];

/// Where files of ours lie and how they end.
const OUR_FOLDERS: &[&str] = &["catalogue", "crates", "packs", "tests", "xtask"];
const OUR_ENDINGS: &[&str] = &["rs", "toml", "mjs", "js", "css", "html", "ftl", "sql"];
const NOT_OURS: &[&str] = &["node_modules", "target"];

/// Crates that do not take the workspace's lints as they are, with the reason.
const OWN_LINTS: &[(&str, &str)] = &[
    ("obhut-fuzz", "libFuzzer is entered through a symbol of C"),
    ("obhut-testkit", "a file system for SQLite cannot be written in safe code"),
];

/// Files that may hold unsafe code.
const UNSAFE_FILES: &[&str] = &["crates/testkit/src/powercut/vfs.rs"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// What cargo knows of this machine's build. Other systems' libraries are left out: they need not be on the machine.
fn metadata() -> Metadata {
    let host = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .other_options(["--filter-platform".to_owned(), host])
        .exec()
        .unwrap()
}

/// Names of what a crate of ours uses: in the program, and in tests and builds only.
fn used_by(package: &Package) -> (BTreeSet<&str>, BTreeSet<&str>) {
    let of = |in_tests: bool| {
        let kind = move |kind| (kind != DependencyKind::Normal) == in_tests;
        package.dependencies.iter().filter(|used| kind(used.kind)).map(|used| used.name.as_str()).collect()
    };
    (of(false), of(true))
}

#[test]
fn crates_see_only_what_the_plan_allows() {
    let metadata = metadata();
    let plan: BTreeMap<&str, BTreeSet<&str>> =
        ROOMS.iter().map(|(name, allowed)| (*name, allowed.iter().copied().collect())).collect();
    let members = metadata.workspace_packages();
    let names: BTreeSet<&str> = members.iter().map(|package| package.name.as_str()).collect();
    assert_eq!(names, plan.keys().copied().collect(), "each crate has its row in ROOMS, and no row is left over");

    let mut wrong = Vec::new();
    for package in members {
        let name = package.name.as_str();
        let (uses, uses_in_tests) = used_by(package);
        let uses: BTreeSet<&str> = uses.intersection(&names).copied().collect();
        for extra in uses.difference(&plan[name]) {
            wrong.push(format!("{name} may not see {extra}"));
        }
        for unused in plan[name].difference(&uses) {
            wrong.push(format!("{name} does not use {unused} any more: take it out of ROOMS"));
        }
        for extra in
            uses_in_tests.intersection(&names).filter(|used| !FOR_TESTS.contains(used) && !plan[name].contains(*used))
        {
            wrong.push(format!("{name} may not see {extra}, in tests neither"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn libraries_have_one_owner() {
    let metadata = metadata();
    let owners: BTreeMap<&str, &[&str]> = OWNED.iter().copied().collect();
    let mut wrong = Vec::new();
    for package in metadata.workspace_packages() {
        let name = package.name.as_str();
        let (uses, uses_in_tests) = used_by(package);
        for library in uses.iter().filter(|library| FOR_PROOFS.contains(library) && !FOR_TESTS.contains(&name)) {
            wrong.push(format!("{name} may use {library} in tests only"));
        }
        for library in uses.union(&uses_in_tests) {
            if owners.get(library).is_some_and(|owners| !owners.contains(&name)) {
                wrong.push(format!("{name} may not use {library}"));
            }
            let subjects =
                metadata.packages.iter().find(|found| found.name.as_str() == *library).map(|found| &found.categories);
            let needs_owner = subjects.is_some_and(|all| all.iter().any(|one| OWNED_SUBJECTS.contains(&one.as_str())));
            if needs_owner && !owners.contains_key(library) && !OWNED_BY_NOBODY.contains(library) {
                wrong.push(format!("{name} uses {library}, which needs an owner in OWNED"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Files of ours below `folder`, as paths from the root.
fn our_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && !NOT_OURS.contains(&name.as_str()) {
            our_files(&path, found);
        } else if path.extension().is_some_and(|ending| OUR_ENDINGS.iter().any(|ours| ending == *ours)) {
            found.push(path);
        }
    }
}

/// Path from the root and content of every file of ours.
fn our_texts() -> Vec<(String, String)> {
    let root = root();
    let mut paths = Vec::new();
    for folder in OUR_FOLDERS.iter().map(|name| root.join(name)).filter(|folder| folder.exists()) {
        our_files(&folder, &mut paths);
    }
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        (path.strip_prefix(&root).unwrap().to_string_lossy().into_owned(), text)
    };
    paths.sort();
    paths.into_iter().map(read).collect()
}

#[test]
fn files_stay_short() {
    let texts = our_texts();
    assert!(texts.len() > 50, "the search found only {} files", texts.len());
    let long: BTreeSet<&str> =
        texts.iter().filter(|(_, text)| text.lines().count() > LONGEST_FILE).map(|(path, _)| path.as_str()).collect();
    let listed: BTreeSet<&str> = LONG_FILES.iter().map(|(path, _)| *path).collect();
    assert_eq!(long, listed, "left: files longer than {LONGEST_FILE} lines; right: those in LONG_FILES");
}

#[test]
fn lints_hold_everywhere() {
    for package in metadata().workspace_packages() {
        let name = package.name.as_str();
        let manifest = std::fs::read_to_string(&package.manifest_path).unwrap();
        let takes_them = manifest.contains("[lints]\nworkspace = true");
        let listed = OWN_LINTS.iter().any(|(listed, _)| *listed == name);
        assert_ne!(takes_them, listed, "{name}: takes the workspace's lints, or stands in OWN_LINTS");
    }
    let marks = ["unsafe {", "unsafe_code"];
    let holds_unsafe = |text: &str| marks.iter().any(|mark| text.contains(mark));
    let rust =
        our_texts().into_iter().filter(|(path, _)| Path::new(path).extension().is_some_and(|ending| ending == "rs"));
    // This file names the marks and is the one that holds none of what they mark.
    let found: Vec<String> = rust
        .filter(|(path, text)| holds_unsafe(text) && !path.ends_with("tests/it/house.rs"))
        .map(|(path, _)| path)
        .collect();
    assert_eq!(found, UNSAFE_FILES);
}
