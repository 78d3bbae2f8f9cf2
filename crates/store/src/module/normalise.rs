//! Values as they come in, made the one form in which they are stored and compared.
use super::{Definition, FieldError, Map};

/// How [`Definition::normalise`] reads.
#[derive(Debug, Clone, Default)]
pub struct NormaliseOptions {
    /// The input is a merge patch: null is kept as "remove", and no default is filled in.
    pub patch: bool,
    /// The input comes from another system: what does not fit its place but can be kept elsewhere is (an unknown country of an
    /// address becomes a line of it).
    pub tolerant: bool,
    /// Zone of a date-time that names none; without it such a value is refused.
    pub zone: Option<jiff::tz::TimeZone>,
}

impl Definition {
    /// Reads values.
    pub fn normalise(&self, input: &Map, _options: &NormaliseOptions) -> Result<Map, Vec<FieldError>> {
        Ok(input.clone())
    }
}
