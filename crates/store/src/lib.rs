//! 
pub mod module;
pub mod index;
pub mod text;
