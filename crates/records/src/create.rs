//! Making a record.
use crate::view::RecordView;
use crate::write::{Module, answer, options, refuse_correction, refuse_hidden, take_state, write};
use base::{Access, RecordId};
use store::module::Map;
use store::rows::Written;
use store::{Op, Result};

/// The scope that every record is in until groups exist: all.
pub(crate) const SCOPE_ALL: i64 = 0;

/// Makes a record from an input of the API, a form or an import. All that is wrong is said at once.
pub fn create(op: &mut Op<'_>, module: &str, input: Map) -> Result<RecordView> {
    op.caller().needs_access(module, Access::Write)?;
    let definitions = Module::of(op, module)?;
    refuse_hidden(definitions.definition()?, &input, op.caller())?;
    refuse_correction(definitions.definition()?, &input, None)?;
    let written = insert(op, module, input, false)?;
    Ok(answer(Module::of(op, module)?.definition()?, written, op.caller()))
}

/// The same without reading it again. `tolerant`: what does not fit its place but can be kept elsewhere is, as an import wants it.
pub(crate) fn insert(op: &mut Op<'_>, module: &str, mut input: Map, tolerant: bool) -> Result<Written> {
    op.caller().needs_access(module, Access::Write)?;
    let module = Module::of(op, module)?;
    let state = take_state(&mut input)?;
    let values = module.definition()?.normalise(&input, &options(op, false, tolerant)).map_err(store::Error::Fields)?;
    let id: RecordId = op.random_id();
    write(op, &module, id, None, values, state, SCOPE_ALL)
}
