//! CEL expressions of a definition: compiled once when it is read, run on a record's values.
use super::{Definition, Field, FieldType, Map};
use cel::{Context, Env, Program, Value as Cel};
use serde::{Serialize, Serializer};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

/// Most characters of one expression.
const MAX_SOURCE: usize = 1000;
/// Most fields that one expression may use: it is tried on reading with each of them present and absent.
const MAX_FIELDS: usize = 8;

/// The functions and operators of CEL, built once: making them costs more than running an expression.
static ENVIRONMENT: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(Env::stdlib()));

/// A compiled CEL expression over a record's fields and `today`.
///
/// In it a date is the text `2026-11-23` (so `<` and `>=` do what they should), a decimal is a double, money is
/// `{"amount": double, "currency": text}`, everything else is as in JSON, and a field without a value is `null`.
#[derive(Debug, Clone)]
pub struct Expression {
    source: String,
    fields: Vec<String>,
    program: Arc<Program>,
}

impl Serialize for Expression {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.source)
    }
}

impl Expression {
    /// Compiles `source`; the error is a sentence that names the place within it.
    pub(super) fn compile(source: &str) -> Result<Self, String> {
        if source.len() > MAX_SOURCE {
            return Err(format!("the expression is longer than {MAX_SOURCE} characters"));
        }
        let program = ENVIRONMENT.compile(source).map_err(|errors| explain(&errors))?;
        super::cost::check(&program.expression().expr)?;
        let mut fields: Vec<String> = program
            .references()
            .variables()
            .into_iter()
            .filter(|name| *name != "today" && !name.starts_with('@') && !bound_by_macro(source, name))
            .map(str::to_owned)
            .collect();
        fields.sort();
        if fields.len() > MAX_FIELDS {
            return Err(format!("the expression uses more than {MAX_FIELDS} fields; split it into several checks"));
        }
        Ok(Self { source: source.to_owned(), fields, program: Arc::new(program) })
    }

    /// The text as written in the definition.
    pub fn source(&self) -> &str {
        &self.source
    }
    /// The fields that it looks at, sorted.
    pub fn fields(&self) -> &[String] {
        &self.fields
    }

    /// Whether it is true of these values. An expression that cannot be evaluated is not true: a check fails closed.
    pub fn holds(&self, definition: &Definition, values: &Map, today: jiff::civil::Date) -> bool {
        let variables = self
            .fields
            .iter()
            .map(|name| (name.as_str(), to_cel(definition.field(name), values.get(name).unwrap_or(&Value::Null))))
            .collect::<Vec<_>>();
        self.run(variables, &today.to_string()).unwrap_or(false)
    }

    /// Tries it with every field present and absent, as a compiler would check types; the error says what went wrong with which fields empty.
    pub(super) fn try_out(&self, field: impl Fn(&str) -> Option<Field>) -> Result<(), String> {
        let samples: Vec<(String, Cel)> = self
            .fields
            .iter()
            .map(|name| {
                let field = field(name);
                let sample = field.as_ref().map_or(Value::Null, sample);
                (name.clone(), to_cel(field.as_ref(), &sample))
            })
            .collect();
        for absent in 0u32..(1 << samples.len()) {
            let empty = |place: usize| absent & (1 << place) != 0;
            let variables = samples
                .iter()
                .enumerate()
                .map(|(place, (name, value))| (name.as_str(), if empty(place) { Cel::Null } else { value.clone() }))
                .collect();
            if let Err(error) = self.run(variables, "2026-11-23") {
                let names: Vec<&str> = samples
                    .iter()
                    .enumerate()
                    .filter(|(place, _)| empty(*place))
                    .map(|(_, (name, _))| name.as_str())
                    .collect();
                let place = if names.is_empty() {
                    String::new()
                } else {
                    format!(" when {} has no value", names.join(" and "))
                };
                return Err(format!("{error}{place}"));
            }
        }
        Ok(())
    }

    fn run(&self, variables: Vec<(&str, Cel)>, today: &str) -> Result<bool, String> {
        let mut context = Context::with_env(Arc::clone(&ENVIRONMENT));
        context.add_variable_from_value("today", today.to_owned());
        for (name, value) in variables {
            context.add_variable_from_value(name, value);
        }
        match self.program.execute(&context) {
            Ok(Cel::Bool(truth)) => Ok(truth),
            Ok(_) => Err("the result is neither true nor false".to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// Whether `name` is the variable of `list.all(name, …)` and its like rather than a field.
fn bound_by_macro(source: &str, name: &str) -> bool {
    let squeezed: String = source.chars().filter(|letter| !letter.is_whitespace()).collect();
    ["all", "exists", "exists_one", "map", "filter"].iter().any(|call| squeezed.contains(&format!(".{call}({name},")))
}

fn explain(errors: &cel::ParseErrors) -> String {
    errors.errors.first().map_or_else(
        || "not a CEL expression".to_owned(),
        |error| {
            let message = error.msg.lines().next().unwrap_or_default();
            format!("not a CEL expression: {message} (character {})", error.pos.1)
        },
    )
}

/// A value of the kind that the field holds, to try an expression with.
fn sample(field: &Field) -> Value {
    let single = match field.kind {
        FieldType::Integer => 1.into(),
        FieldType::Decimal => "1.50".into(),
        FieldType::Money => serde_json::json!({"amount": "1.50", "currency": "EUR"}),
        FieldType::Date => "2026-11-23".into(),
        FieldType::DateTime => "2026-11-23T10:00:00.000Z".into(),
        FieldType::Boolean => true.into(),
        FieldType::Choice => field.choices.first().map_or(Value::Null, |choice| choice.key.clone().into()),
        FieldType::Choices => field.choices.iter().map(|choice| Value::from(choice.key.clone())).collect(),
        FieldType::Address => {
            serde_json::json!({"street": "x", "postal_code": "x", "city": "x", "region": "x", "country": "DE", "extra": "x", "text": "x"})
        }
        _ => "x".into(),
    };
    if field.many { Value::Array(vec![single]) } else { single }
}

fn to_cel(field: Option<&Field>, value: &Value) -> Cel {
    match (field.map(|field| field.kind), value) {
        (Some(FieldType::Decimal), Value::String(text)) => text.parse::<f64>().map_or(Cel::Null, Cel::Float),
        (Some(FieldType::Money), Value::Object(parts)) if parts.contains_key("amount") => {
            let amount = parts.get("amount").and_then(Value::as_str).and_then(|text| text.parse::<f64>().ok());
            let currency = parts.get("currency").and_then(Value::as_str).unwrap_or_default();
            let pair: HashMap<String, Cel> = HashMap::from([
                ("amount".to_owned(), amount.map_or(Cel::Null, Cel::Float)),
                ("currency".to_owned(), currency.to_owned().into()),
            ]);
            pair.into()
        }
        (_, Value::Array(items)) => items.iter().map(|item| to_cel(field, item)).collect::<Vec<Cel>>().into(),
        (_, Value::Object(parts)) => parts
            .iter()
            .map(|(name, part)| (name.clone(), to_cel(field, part)))
            .collect::<HashMap<String, Cel>>()
            .into(),
        (_, Value::Null) => Cel::Null,
        (_, Value::Bool(truth)) => Cel::Bool(*truth),
        (_, Value::Number(number)) => {
            number.as_i64().map_or_else(|| number.as_f64().map_or(Cel::Null, Cel::Float), Cel::Int)
        }
        (_, Value::String(text)) => text.clone().into(),
    }
}
