//! Correcting a record in a final state: a reversal takes it back, a new version takes its place, it stays as it is (GoBD Rz. 107 ff.).
use crate::get::opened;
use crate::view::RecordView;
use crate::write::{Module, answer, options, refuse_correction, refuse_hidden, write};
use base::{Access, RecordId};
use store::module::{Definition, FieldError, Label, Map};
use store::rows::Opened;
use store::{Error, Op, Result};

/// Links looked through for an earlier reversal.
const MAX_LINKS: i64 = 10_000;

/// What is to be made of a final record. An empty map takes everything over as the definition says.
#[derive(Debug, Clone, Default)]
pub struct Correction {
    /// A reversal with these values beside those taken over: its own number, a text.
    pub reversal: Option<Map>,
    /// A new version with these values instead of those taken over; it begins in the initial state and is worked on like any record.
    pub new_version: Option<Map>,
}

/// What was made.
#[derive(Debug, Clone)]
pub struct Corrected {
    /// The reversal, final from the beginning.
    pub reversal: Option<RecordView>,
    /// The new version.
    pub new_version: Option<RecordView>,
}

/// Makes a reversal and a new version of a final record, or one of them: both or nothing. A record is reversed once and replaced once, a
/// reversal is final for good, and where a module knows reversals a new version needs one.
pub fn correct(op: &mut Op<'_>, module: &str, id: RecordId, wanted: Correction) -> Result<Corrected> {
    op.caller().needs_access(module, Access::Write)?;
    let caller = op.caller().clone();
    let existing = opened(op, &caller, module, id)?;
    let module = Module::of(op, module)?;
    let definition = module.definition()?;
    let state = existing.values.get("state").and_then(|state| state.as_str()).map(str::to_owned);
    let Some(state) = state.filter(|state| definition.is_final(state)) else {
        return Err(Error::conflict("not-final", "the record is not final; change it itself"));
    };
    let Some(link) = definition.correction.as_ref().map(|correction| correction.reversal.clone()) else {
        return Err(Error::conflict("no-correction", "records of this module have no new versions"));
    };
    if definition.is_reversal(&existing.values) {
        return Err(Error::conflict("is-reversal", "a reversal is not reversed; make a record of its own"));
    }
    judge(op, &existing, link.as_deref(), &wanted)?;
    let id = id.to_string();
    let mut made = Corrected { reversal: None, new_version: None };
    if let Some(given) = wanted.reversal {
        refuse_fixed(definition, &given)?;
        let values = definition.reversal_of(&id, &existing.values);
        made.reversal = Some(make(op, &module, &existing, values, &given, Some(state))?);
    }
    if let Some(given) = wanted.new_version {
        let values = definition.new_version_of(&id, &existing.values);
        made.new_version = Some(make(op, &module, &existing, values, &given, None)?);
    }
    Ok(made)
}

/// Whether what is wanted fits what has been made before.
fn judge(op: &mut Op<'_>, existing: &Opened, link: Option<&str>, wanted: &Correction) -> Result<()> {
    let Some(link) = link else {
        return match wanted {
            Correction { reversal: Some(_), .. } => {
                Err(Error::invalid("records of this module are replaced, not reversed"))
            }
            Correction { new_version: None, .. } => Err(Error::invalid("`new_version` is missing")),
            Correction { .. } => Ok(()),
        };
    };
    let params = [existing.stored.rid.into(), 0.into(), MAX_LINKS.into()];
    let links = op.all(&store::statements::LINKS_TO, &params, |row| Ok((row.text(1)? == link, row.int(3)?)))?;
    let reversed = links.iter().any(|(reverses, module)| *reverses && *module == existing.stored.module);
    match (reversed, &wanted.reversal, &wanted.new_version) {
        (true, Some(_), _) => Err(Error::conflict("reversed", "the record has been reversed already")),
        (false, None, Some(_)) => {
            Err(Error::conflict("not-reversed", "a new version needs the reversal of the old one"))
        }
        (_, None, None) => Err(Error::invalid("`reversal` or `new_version` is missing")),
        _ => Ok(()),
    }
}

fn refuse_fixed(definition: &Definition, given: &Map) -> Result<()> {
    let fixed = given.keys().filter(|name| definition.fixed_in_reversal(name) || *name == "state");
    let errors: Vec<FieldError> = fixed
        .map(|name| FieldError {
            field: name.clone(),
            code: "fixed".into(),
            message: Label::new(
                "Ein Storno übernimmt dieses Feld unverändert.",
                "A reversal takes this field over as it is.",
            ),
        })
        .collect();
    if errors.is_empty() { Ok(()) } else { Err(Error::Fields(errors)) }
}

/// Writes one of the two. It stands in the scope of the record that it is made of.
fn make(
    op: &mut Op<'_>,
    module: &Module,
    existing: &Opened,
    values: Option<Map>,
    given: &Map,
    state: Option<String>,
) -> Result<RecordView> {
    let definition = module.definition()?;
    let caller = op.caller().clone();
    refuse_hidden(definition, given, &caller)?;
    refuse_correction(definition, given, values.as_ref())?;
    let given = definition.normalise(given, &options(op, true, false)).map_err(Error::Fields)?;
    let values = definition.merge_patch(&values.unwrap_or_default(), &given);
    let id: RecordId = op.random_id();
    let written = write(op, module, id, None, values, state, existing.stored.scope)?;
    Ok(answer(definition, written, &caller))
}
