//! 
pub mod module;
