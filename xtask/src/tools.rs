//! What the checks need beside Rust: found, or installed from the system's packages, or named with the command to type.
use crate::report::{Report, run, say};
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// A program that some check needs.
struct Need {
    /// What it is called here.
    name: &'static str,
    /// Whether it is there and new enough.
    found: fn() -> bool,
    /// Debian's package.
    package: &'static str,
    /// What cannot run without it.
    serves: &'static str,
}

const NEEDS: &[Need] = &[
    Need { name: "cc", found: || answers("cc", &["--version"]), package: "gcc libc6-dev", serves: "every build" },
    Need { name: "make", found: || answers("make", &["--version"]), package: "make", serves: "every build" },
    Need {
        name: "perl",
        // OpenSSL's own build asks for these modules; Debian's smallest perl lacks them.
        found: || answers("perl", &["-MFindBin", "-MIPC::Cmd", "-MFile::Compare", "-MFile::Copy", "-e1"]),
        package: "perl",
        serves: "every build",
    },
    Need {
        name: "node",
        found: || answers("node", &["-e", "process.exit(Number(process.versions.node.split('.')[0]) >= 18 ? 0 : 1)"]),
        package: "nodejs",
        serves: "the browser walk",
    },
    Need { name: "npm", found: || answers("npm", &["--version"]), package: "npm", serves: "the browser walk" },
    Need { name: "postgres", found: postgres, package: "postgresql", serves: "the tests on a database server" },
    Need { name: "chromium", found: || chromium().is_some(), package: "chromium", serves: "the browser walk" },
];

/// Whether the programs of a server are where Debian puts them.
fn postgres() -> bool {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    versions.into_iter().any(|version| version.path().join("bin/initdb").exists())
}

/// Parts of the Rust toolchain that a minimal one lacks.
const COMPONENTS: &[(&str, &str)] = &[("fmt", "rustfmt"), ("clippy", "clippy")];

/// What is there after looking and installing.
#[derive(Debug, Default)]
pub(crate) struct Tools {
    missing: Vec<(&'static str, String)>,
}

impl Tools {
    /// Why a check that needs those programs cannot run; `None` if it can.
    pub(crate) fn missing_for(&self, names: &[&str]) -> Option<String> {
        let hints: Vec<&str> =
            self.missing.iter().filter(|(name, _)| names.contains(name)).map(|(_, hint)| hint.as_str()).collect();
        hints.first().map(|_| format!("not run: {}", hints.join("; ")))
    }
}

/// Chromium or a browser of its family: `OBHUT_CHROMIUM`, else what the system calls it.
pub(crate) fn chromium() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("OBHUT_CHROMIUM") {
        return Some(path.into());
    }
    let folders: Vec<PathBuf> = std::env::split_paths(&std::env::var_os("PATH")?).collect();
    ["chromium", "chromium-browser", "google-chrome"]
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
        .find(|path| path.is_file())
}

/// Looks for every tool and installs what is missing, where that needs no question. What is still missing afterwards fails one check of
/// its own, with the command to type, and the checks that need it.
pub(crate) fn find_or_install(report: &mut Report) -> Tools {
    let mut tools = Tools::default();
    report.check("Tools", || {
        let missing: Vec<&Need> = NEEDS.iter().filter(|need| !(need.found)()).collect();
        if !missing.is_empty() {
            install(&missing);
        }
        for need in missing.into_iter().filter(|need| !(need.found)()) {
            let hint = format!("{} is missing for {}; {}", need.name, need.serves, advice(need));
            tools.missing.push((need.name, hint));
        }
        let mut hints: Vec<String> = tools.missing.iter().map(|(_, hint)| hint.clone()).collect();
        for (subcommand, component) in COMPONENTS {
            if !answers("cargo", &[subcommand, "--version"]) {
                let mut add = Command::new("rustup");
                if run(add.args(["component", "add", component])).is_err() {
                    hints.push(format!("{component} is missing; rustup component add {component}"));
                }
            }
        }
        if hints.is_empty() { Ok(()) } else { Err(hints.join("\n  ")) }
    });
    tools
}

/// Installs the packages when this may be done without asking: as root, or with a sudo that wants no password.
fn install(missing: &[&Need]) {
    if !answers("apt-get", &["--version"]) {
        return;
    }
    let Some(prefix) = privilege() else { return };
    say(&format!("installing: {}", packages(missing)));
    let command = |arguments: &[&str]| {
        let mut words = prefix.iter().copied().chain(["apt-get", "-q", "-y"]).chain(arguments.iter().copied());
        let mut command = Command::new(words.next().unwrap_or("apt-get"));
        command.args(words).env("DEBIAN_FRONTEND", "noninteractive").stdin(Stdio::null());
        command
    };
    // An old package list is better than none: if the update fails, the installation says what is wrong.
    let _ = run(&mut command(&["update"]));
    let names = packages(missing);
    let mut arguments = vec!["install", "--no-install-recommends"];
    arguments.extend(names.split(' '));
    if let Err(reason) = run(&mut command(&arguments)) {
        say(&reason);
    }
}

/// How to become root without a question: not at all, or with sudo. `None`: there is no way.
fn privilege() -> Option<&'static [&'static str]> {
    let own_id = Command::new("id").arg("-u").output().ok()?;
    if own_id.stdout.trim_ascii() == b"0" {
        Some(&[])
    } else if answers("sudo", &["-n", "true"]) {
        Some(&["sudo", "-n"])
    } else {
        None
    }
}

fn packages(needs: &[&Need]) -> String {
    needs.iter().map(|need| need.package).collect::<Vec<_>>().join(" ")
}

fn advice(need: &Need) -> String {
    format!("on Debian and Ubuntu: sudo apt-get install {}", need.package)
}

/// Whether a program starts and says yes.
fn answers(program: &str, arguments: &[&str]) -> bool {
    Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
