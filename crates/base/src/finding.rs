//! Something that a check or a verification found.
use serde::{Deserialize, Serialize};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Should be mended; nothing is lost.
    Warning,
    /// A promise does not hold or data is damaged.
    Error,
}

/// One finding: what, where, how bad. Never holds a value of a person, only ids and counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Stable name of what was found, for scripts: `journal-leaf-differs`.
    pub code: String,
    /// How bad.
    pub severity: Severity,
    /// Where: `journal entry 17`, `keys.db page 3`.
    pub place: String,
    /// A sentence for a person, and what to do.
    pub message: String,
}
