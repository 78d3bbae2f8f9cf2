//! Records of every module: read, made, changed, deleted, listed, searched, linked, merged, imported, exported (F-060 to F-063, F-070).
//!
//! One operation, one file. What a field is and which values it takes stands in the module's definition; who may do it in the caller's
//! [`base::Grants`]. Nothing here knows how a caller signed in, and nothing writes but through [`store::Op`].
mod batch;
mod change;
mod correct;
mod create;
mod delete;
pub mod export;
mod get;
mod history;
pub mod import;
mod import_run;
mod links;
mod list;
mod view;
mod write;

pub use batch::{BatchItem, MAX_ITEMS, batch};
pub use change::change;
pub use correct::{Corrected, Correction, correct};
pub use create::create;
pub use delete::delete;
pub use get::{Wanted, get, get_part, note_answer};
pub use history::{FieldChange, HistoryEntry, HistoryPage, history, history_of_gone};
pub use import_run::{ImportReport, ImportRequest, Progress, preview, run as import_file};
pub use links::{Backlinks, backlinks};
pub use list::{ListItem, ListPage, ListRequest, count, list, search, titles};
pub use store::{Error, Result};
pub use view::{RecordView, mask, may_see};
