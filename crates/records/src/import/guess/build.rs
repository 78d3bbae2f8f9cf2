//! Builds the mapping of a guess: columns to fields, several columns to one field, a company's name to a linked record.
use super::address::{Addresses, is_address};
use super::header::{Meaning, Part, fold, meaning};
use super::words::Role;
use super::{ColumnGuess, Confidence, Guess, TargetField};
use crate::import::map::{EXTERNAL_ID, LinkRule, NamePart, RecordMap, Rule, Several, Template};
use crate::import::table::{Headers, Row};
use crate::import::value::is_title;

/// Guesses how the columns of a table fill the fields of `module`.
///
/// `samples` are some rows of the table (a hundred are plenty, none will do): they settle the order of day and month and what
/// separates several values in a cell. `separator` is that of the file: with semicolons a comma separates fractions.
pub fn guess(
    module: &str,
    headers: &Headers,
    fields: &[TargetField],
    samples: &[Row],
    separator: Option<char>,
) -> Guess {
    if let Some(guess) = super::own::own(module, headers, fields) {
        return guess;
    }
    let mut builder = Builder {
        fields,
        samples,
        names: headers.names(),
        named: headers.named(),
        record: RecordMap { alias: module.to_owned(), module: module.to_owned(), ..RecordMap::default() },
        many: Vec::new(),
        labels: Vec::new(),
        addresses: Addresses::default(),
        notes: Vec::new(),
        dates: Vec::new(),
        columns: Vec::new(),
        roles: headers.names().iter().map(|name| meaning(name)).collect(),
        company: None,
        person: None,
    };
    builder.settle_roles();
    builder.columns();
    builder.finish(separator)
}

/// Parts of a name in one piece, and the columns that would have them by themselves.
pub(super) const SPLIT: [(&str, NamePart, Role); 5] = [
    ("salutation", NamePart::Salutation, Role::Salutation),
    ("prefix", NamePart::Prefix, Role::Prefix),
    ("given_name", NamePart::Given, Role::GivenName),
    ("family_name", NamePart::Family, Role::FamilyName),
    ("suffix", NamePart::Suffix, Role::Suffix),
];
/// Headers of a person's name that is another one than that of the row: whom to ask there.
const CONTACT_PERSON: [&str; 6] =
    ["ansprechpartner", "ansprechpartnerin", "kontaktperson", "contact person", "kontakt", "contact"];
/// What programs call a person and an institution.
const KINDS: [(&str, &str); 10] = [
    ("firma", "institution"),
    ("firmenkunde", "institution"),
    ("unternehmen", "institution"),
    ("organisation", "institution"),
    ("company", "institution"),
    ("organization", "institution"),
    ("privat", "person"),
    ("privatkunde", "person"),
    ("privatperson", "person"),
    ("individual", "person"),
];

pub(super) struct Builder<'a> {
    pub(super) fields: &'a [TargetField],
    pub(super) samples: &'a [Row],
    pub(super) names: &'a [String],
    /// Columns that the head line names; those behind are not taken.
    named: usize,
    pub(super) roles: Vec<Option<Meaning>>,
    pub(super) record: RecordMap,
    /// Items of many-valued fields: field, role, number, column, label.
    pub(super) many: Vec<(String, Role, u32, String, Option<String>)>,
    /// Columns that hold labels: role, number, column.
    pub(super) labels: Vec<(Role, u32, String)>,
    pub(super) addresses: Addresses,
    /// What is put together to the notes, a line each.
    pub(super) notes: Vec<Rule>,
    /// Names of the person as one piece, beside first and last name: whom to ask at a company.
    pub(super) person: Option<String>,
    pub(super) dates: Vec<String>,
    pub(super) columns: Vec<ColumnGuess>,
    pub(super) company: Option<String>,
}

