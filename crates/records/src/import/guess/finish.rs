//! Ends a guess: puts columns of one field together, links the company, settles the order of dates.
use super::Guess;
use super::build::{Builder, SPLIT};
use super::header::fold;
use crate::import::map::{DateOrder, Decimal, LinkRule, Mapping, NamePart, Rule, Several, Template};
use crate::import::value::{date, no_date};

/// Cells that say that there is nothing.
const NOTHING: [&str; 9] = ["NULL", "-", "--", "–", "—", "n/a", "N/A", "k.A.", "k. A."];

/// A text within a template.
fn braces(text: &str) -> String {
    text.replace('{', "{{").replace('}', "}}")
}

impl Builder<'_> {
    pub(super) fn finish(mut self, separator: Option<char>) -> Guess {
        let mut order: Vec<String> = Vec::new();
        for (field, ..) in &self.many {
            if !order.contains(field) {
                order.push(field.clone());
            }
        }
        for field in order {
            let items =
                self.many.iter().filter(|(name, ..)| *name == field).map(|(field, role, number, header, label)| {
                    let column = Template::column(header.clone());
                    let value = match self.field(field).and_then(|field| Several::by_name(&field.kind)) {
                        Some(of) => Rule::Several { value: column, of },
                        None => Rule::Text(column),
                    };
                    let by_column =
                        self.labels.iter().find(|(of, count, _)| of == role && count == number && *count > 0);
                    let label = by_column
                        .map(|(.., header)| Template::column(header.clone()))
                        .or_else(|| label.clone().map(Template::text));
                    match label {
                        Some(label) => Rule::Labelled { rule: Box::new(value), label },
                        None => value,
                    }
                });
            let rule = Rule::Many(items.collect());
            self.record.fields.push((field, rule));
        }
        for guess in &mut self.columns {
            if self.addresses.in_one_piece().any(|header| header == guess.header) {
                guess.target = Some("addresses".into());
            }
        }
        let addresses = self.addresses.rules();
        if !addresses.is_empty() {
            if self.field("addresses").is_some() {
                self.record.fields.push(("addresses".into(), Rule::Many(addresses)));
            } else if let Some(first) = addresses.into_iter().next() {
                self.record.fields.push(("address".into(), first));
            }
        }
        self.contact_person();
        if !self.notes.is_empty() && self.field("notes").is_some() {
            let rule = match self.notes.as_slice() {
                [only] => only.clone(),
                several => Rule::Lines(several.to_vec()),
            };
            self.record.fields.push(("notes".into(), rule));
        }
        let unfit = self.field("notes").map(|field| field.name.clone());
        let mut mapping = Mapping {
            null: NOTHING.map(str::to_owned).to_vec(),
            unfit,
            date_order: self.date_order(),
            decimal: if separator == Some(';') { Decimal::Comma } else { Decimal::Auto },
            ..Mapping::default()
        };
        match self.company.clone() {
            Some(company) => self.company(&company),
            None => self.institutions(),
        }
        mapping.records.push(self.record);
        Guess { mapping, columns: self.columns }
    }

    /// Whom to ask at a company is the person of a row that has no other; else it is told in the notes.
    fn contact_person(&mut self) {
        let Some(header) = self.person.clone() else { return };
        let names = self.names_of_person();
        let has_name = Template::joined(&names, " ");
        for (field, part, _) in SPLIT {
            let split = Rule::Split { name: Template::column(header.as_str()), part, persons: true };
            let exists = self.field(field).is_some();
            match self.record.fields.iter_mut().find(|(known, _)| known == field) {
                Some((_, rule)) => {
                    let (test, then) = (has_name.clone(), Box::new(rule.clone()));
                    *rule = Rule::If { test, then, otherwise: Some(Box::new(Rule::First(vec![split, rule.clone()]))) };
                }
                None if exists => {
                    let nothing = Box::new(Rule::First(Vec::new()));
                    let rule = Rule::If { test: has_name.clone(), then: nothing, otherwise: Some(Box::new(split)) };
                    let _ = self.set(field, rule);
                }
                None => {}
            }
        }
        let told = Template::parse(&format!("{}: {}", braces(&header), Template::column(header.as_str())));
        if let Ok(told) = told {
            self.notes.push(Rule::If { test: has_name, then: Box::new(Rule::Text(told)), otherwise: None });
        }
    }

    /// The columns that name a person.
    fn names_of_person(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        let fields = self.record.fields.iter();
        for (_, rule) in fields.filter(|(field, _)| matches!(field.as_str(), "given_name" | "family_name" | "nickname"))
        {
            for column in rule.templates().into_iter().flat_map(Template::columns) {
                if !names.iter().any(|known| known == column) {
                    names.push(column.to_owned());
                }
            }
        }
        names
    }

    /// The column of names in one piece, if that is where the names come from.
    fn split_name(&self) -> Option<Template> {
        self.record.fields.iter().find_map(|(field, rule)| match rule {
            Rule::Split { name, persons: true, .. } if field == "family_name" => Some(name.clone()),
            _ => None,
        })
    }

    /// A name in one piece may be that of an institution: then it stays whole.
    fn institutions(&mut self) {
        let has_kind = self.field("kind").is_some() && self.field("full_name").is_some();
        let Some(name) = self.split_name().filter(|_| has_kind) else { return };
        let part = |part| Rule::Split { name: name.clone(), part, persons: true };
        let _ = self.set("kind", part(NamePart::Kind));
        let _ = self.set("full_name", part(NamePart::Institution));
    }

    /// A company in a column: linked by its name, made once if it is not there. A row with a company and without a person is the institution;
    /// one with neither, an e-mail address alone, is a person.
    fn company(&mut self, header: &str) {
        let column = || Template::column(header);
        let names = self.names_of_person();
        let has_kind = self.field("kind").is_some() && self.field("full_name").is_some();
        let fixed = |word: &str| Box::new(Rule::Text(Template::text(word)));
        let by_company =
            || Box::new(Rule::If { test: column(), then: fixed("institution"), otherwise: Some(fixed("person")) });
        if names.is_empty() && has_kind {
            let _ = self.set("kind", *by_company());
            let _ = self.set("full_name", Rule::Text(column()));
            for guess in &mut self.columns {
                if guess.header == header {
                    guess.target = Some("full_name".into());
                }
            }
            return;
        }
        if has_kind {
            let test = || Template::joined(&names, " ");
            let split = self.split_name();
            let part = |part| {
                let split = split.clone().map(|name| Rule::Split { name, part, persons: true });
                split.unwrap_or_else(|| Rule::First(Vec::new()))
            };
            let then = if split.is_some() { Box::new(part(NamePart::Kind)) } else { fixed("person") };
            let _ = self.set("kind", Rule::If { test: test(), then, otherwise: Some(by_company()) });
            let name = Rule::If {
                test: test(),
                then: Box::new(part(NamePart::Institution)),
                otherwise: Some(Box::new(Rule::Text(column()))),
            };
            let _ = self.set("full_name", name);
        }
        let link = LinkRule::Stored {
            module: "organisation".into(),
            by: "name".into(),
            value: column(),
            create: true,
            id: None,
        };
        self.record.links.push(("organisation".into(), link));
    }

    /// Month first only where the samples say so, or where they leave it open and the headers are English ones of a file with
    /// slashes.
    fn date_order(&self) -> DateOrder {
        let (mut month_first, mut day_first, mut slashes) = (0, 0, 0);
        for header in &self.dates {
            for cell in self.samples.iter().filter_map(|row| row.get(header)).map(str::trim) {
                if cell.is_empty() || no_date(cell) || !cell.contains('/') {
                    continue;
                }
                slashes += 1;
                let (Some(by_day), Some(by_month)) =
                    (date(cell, DateOrder::DayFirst, &[]), date(cell, DateOrder::MonthFirst, &[]))
                else {
                    continue;
                };
                if by_day == by_month {
                    let first: i8 = cell.split('/').next().and_then(|first| first.parse().ok()).unwrap_or(0);
                    if first > 12 && first <= 31 {
                        day_first += 1;
                    } else if first != by_day.day() {
                        month_first += 1;
                    }
                }
            }
        }
        let english = self.names.iter().any(|name| {
            matches!(
                fold(name).as_str(),
                "first name" | "last name" | "given name" | "birthday" | "date of birth" | "order date"
            )
        });
        if month_first > day_first || (slashes > 0 && day_first == 0 && english) {
            DateOrder::MonthFirst
        } else {
            DateOrder::DayFirst
        }
    }
}
