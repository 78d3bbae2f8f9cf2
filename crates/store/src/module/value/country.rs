//! Countries.
/// The code.
pub fn country_code(_name: &str) -> Option<&'static str> {
    None
}
