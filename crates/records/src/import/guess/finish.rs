//! Ends a guess: puts columns of one field together, links the company, settles the order of dates.
use super::Guess;
use super::build::Builder;
use super::header::fold;
use crate::import::map::{DateOrder, Decimal, LinkRule, Mapping, Rule, Template};
use crate::import::value::{date, no_date};

impl Builder<'_> {
    pub(super) fn finish(mut self, separator: Option<char>) -> Guess {
        let mut order: Vec<String> = Vec::new();
        for (field, ..) in &self.many {
            if !order.contains(field) {
                order.push(field.clone());
            }
        }
        for field in order {
            let items = self.many.iter().filter(|(name, ..)| *name == field).map(|(_, role, number, header, label)| {
                let column = Template::column(header.clone());
                let google = fold(header).ends_with(" value");
                let value =
                    if google { Rule::List { value: column, separator: " ::: ".into() } } else { Rule::Text(column) };
                let by_column = self.labels.iter().find(|(of, count, _)| of == role && count == number && *count > 0);
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
        let addresses = self.addresses.rules();
        if !addresses.is_empty() {
            if self.field("addresses").is_some() {
                self.record.fields.push(("addresses".into(), Rule::Many(addresses)));
            } else if let Some(first) = addresses.into_iter().next() {
                self.record.fields.push(("address".into(), first));
            }
        }
        if !self.notes.is_empty() && self.field("notes").is_some() {
            self.record.fields.push(("notes".into(), Rule::Text(Template::joined(&self.notes, "\n"))));
        }
        let mut mapping = Mapping {
            null: vec!["NULL".into()],
            date_order: self.date_order(),
            decimal: if separator == Some(';') { Decimal::Comma } else { Decimal::Auto },
            ..Mapping::default()
        };
        if let Some(company) = self.company.clone() {
            self.company(&company);
        }
        mapping.records.push(self.record);
        Guess { mapping, columns: self.columns }
    }

    /// A company in a column: linked by its name, made once if it is not there. A row without a person is the institution.
    fn company(&mut self, header: &str) {
        let column = || Template::column(header);
        let names: Vec<String> = self
            .record
            .fields
            .iter()
            .filter(|(field, _)| matches!(field.as_str(), "given_name" | "family_name" | "nickname"))
            .flat_map(|(_, rule)| {
                rule.templates()
                    .into_iter()
                    .flat_map(|template| template.columns().map(str::to_owned).collect::<Vec<_>>())
            })
            .collect();
        let has_kind = self.field("kind").is_some() && self.field("full_name").is_some();
        if names.is_empty() && has_kind {
            let _ = self.set("kind", Rule::Text(Template::text("institution")));
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
            let fixed = |word: &str| Box::new(Rule::Text(Template::text(word)));
            let kind = Rule::If { test: test(), then: fixed("person"), otherwise: Some(fixed("institution")) };
            let nothing = Box::new(Rule::First(Vec::new()));
            let name = Rule::If { test: test(), then: nothing, otherwise: Some(Box::new(Rule::Text(column()))) };
            let _ = self.set("kind", kind);
            let _ = self.set("full_name", name);
        }
        let link = LinkRule::Stored { module: "organisation".into(), by: "name".into(), value: column(), create: true };
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
