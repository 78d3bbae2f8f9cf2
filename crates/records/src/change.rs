//! Changing a record by a merge patch (RFC 7396), with optimistic locking and final states.
use crate::get::opened;
use crate::view::RecordView;
use crate::write::{Module, answer, options, refuse_correction, refuse_hidden, take_state, write};
use base::{Access, RecordId};
use store::module::Map;
use store::{Error, Op, Result};

/// Changes a record. `if_version` is the version that the caller has seen: another one is refused, nothing is lost silently.
pub fn change(
    op: &mut Op<'_>,
    module: &str,
    id: RecordId,
    mut patch: Map,
    if_version: Option<i64>,
) -> Result<RecordView> {
    op.caller().needs_access(module, Access::Write)?;
    let caller = op.caller().clone();
    let existing = opened(op, &caller, module, id)?;
    if let Some(given) = if_version
        && given != existing.stored.version
    {
        return Err(Error::Stale { given, present: existing.stored.version });
    }
    let module = Module::of(op, module)?;
    let definition = module.definition()?;
    refuse_hidden(definition, &patch, &caller)?;
    refuse_correction(definition, &patch, Some(&existing.values))?;
    let state = take_state(&mut patch)?;
    let old_state = existing.values.get("state").and_then(|state| state.as_str()).map(str::to_owned);
    let patch = definition.normalise(&patch, &options(op, true, false)).map_err(Error::Fields)?;
    let values = definition.merge_patch(&existing.values, &patch);
    let moves = state.is_some() && state != old_state;
    if values == existing.values && !moves {
        return Ok(RecordView::new(definition, existing, &caller)); // nothing to write, nothing to record
    }
    if let Some(old) = &old_state
        && definition.is_final(old)
    {
        let label = definition.state(old).map_or(old.as_str(), |state| state.label.de.as_str());
        let message = match &definition.correction {
            Some(correction) if correction.reversal.is_some() => {
                format!(
                    "the record is in the final state “{label}” and cannot be changed; make a reversal and a new version"
                )
            }
            Some(_) => format!("the record is in the final state “{label}” and cannot be changed; make a new version"),
            None => format!("the record is in the final state “{label}” and cannot be changed"),
        };
        return Err(Error::conflict("final", message));
    }
    let scope = existing.stored.scope;
    let written = write(op, &module, id, Some(existing), values, state, scope)?;
    Ok(answer(definition, written, &caller))
}
