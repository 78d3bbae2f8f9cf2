//! `module check FILE`: whether a definition can be used, and if not, every reason with file, line and column. Needs no data.
use super::Ended;
use crate::failure::{Exit, Failure};
use crate::output::Output;
use serde_json::json;
use std::path::{Path, PathBuf};
use store::module::{Modules, Problem, packs};

/// A definition may be so long.
const MAX_BYTES: u64 = 1024 * 1024;

/// What `module check` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The definition file
    file: PathBuf,
}

pub(crate) fn run(cwd: &Path, args: &Args, out: &mut Output<'_>) -> Ended {
    let path = cwd.join(&args.file);
    let about = std::fs::metadata(&path).map_err(|error| Failure::file(&path, &error))?;
    if about.len() > MAX_BYTES {
        return Err(Failure::usage(
            format!("{} ist größer als {MAX_BYTES} Byte.", args.file.display()),
            format!("{} is larger than {MAX_BYTES} bytes.", args.file.display()),
        ));
    }
    let text = std::fs::read_to_string(&path).map_err(|error| Failure::file(&path, &error))?;
    let problems = check(&text, &args.file.display().to_string())?;
    out.answer(&json!({"file": args.file, "ok": problems.is_empty(), "problems": problems}), |lang| {
        if problems.is_empty() {
            return lang.pick("In Ordnung.\n", "All right.\n").to_owned();
        }
        problems.iter().flat_map(|problem| [problem.to_string(), "\n".to_owned()]).collect()
    })?;
    Ok(if problems.is_empty() { Exit::Done } else { Exit::Found })
}

/// What is wrong with it, by itself and beside the modules of every pack; a module of that name takes the pack's place.
fn check(text: &str, file: &str) -> Result<Vec<Problem>, Failure> {
    let definition = match store::module::parse(text, file) {
        Ok(definition) => definition,
        Err(problems) => return Ok(problems),
    };
    let shipped = packs::load(packs::NAMES)?;
    let mut definitions: Vec<_> = shipped
        .iter()
        .filter(|module| module.name != definition.name)
        .map(|module| (shipped.pack_of(&module.name).unwrap_or_default().to_owned(), module.clone()))
        .collect();
    definitions.push(("own".to_owned(), definition));
    let together = Modules::new(definitions, shipped.classes().clone(), shipped.activities().clone());
    Ok(together.err().map(|problems| problems.0).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_packs_own_files_are_right_and_a_slip_is_named_with_its_line() {
        for (name, text) in packs::NAMES.iter().flat_map(|pack| packs::files(pack)) {
            assert_eq!(check(text, name).unwrap(), [], "{name}");
        }
        let (name, text) = packs::files("workshop").next().unwrap();
        let problems = check(&text.replacen("protection = \"internal\"", "protecton = \"internal\"", 1), name).unwrap();
        assert!(
            problems.iter().any(|problem| problem.line > 1 && problem.message.contains("protection")),
            "{problems:?}"
        );
    }
}
