//! Deletion classes and the dated law behind them (design, *Words*; DIN 66398, ISO/IEC 27555): data, because the law changes.
use super::Label;
use super::problem::Problem;
use super::reader::{Reader, Table, is_name};
use jiff::civil::Date;
use serde::{Serialize, Serializer};

/// All deletion classes of a tenant.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Classes {
    /// In the order of the file.
    pub classes: Vec<DeletionClass>,
}

/// Start event and period, the same for all data that carries its name.
#[derive(Debug, Clone, Serialize)]
pub struct DeletionClass {
    /// Key: `voucher`.
    pub name: String,
    /// What a user reads.
    pub label: Label,
    /// What the class is for.
    pub purpose: Label,
    /// What the period counts from.
    pub start: Start,
    /// Whether somebody looks before data goes.
    pub mode: Mode,
    /// Whether personal data may have this class; `governance` may not.
    pub personal: bool,
    /// The periods in law and their dates, oldest first, without a gap and without an overlap.
    pub rules: Vec<Rule>,
}

/// What a period counts from: the three abstract starts of DIN 66398.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Start {
    /// The end of the relationship with the person: one key unit for each person and class.
    RelationshipEnd,
    /// The record's creation: a key unit for each record.
    Creation,
    /// The end of the process, as a date field of the record says: a key unit for each record.
    ProcessEnd,
}

/// Whether data of a class goes by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// At the end of the period.
    Automatic,
    /// When somebody has looked.
    Reviewed,
}

/// What the years are counted from once the start is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum From {
    /// The end of the calendar year in which the start lies (§ 147 Abs. 4 AO, § 257 Abs. 5 HGB).
    EndOfYear,
    /// The start itself.
    Event,
}

/// One period as the law has it for some time.
#[derive(Debug, Clone, Serialize)]
pub struct Rule {
    /// First day on which the rule is the law.
    #[serde(serialize_with = "date_as_text")]
    pub valid_from: Date,
    /// Last day, if it is known.
    #[serde(serialize_with = "date_as_text_or_null")]
    pub valid_to: Option<Date>,
    /// Years, 0 to 100.
    pub years: i16,
    /// What they are counted from.
    pub from: From,
    /// Whether the law demands it: then nothing may be erased before (a hold). Otherwise the period is only the longest.
    pub minimum: bool,
    /// Where it is written: `§ 147 Abs. 3 AO`.
    pub basis: String,
    /// A sentence for the person who is told that something must stay.
    pub reason: Label,
    /// Where the text of the law was taken from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

impl Classes {
    /// The class of that name.
    pub fn get(&self, name: &str) -> Option<&DeletionClass> {
        self.classes.iter().find(|class| class.name == name)
    }
}

impl DeletionClass {
    /// The rule that is the law on `date`: the day on which somebody asks, not the day of the voucher, since a changed period
    /// applies to everything whose old one has not run out (Art. 97 § 19a EGAO). `None` before the first rule.
    pub fn rule_on(&self, date: Date) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.valid_from <= date && rule.valid_to.is_none_or(|last| date <= last))
    }
    /// Whether each record has a key unit of its own, so that this year's can stay when an old one goes (design, *Key units*).
    pub fn per_record(&self) -> bool {
        self.start != Start::RelationshipEnd
    }
}

impl Rule {
    /// The last day of the period that started on `start`; the tenant's time zone decides when that day ends.
    pub fn last_day(&self, start: Date) -> Date {
        let year = start.year().saturating_add(self.years);
        match self.from {
            From::EndOfYear => Date::new(year, 12, 31).unwrap_or(Date::MAX),
            From::Event => start.checked_add(jiff::Span::new().years(self.years)).unwrap_or(Date::MAX),
        }
    }
}

/// Reads a file of deletion classes; all that is wrong with it at once.
pub fn parse_classes(text: &str, file: &str) -> Result<Classes, Vec<Problem>> {
    let mut reader = Reader::new(text, file);
    let root = reader.root();
    let root = Table { entries: root.get_ref(), span: 0..0, what: "a file of classes".to_owned() };
    reader.only(&root, &["class"]);
    let mut classes: Vec<DeletionClass> = Vec::new();
    for table in reader.tables(&root, "class", "a class") {
        let class = read_class(&mut reader, table);
        if classes.iter().any(|other| other.name == class.name) {
            reader.problem(0..0, "twice", format!("the class `{}` is there twice", class.name));
        }
        classes.push(class);
    }
    reader.problems.sort();
    if reader.problems.is_empty() { Ok(Classes { classes }) } else { Err(reader.problems) }
}

