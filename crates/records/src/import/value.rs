//! Values as people and programs write them, turned into the canonical form: dates, numbers, names.
//! Countries are the store's: [`store::module::country_code`].
mod date;
mod name;
mod number;

pub use date::{date, date_time, no_date};
pub use name::{Name, is_salutation, split_name, split_prefix};
pub use number::{boolean, decimal, integer, money};
