//! Where things are.
use anyhow::{Context as _, Result};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folders of this checkout.
#[derive(Debug)]
pub(crate) struct Workspace {
    root: PathBuf,
    target: PathBuf,
}

impl Workspace {
    /// As cargo sees it: this program is started by `cargo run`.
    pub(crate) fn find() -> Result<Self> {
        let own = std::env::var_os("CARGO_MANIFEST_DIR").context("start this with `cargo xtask`")?;
        let root = Path::new(&own).parent().context("xtask lies in the workspace")?.to_owned();
        let target = match std::env::var_os("CARGO_TARGET_DIR") {
            // Cargo reads a relative path from the folder that it was started in.
            Some(target) => std::path::absolute(target).context("CARGO_TARGET_DIR")?,
            None => root.join("target"),
        };
        Ok(Self { root, target })
    }
    /// The checkout.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }
    /// Where cargo builds.
    pub(crate) fn target(&self) -> &Path {
        &self.target
    }
    /// The program, once built with the dev profile.
    pub(crate) fn obhut(&self) -> PathBuf {
        self.target.join("debug/obhut")
    }
    /// A cargo command in the root, with the same cargo that started this program.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.args(arguments).current_dir(&self.root);
        // What `cargo run` tells this program about its own package must not reach the builds that it starts.
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(|name| name.starts_with("CARGO_PKG_") || name == "CARGO_MANIFEST_DIR") {
                command.env_remove(name);
            }
        }
        command
    }
}
