//! Whether a record's values as a whole may be stored.
use super::{Definition, FieldError, Map, Subject};
use jiff::civil::Date;

impl Definition {
    /// Checks the whole record after normalising and merging: required fields, the definition's checks, and, for a record that is a
    /// person, origin and processing activity (422 without). All that is wrong at once.
    ///
    /// A record *about* a person (its link names one) needs [`Definition::check_origin`] as well: only the caller knows whether it does.
    pub fn check(&self, values: &Map, today: Date) -> Result<(), Vec<FieldError>> {
        let mut errors: Vec<FieldError> = self
            .fields
            .iter()
            .filter(|field| field.required && !values.contains_key(&field.name))
            .map(missing)
            .collect();
        for check in &self.checks {
            if !check.when.holds(self, values, today) {
                let field = check.field.clone().unwrap_or_default();
                errors.push(FieldError { field, code: "check".to_owned(), message: check.message.clone() });
            }
        }
        if self.is_person(values)
            && let Err(more) = self.check_origin(values)
        {
            errors.extend(more);
        }
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }

    /// Whether a record about a person says where the data is from and what it is for.
    pub fn check_origin(&self, values: &Map) -> Result<(), Vec<FieldError>> {
        let errors: Vec<FieldError> = ["origin", "activity"]
            .into_iter()
            .filter(|name| !values.contains_key(*name))
            .filter_map(|name| self.field(name))
            .map(missing)
            .collect();
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }

    /// Whether this record *is* a natural person; answered from values that are not sealed.
    pub fn is_person(&self, values: &Map) -> bool {
        match &self.subject {
            Subject::None | Subject::Link(_) => false,
            Subject::Own { when: None } => true,
            Subject::Own { when: Some(condition) } => condition.holds(self, values, Date::constant(1970, 1, 1)),
        }
    }
}

pub(super) fn missing(field: &super::Field) -> FieldError {
    FieldError::new(
        &field.name,
        "required",
        format!("{} fehlt.", field.label.de),
        format!("{} is missing.", field.label.en),
    )
}
