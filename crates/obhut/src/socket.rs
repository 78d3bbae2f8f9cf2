//! The local socket: while a server holds the data folder, commands go through `DATA/obhut.sock` and run inside it.
//!
//! One connection per command. The file is readable and writable for its owner alone, and the operating system says which account is at the
//! other end (`SO_PEERCRED`): that account is the operator in the journal. Everything that comes over it has a limit.
pub(crate) mod client;
mod frame;
mod place;
pub(crate) mod server;
