//! The browser walk: a real Chromium does the main job on the pages of a real `obhut demo`.
use crate::report::{Report, run, say};
use crate::tools::{self, Tools};
use crate::workspace::Workspace;
use std::path::Path;
use std::process::Command;

/// Walks and leaves the pictures in `pictures`.
pub(crate) fn walk(workspace: &Workspace, tools: &Tools, report: &mut Report, pictures: &Path) {
    report.check("Browser walk", || {
        if let Some(missing) = tools.missing_for(&["cc", "make", "perl", "node", "npm", "chromium"]) {
            return Err(missing);
        }
        let browser = tools::chromium().ok_or("no Chromium")?;
        let home = workspace.root().join("tests/browser");
        packages(&home)?;
        run(&mut workspace.cargo(&["build", "--package", "obhut"]))?;
        std::fs::create_dir_all(pictures).map_err(|error| format!("{}: {error}", pictures.display()))?;
        let mut node = Command::new("node");
        node.args(["--test-reporter=spec", "walk.mjs"])
            .current_dir(&home)
            .env("OBHUT_BIN", workspace.obhut())
            .env("OBHUT_CHROMIUM", browser)
            .env("OBHUT_SCREENSHOTS", pictures);
        run(&mut node)?;
        say(&format!("pictures: {}", pictures.display()));
        Ok(())
    });
}

/// Installs what package-lock.json names, unless that has been done since it last changed.
fn packages(home: &Path) -> Result<(), String> {
    let changed = |path: &str| std::fs::metadata(home.join(path)).and_then(|about| about.modified()).ok();
    if changed("node_modules/.package-lock.json") > changed("package-lock.json") {
        return Ok(());
    }
    run(Command::new("npm").args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(home))
}