impl<'a> Builder<'a> {
    pub(super) fn field(&self, name: &str) -> Option<&'a TargetField> {
        self.fields.iter().find(|field| field.name == name)
    }

    pub(super) fn has_role(&self, role: Role) -> bool {
        self.roles.iter().flatten().any(|meaning| meaning.role == role && meaning.part == Part::Value)
    }

    pub(super) fn set(&mut self, field: &str, rule: Rule) -> Option<String> {
        if self.record.fields.iter().any(|(known, _)| known == field) {
            return None;
        }
        self.record.fields.push((field.to_owned(), rule));
        Some(field.to_owned())
    }

    /// What only the columns beside one tell about it.
    fn settle_roles(&mut self) {
        let salutation = self.has_role(Role::Salutation);
        let position = self.roles.iter().enumerate().any(|(at, meaning)| {
            meaning.as_ref().is_some_and(|meaning| meaning.role == Role::JobTitle && meaning.part == Part::Value)
                && self.names.get(at).is_some_and(|name| fold(name) != "occupation")
        });
        for at in 0..self.roles.len() {
            let Some(header) = self.names.get(at) else { continue };
            let folded = fold(header);
            // "Title" is a degree, unless a form of address stands beside it or its values are positions.
            let position_by_values =
                || self.filled(header).any(|cell| !is_title(cell)) && !self.has_role(Role::JobTitle);
            let role = match folded.as_str() {
                "title" if salutation || position_by_values() => Some(Role::JobTitle),
                "occupation" if position && !self.has_role(Role::Function) => Some(Role::Function),
                _ => None,
            };
            if let (Some(role), Some(Some(meaning))) = (role, self.roles.get_mut(at)) {
                meaning.role = role;
            }
        }
    }

    /// The cells of a column that hold something, of the rows read ahead.
    pub(super) fn filled<'b>(&'b self, header: &'b str) -> impl Iterator<Item = &'b str> {
        self.samples.iter().filter_map(move |row| row.get(header)).map(str::trim).filter(|cell| !cell.is_empty())
    }

    fn columns(&mut self) {
        for (at, header) in self.names.iter().enumerate() {
            if at >= self.named {
                if self.filled(header).next().is_some() {
                    let header = header.clone();
                    self.columns.push(ColumnGuess { header, target: None, confidence: Confidence::None });
                }
                continue;
            }
            let known = self.roles.get(at).cloned().flatten();
            let direct = self.direct(header);
            let by_role = known.as_ref().filter(|meaning| self.takes(meaning.role));
            // The name or label of a field counts more than a word that is merely known.
            let direct_first = direct.is_some_and(|field| {
                by_role.is_none_or(|meaning| !meaning.role.fields().contains(&field.name.as_str()))
            }) && !by_role.is_some_and(|meaning| is_address(meaning.role) && meaning.whole);
            // A name of several words as only definitions have it: `full_name` is that field, "Full Name" may be anything.
            let technical =
                direct.filter(|field| field.name == *header && header.contains('_') && field.kind != "link");
            let (target, sure) = match (direct, by_role) {
                _ if technical.is_some() && !by_role.is_some_and(|meaning| meaning.role == Role::Key) => {
                    (technical.and_then(|field| self.plain(header, field)), true)
                }
                (Some(field), _) if direct_first => (self.plain(header, field), true),
                (_, Some(meaning)) => {
                    let meaning = meaning.clone();
                    (self.by_role(header, &meaning), meaning.whole)
                }
                (Some(field), None) => (self.plain(header, field), true),
                (None, None) => (None, false),
            };
            let confidence = match (&target, sure) {
                (None, _) => Confidence::None,
                (_, true) => Confidence::Sure,
                (_, false) => Confidence::Likely,
            };
            self.columns.push(ColumnGuess { header: header.clone(), target, confidence });
        }
    }

    /// The field whose name or label the header is; a link also with "ID" or "Nr." behind.
    fn direct(&self, header: &str) -> Option<&'a TargetField> {
        let folded = fold(header);
        let names = |field: &TargetField| [fold(&field.name), fold(&field.label_de), fold(&field.label_en)];
        let exact = self.fields.iter().find(|field| names(field).contains(&folded));
        exact.or_else(|| {
            let stem =
                [" id", " nr", " nummer", " number", " no"].iter().find_map(|ending| folded.strip_suffix(ending))?;
            self.fields.iter().find(|field| field.kind == "link" && names(field).iter().any(|name| name == stem))
        })
    }

    /// Whether the module has a place for a role.
    fn takes(&self, role: Role) -> bool {
        let has = |name: &str| self.field(name).is_some();
        match role {
            Role::FullName => {
                has("family_name") || has("full_name") || (has("name") && !self.has_role(Role::Organisation))
            }
            Role::Organisation => has("organisation") || has("name") || has("full_name"),
            Role::BirthYear => has("birthday"),
            Role::Key => has(EXTERNAL_ID),
            Role::BirthMonth | Role::BirthDay => has("birthday") && self.has_role(Role::BirthYear),
            role if is_address(role) => has("addresses") || has("address"),
            role => role.fields().iter().any(|name| has(name)),
        }
    }

    fn by_role(&mut self, header: &str, meaning: &Meaning) -> Option<String> {
        let role = meaning.role;
        if is_address(role) {
            return self.addresses.add(header, meaning);
        }
        let many = matches!(
            role,
            Role::Email | Role::Phone | Role::Mobile | Role::Fax | Role::Pager | Role::Url | Role::Profile
        );
        if meaning.part == Part::Label {
            if !many {
                return None;
            }
            self.labels.push((role, meaning.number, header.to_owned()));
            return role.fields().first().map(|field| format!("{field}.label"));
        }
        let column = || Template::column(header);
        match role {
            Role::Key => {
                if self.record.key.is_some() {
                    return None;
                }
                if self.repeats(header) {
                    // What several rows share is no key of a row; it is kept as it is.
                    return self.set(EXTERNAL_ID, Rule::Text(column()));
                }
                self.record.key = Some(column());
                Some(EXTERNAL_ID.into())
            }
            Role::FullName => self.full_name(header, meaning),
            Role::FamilyName | Role::GivenName => self.set(role.fields().first()?, Rule::Text(column())),
            Role::Salutation | Role::Prefix => self.form(role),
            Role::Organisation => self.organisation(header),
            Role::BirthYear | Role::BirthMonth | Role::BirthDay => self.birth_parts(),
            Role::Birthday if self.has_role(Role::BirthYear) && self.has_role(Role::BirthMonth) => self.birth_parts(),
            Role::Notes => {
                self.notes.push(Rule::Text(column()));
                Some("notes".into())
            }
            _ if many => {
                let field = role.fields().iter().find_map(|name| self.field(name))?;
                if !field.many {
                    return self.set(&field.name, Rule::Text(column()));
                }
                let device = match role {
                    Role::Mobile => Some("mobile"),
                    Role::Fax => Some("fax"),
                    Role::Pager => Some("pager"),
                    _ => None,
                };
                let place = meaning.place.map(super::header::Place::label);
                let label = [place, device].into_iter().flatten().collect::<Vec<_>>().join(" ");
                let label = Some(label).filter(|label| !label.is_empty());
                let shown =
                    label.as_ref().map_or_else(|| field.name.clone(), |label| format!("{} ({label})", field.name));
                self.many.push((field.name.clone(), role, meaning.number, header.to_owned(), label));
                Some(shown)
            }
            _ => {
                let field = role.fields().iter().find_map(|name| self.field(name))?;
                self.plain(header, field)
            }
        }
    }

    /// Whether a value stands in two rows that are not the same.
    fn repeats(&self, header: &str) -> bool {
        let mut rows: std::collections::HashMap<&str, &Row> = std::collections::HashMap::new();
        self.samples.iter().any(|row| match row.get(header).map(str::trim).filter(|cell| !cell.is_empty()) {
            Some(cell) => rows.insert(cell, row).is_some_and(|earlier| earlier.values() != row.values()),
            None => false,
        })
    }

    /// A column that is a field as it stands, by the field's type.
    fn plain(&mut self, header: &str, field: &TargetField) -> Option<String> {
        let column = Template::column(header);
        let rule = match field.kind.as_str() {
            "link" => return self.link(header, field),
            "date" | "date_time" => {
                self.dates.push(header.to_owned());
                if field.kind == "date" { Rule::Date(column) } else { Rule::DateTime(column) }
            }
            "integer" => Rule::Integer(column),
            "decimal" => Rule::Decimal(column),
            "money" => Rule::Money { amount: column, currency: Template::text("EUR") },
            "boolean" => Rule::Boolean(column),
            "country" => Rule::Country(column),
            "address" => Rule::Address(vec![("text".into(), column)]),
            "choice" | "choices" => {
                let map = field
                    .choices
                    .iter()
                    .flat_map(|(key, de, en)| [(de.clone(), key.clone()), (en.clone(), key.clone())]);
                let mut known: Vec<(String, String)> = Vec::new();
                for (from, to) in map {
                    if !known.iter().any(|(other, _)| other.to_lowercase() == from.to_lowercase()) {
                        known.push((from, to));
                    }
                }
                for (key, ..) in &field.choices {
                    if !known.iter().any(|(other, _)| other.to_lowercase() == key.to_lowercase()) {
                        known.push((key.clone(), key.clone()));
                    }
                }
                if field.name == "kind" {
                    known.extend(KINDS.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned())));
                }
                let choice = Rule::Choice { value: column, map: known, other: None, strict: true };
                if field.kind == "choices" { Rule::Many(vec![choice]) } else { choice }
            }
            kind if field.many && Several::by_name(kind).is_some() => match Several::by_name(kind) {
                Some(of) => Rule::Several { value: column, of },
                None => Rule::Text(column),
            },
            _ if field.many => Rule::List { value: column, separator: self.list_separator(header) },
            _ => Rule::Text(column),
        };
        self.set(&field.name, rule)
    }

    fn link(&mut self, header: &str, field: &TargetField) -> Option<String> {
        if self.record.links.iter().any(|(known, _)| *known == field.name) {
            return None;
        }
        if field.name == "organisation" {
            return self.organisation(header);
        }
        let module = field.to.first()?.clone();
        let value = Template::column(header);
        self.record.links.push((
            field.name.clone(),
            LinkRule::Stored { module, by: EXTERNAL_ID.into(), value, create: false, id: None },
        ));
        Some(format!("{} ({EXTERNAL_ID})", field.name))
    }

    fn list_separator(&self, header: &str) -> String {
        let holds = |what: &str| self.samples.iter().any(|row| row.get(header).is_some_and(|cell| cell.contains(what)));
        let google = matches!(fold(header).as_str(), "labels" | "group membership");
        if google || holds(" ::: ") {
            " ::: "
        } else if holds(";") {
            ";"
        } else if holds("|") {
            "|"
        } else {
            ","
        }
        .to_owned()
    }

    /// A whole name: beside a first name it is the last name, alone it is split; the name of an institution stays whole.
    fn full_name(&mut self, header: &str, meaning: &Meaning) -> Option<String> {
        let (given, family) = (self.has_role(Role::GivenName), self.has_role(Role::FamilyName));
        if self.field("family_name").is_none() {
            let field = ["full_name", "name"].into_iter().find(|name| self.field(name).is_some())?;
            return self.set(field, Rule::Text(Template::column(header)));
        }
        if given && family {
            // Whom to ask at a company; any other name in one piece repeats the two.
            if !(meaning.whole && CONTACT_PERSON.contains(&fold(header).as_str())) || self.person.is_some() {
                return None;
            }
            self.person = Some(header.to_owned());
            return Some("given_name, family_name".into());
        }
        if given {
            return self.set("family_name", Rule::Text(Template::column(header)));
        }
        let mut target = None;
        for (field, part, role) in SPLIT {
            if self.field(field).is_some() && !self.has_role(role) {
                let set = self.set(field, Rule::Split { name: Template::column(header), part, persons: true });
                target = target.or(set.map(|_| "given_name, family_name".to_owned()));
            }
        }
        target
    }

    /// Salutation and titles: either column may hold both.
    fn form(&mut self, role: Role) -> Option<String> {
        let column = |role| {
            let at =
                self.roles.iter().position(|meaning| meaning.as_ref().is_some_and(|meaning| meaning.role == role))?;
            self.names.get(at).map(|name| Template::column(name.clone()))
        };
        let (salutation, prefix) = (column(Role::Salutation), column(Role::Prefix));
        let both = |first: &Option<Template>, second: &Option<Template>, part| {
            let rules: Vec<Rule> =
                [first, second].into_iter().flatten().map(|form| Rule::Form { form: form.clone(), part }).collect();
            Rule::First(rules)
        };
        let rules = [
            ("salutation", both(&salutation, &prefix, NamePart::Salutation)),
            ("prefix", both(&prefix, &salutation, NamePart::Prefix)),
        ];
        for (field, rule) in rules {
            if self.field(field).is_some() {
                let _ = self.set(field, rule);
            }
        }
        role.fields().first().filter(|name| self.field(name).is_some()).map(|name| (*name).to_owned())
    }

    fn organisation(&mut self, header: &str) -> Option<String> {
        match self.field("organisation") {
            Some(field) if field.kind == "link" => {
                if self.company.is_some() {
                    return None;
                }
                self.company = Some(header.to_owned());
                Some("organisation.name".into())
            }
            Some(_) => self.set("organisation", Rule::Text(Template::column(header))),
            None => {
                let field = ["name", "full_name"].into_iter().find(|name| self.field(name).is_some())?;
                self.set(field, Rule::Text(Template::column(header)))
            }
        }
    }

    /// Year, month and day of birth in columns of their own, as Thunderbird has them.
    fn birth_parts(&mut self) -> Option<String> {
        let column = |wanted: &[Role]| {
            let at = self
                .roles
                .iter()
                .position(|meaning| meaning.as_ref().is_some_and(|meaning| wanted.contains(&meaning.role)))?;
            self.names.get(at).cloned()
        };
        let columns =
            [column(&[Role::BirthYear])?, column(&[Role::BirthMonth])?, column(&[Role::BirthDay, Role::Birthday])?];
        let [year, month, day] = &columns;
        let whole = Template::joined(&columns, "-");
        let then = |test: &String, then: Rule| Rule::If {
            test: Template::column(test.clone()),
            then: Box::new(then),
            otherwise: None,
        };
        let _ = self.set("birthday", then(year, then(month, then(day, Rule::Date(whole)))));
        Some("birthday".into())
    }
}
