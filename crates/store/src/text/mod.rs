//! Folding, search tokens and sort keys: computed once in Rust and stored as bytes, so that no engine's collation or
//! tokenizer decides what is found or what comes first (design, *Time and text*).
//!
//! Nothing here does input or output. What is indexed ([`index_tokens`]) and what is asked ([`query_terms`]) go through the
//! same folding, which is why they live together. A change of any result here must raise [`VERSION`]: the index of a tenant
//! remembers the version it was built with and is rebuilt when it differs.

mod fold;
mod numbers;
mod sort;
mod terms;
mod tokens;

pub use fold::fold;
pub use sort::{MAX_SORTED_CHARS, sort_key, sort_key_caseless, sort_key_prefix};
pub use terms::{MAX_TERMS, Term, Word, query_terms, with_sensitive};
pub(crate) use tokens::SENSITIVE;
pub use tokens::{MAX_TOKENS, index_tokens, sensitive_tokens};

/// Version of the folding and of the sort keys (ICU4X data included). Stored in every index.
pub const VERSION: i64 = 1;

#[cfg(test)]
mod tests;
