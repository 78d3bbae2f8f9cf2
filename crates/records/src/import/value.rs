//! Values as people and programs write them, turned into the canonical form: dates, numbers, names.
//! Countries are the store's: [`store::module::country_code`].
mod address;
mod date;
mod name;
mod number;

pub use address::{split_address, split_town};
pub use date::{date, date_time, no_date};
pub use name::{Name, is_institution, is_salutation, is_title, split_name, split_prefix};
pub use number::{boolean, decimal, integer, money};

/// Whether a text in the place of a date, number or address says that there is none.
pub fn is_placeholder(text: &str) -> bool {
    const WORDS: [&str; 21] = [
        "?",
        "n/a",
        "na",
        "n.a.",
        "n. a.",
        "k.a.",
        "k. a.",
        "ka",
        "kein",
        "keine",
        "keiner",
        "keins",
        "none",
        "null",
        "nil",
        "unbekannt",
        "unknown",
        "nicht vorhanden",
        "entfällt",
        "leer",
        "x",
    ];
    let text = text.trim().to_lowercase();
    text.chars().all(|letter| matches!(letter, '-' | '–' | '—' | '/' | '.' | '_' | ' '))
        || WORDS.contains(&text.as_str())
}