fn read_class(reader: &mut Reader, mut table: Table) -> DeletionClass {
    let name = reader.needed_text(&table, "name");
    if let Some((name, span)) = &name {
        table.what = format!("the class `{name}`");
        if !is_name(name) {
            reader.problem(
                span.clone(),
                "bad_name",
                format!("`{name}` is no name: lower-case letters, digits and _, at most 40"),
            );
        }
    }
    reader.only(&table, &["name", "label", "purpose", "start", "mode", "personal", "rule"]);
    let start = reader.needed_text(&table, "start");
    let starts = [
        ("relationship-end", Start::RelationshipEnd),
        ("creation", Start::Creation),
        ("process-end", Start::ProcessEnd),
    ];
    let mode = reader.needed_text(&table, "mode");
    let mut class = DeletionClass {
        name: name.map(|(name, _)| name).unwrap_or_default(),
        label: reader.label(&table, "label"),
        purpose: reader.label(&table, "purpose"),
        start: reader.word(start, "start", &starts).unwrap_or(Start::Creation),
        mode: reader
            .word(mode, "mode", &[("automatic", Mode::Automatic), ("reviewed", Mode::Reviewed)])
            .unwrap_or(Mode::Reviewed),
        personal: reader.truth_or_absent(&table, "personal").unwrap_or(true),
        rules: Vec::new(),
    };
    for rule in reader.tables(&table, "rule", &format!("a rule of {}", table.what)) {
        let span = rule.span.clone();
        if let Some(rule) = read_rule(reader, &rule) {
            if let Some(before) = class.rules.last()
                && before.valid_to.and_then(|last| last.tomorrow().ok()) != Some(rule.valid_from)
            {
                let message = format!("a rule of {} must begin on the day after the rule before it ends", table.what);
                reader.problem(span, "rules_overlap", message);
            }
            class.rules.push(rule);
        }
    }
    if class.rules.is_empty() {
        reader.problem(table.span.clone(), "no_rule", format!("{} needs at least one `[[class.rule]]`", table.what));
    }
    class
}

fn read_rule(reader: &mut Reader, table: &Table) -> Option<Rule> {
    reader.only(table, &["valid_from", "valid_to", "years", "from", "minimum", "basis", "reason", "source"]);
    let valid_from = reader.needed_text(table, "valid_from").and_then(|found| read_date(reader, found));
    let valid_to = reader.text(table, "valid_to").and_then(|found| read_date(reader, found));
    if table.get("years").is_none() {
        reader.problem(table.span.clone(), "missing_key", format!("{} needs `years`", table.what));
    }
    let from = reader.needed_text(table, "from");
    let rule = Rule {
        valid_from: valid_from.unwrap_or(Date::MIN),
        valid_to,
        years: reader.number(table, "years", 0..=100).and_then(|years| i16::try_from(years).ok()).unwrap_or(0),
        from: reader
            .word(from, "beginning", &[("end-of-year", From::EndOfYear), ("event", From::Event)])
            .unwrap_or(From::EndOfYear),
        minimum: reader.truth(table, "minimum"),
        basis: reader.needed_text(table, "basis").map(|(text, _)| text).unwrap_or_default(),
        reason: reader.label(table, "reason"),
        source: reader.text(table, "source").map(|(text, _)| text),
    };
    if rule.valid_to.is_some_and(|last| last < rule.valid_from) {
        reader.problem(table.span.clone(), "ends_before_it_begins", format!("{} ends before it begins", table.what));
    }
    valid_from.map(|_| rule)
}

fn read_date(reader: &mut Reader, (text, span): (String, std::ops::Range<usize>)) -> Option<Date> {
    let date = text.parse().ok();
    if date.is_none() {
        reader.problem(span, "not_a_date", format!("`{text}` is no date: write it as 2025-01-01"));
    }
    date
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference to the field")]
fn date_as_text<S: Serializer>(date: &Date, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(date)
}

#[expect(clippy::ref_option, clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference to the field")]
fn date_as_text_or_null<S: Serializer>(date: &Option<Date>, serializer: S) -> Result<S::Ok, S::Error> {
    match date {
        Some(date) => serializer.collect_str(date),
        None => serializer.serialize_none(),
    }
}
