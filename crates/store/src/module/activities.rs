//! Processing activities: what a business uses personal data for. A line each of the record of Art. 30 GDPR; every record about a person names one.
use super::Label;
use super::problem::Problem;
use super::reader::{Reader, Table};
use serde::Serialize;

/// All processing activities of a tenant.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Activities {
    /// In the order of the file.
    pub activities: Vec<Activity>,
}

/// One processing activity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Activity {
    /// Key that records carry: `customer-care`.
    pub key: String,
    /// What a user reads.
    pub label: Label,
    /// What for.
    pub purpose: Label,
    /// Legal basis: `Art. 6 Abs. 1 lit. b DSGVO`.
    pub basis: Label,
    /// Whose data.
    pub subjects: Label,
    /// Who may receive it.
    pub recipients: Label,
}

impl Activities {
    /// The activity of that key.
    pub fn get(&self, key: &str) -> Option<&Activity> {
        self.activities.iter().find(|activity| activity.key == key)
    }
}

/// Reads a file of processing activities; all that is wrong with it at once.
pub fn parse_activities(text: &str, file: &str) -> Result<Activities, Vec<Problem>> {
    let mut reader = Reader::new(text, file);
    let root = reader.root();
    let root = Table { entries: root.get_ref(), span: 0..0, what: "a file of activities".to_owned() };
    reader.only(&root, &["activity"]);
    let mut activities: Vec<Activity> = Vec::new();
    for mut table in reader.tables(&root, "activity", "an activity") {
        let key = reader.needed_text(&table, "key");
        if let Some((key, span)) = &key {
            table.what = format!("the activity `{key}`");
            if !is_key(key) {
                reader.problem(
                    span.clone(),
                    "bad_name",
                    format!("`{key}` is no key: lower-case letters, digits and -, at most 40"),
                );
            }
            if activities.iter().any(|other| other.key == *key) {
                reader.problem(span.clone(), "twice", format!("the activity `{key}` is there twice"));
            }
        }
        reader.only(&table, &["key", "label", "purpose", "basis", "subjects", "recipients"]);
        activities.push(Activity {
            key: key.map(|(key, _)| key).unwrap_or_default(),
            label: reader.label(&table, "label"),
            purpose: reader.label(&table, "purpose"),
            basis: reader.label(&table, "basis"),
            subjects: reader.label(&table, "subjects"),
            recipients: reader.label(&table, "recipients"),
        });
    }
    reader.problems.sort();
    if reader.problems.is_empty() { Ok(Activities { activities }) } else { Err(reader.problems) }
}

fn is_key(text: &str) -> bool {
    text.len() <= 40
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-')
}
