//! Puts the columns of addresses together: street, postal code and city of one place are one address.
use super::header::{Meaning, Part, Place};
use super::words::Role;
use crate::import::map::{Rule, Template};

/// The columns of one address.
#[derive(Debug, Default)]
pub(super) struct AddressColumns {
    place: Option<Place>,
    counted: u32,
    /// Street lines in their order, with the line's number.
    streets: Vec<(u32, String)>,
    house_number: Option<String>,
    extra: Vec<String>,
    postal_code: Option<String>,
    city: Option<String>,
    postal_code_city: Option<String>,
    region: Option<String>,
    country: Option<String>,
    whole: Option<String>,
    label: Option<String>,
}

/// Whether a column belongs to an address.
pub(super) fn is_address(role: Role) -> bool {
    matches!(
        role,
        Role::Street
            | Role::HouseNumber
            | Role::AddressExtra
            | Role::PostalCode
            | Role::City
            | Role::PostalCodeCity
            | Role::Region
            | Role::Country
            | Role::PostBox
            | Role::WholeAddress
    )
}

/// All addresses of a table.
#[derive(Debug, Default)]
pub(super) struct Addresses(Vec<AddressColumns>);

impl Addresses {
    /// Adds a column; returns the component that it became, or `None` if there is one already.
    pub(super) fn add(&mut self, header: &str, meaning: &Meaning) -> Option<String> {
        let counted = if meaning.counted { meaning.number } else { 0 };
        let known = self.0.iter().position(|one| one.place == meaning.place && one.counted == counted);
        let at = known.unwrap_or_else(|| {
            self.0.push(AddressColumns { place: meaning.place, counted, ..AddressColumns::default() });
            self.0.len() - 1
        });
        let one = self.0.get_mut(at)?;
        let header = header.to_owned();
        if meaning.part == Part::Label {
            return set(&mut one.label, header, "label");
        }
        let component = match meaning.role {
            Role::Street => {
                let line = if meaning.counted { 0 } else { meaning.number };
                if one.streets.iter().any(|(known, _)| *known == line) {
                    return None;
                }
                one.streets.push((line, header));
                one.streets.sort();
                Some("street".to_owned())
            }
            Role::AddressExtra | Role::PostBox => {
                one.extra.push(header);
                Some("extra".to_owned())
            }
            Role::HouseNumber => set(&mut one.house_number, header, "street"),
            Role::PostalCode => set(&mut one.postal_code, header, "postal_code"),
            Role::City => set(&mut one.city, header, "city"),
            Role::PostalCodeCity => set(&mut one.postal_code_city, header, "postal_code, city"),
            Role::Region => set(&mut one.region, header, "region"),
            Role::Country => set(&mut one.country, header, "country"),
            Role::WholeAddress => set(&mut one.whole, header, "text"),
            _ => None,
        }?;
        Some(match one.place {
            Some(place) => format!("addresses.{component} ({})", place.label()),
            None => format!("addresses.{component}"),
        })
    }

    /// The columns that hold an address in one piece.
    pub(super) fn in_one_piece(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter(|one| one.alone()).filter_map(|one| one.streets.first()).map(|(_, header)| header.as_str())
    }

    /// The rules, one an address.
    pub(super) fn rules(&self) -> Vec<Rule> {
        self.0.iter().filter_map(AddressColumns::rule).collect()
    }
}

fn set(place: &mut Option<String>, header: String, component: &str) -> Option<String> {
    if place.is_some() {
        return None;
    }
    *place = Some(header);
    Some(component.to_owned())
}

impl AddressColumns {
    /// Whether there is a street and no town beside it: then it may be an address in one piece.
    fn alone(&self) -> bool {
        let towns = [&self.postal_code, &self.city, &self.postal_code_city];
        self.streets.len() == 1 && self.house_number.is_none() && towns.iter().all(|column| column.is_none())
    }

    fn rule(&self) -> Option<Rule> {
        let mut parts: Vec<(String, Template)> = Vec::new();
        let mut lines: Vec<String> = self.streets.iter().map(|(_, header)| header.clone()).collect();
        let mut extra = if lines.len() > 1 { lines.split_off(1) } else { Vec::new() };
        extra.extend(self.extra.iter().cloned());
        lines.extend(self.house_number.clone());
        let in_parts = self.postal_code.is_some() || self.city.is_some();
        let alone = self.alone();
        if !lines.is_empty() && !alone {
            parts.push(("street".into(), Template::joined(&lines, " ")));
        }
        for (component, header) in [
            ("postal_code", &self.postal_code),
            ("city", &self.city),
            ("region", &self.region),
            ("country", &self.country),
        ] {
            if let Some(header) = header {
                parts.push((component.into(), Template::column(header.clone())));
            }
        }
        if !extra.is_empty() {
            parts.push(("extra".into(), Template::joined(&extra, "\n")));
        }
        if alone {
            parts.push(("whole".into(), Template::joined(&lines, " ")));
        }
        if let (Some(both), false) = (&self.postal_code_city, in_parts) {
            parts.push(("town".into(), Template::column(both.clone())));
        }
        // An address in one cell repeats the parts where there are some.
        if let (Some(whole), true) = (&self.whole, parts.is_empty()) {
            parts.push(("whole".into(), Template::column(whole.clone())));
        }
        if parts.is_empty() {
            return None;
        }
        let rule = Rule::Address(parts);
        let label = match (&self.label, self.place) {
            (Some(header), _) => Template::column(header.clone()),
            (None, Some(place)) => Template::text(place.label()),
            (None, None) => return Some(rule),
        };
        Some(Rule::Labelled { rule: Box::new(rule), label })
    }
}
