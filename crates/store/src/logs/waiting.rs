//! Lines that wait to be written: a read or a request does not wait for the disk. They are written together, within a second while a server
//! runs ([`crate::Instance::flush_logs`]), and when the tenant is closed. A crash loses what was noted since: at most about a second, never a
//! line that was written.
use super::{Line, Log, address_hash};
use crate::{Error, Result};
use base::{RecordId, Timestamp};
use keys::KeyRing;
use parking_lot::Mutex;
use serde_json::json;
use std::collections::HashMap;
use std::net::IpAddr;

/// Lines that may wait, per log and file.
const MAX_WAITING: usize = 50_000;

/// A request, as the access log keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// When it came.
    pub at: Timestamp,
    /// `pages` or `api`.
    pub surface: &'static str,
    /// One of HTTP's methods; `OTHER` for what a client made up.
    pub method: &'static str,
    /// The route's template (`/m/{module}/{id}`), not what was asked for; `-` for an address that does not exist.
    pub route: String,
    /// The answer's status.
    pub status: u16,
    /// How long the answer took, in milliseconds.
    pub took_ms: u64,
    /// Where it came from; kept as a keyed hash.
    pub address: Option<IpAddr>,
}

/// A reading of sensitive fields, as the log of reads keeps it. No values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SensitiveRead {
    /// When.
    pub at: Timestamp,
    /// Who: `user:<id>`, `token:<id>`, `os:<account>`.
    pub reader: String,
    /// On which way: `record`, `list`, `history`, `subject`, `subject-export`.
    pub way: &'static str,
    /// Module.
    pub module: String,
    /// The record.
    pub record: RecordId,
    /// Names of the fields that were handed out.
    pub fields: Vec<String>,
    /// The processing activity: the caller's if one was named, else the record's.
    pub purpose: Option<String>,
}

/// What waits for one file.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    reads: Mutex<Vec<SensitiveRead>>,
    access: Mutex<Vec<Access>>,
}

impl Waiting {
    /// Notes reads. Refused when so many wait that the log can evidently not be written: then nothing sensitive is handed out either.
    pub fn reads(&self, reads: impl IntoIterator<Item = SensitiveRead>) -> Result<()> {
        let mut waiting = self.reads.lock();
        if waiting.len() >= MAX_WAITING {
            let message =
                "the log of reads of sensitive fields cannot be written; nothing sensitive is shown meanwhile";
            return Err(Error::Busy { message: message.into() });
        }
        waiting.extend(reads);
        Ok(())
    }

    /// Notes a request. The oldest give way when the log cannot be written.
    pub fn access(&self, access: Access) {
        let mut waiting = self.access.lock();
        if waiting.len() >= MAX_WAITING {
            waiting.clear();
            tracing::error!(lines = MAX_WAITING, "the access log could not be written; its waiting lines are lost");
        }
        waiting.push(access);
    }

    /// Lines that wait for the log of which most do.
    pub fn len(&self) -> usize {
        self.reads.lock().len().max(self.access.lock().len())
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.reads.lock().is_empty() && self.access.lock().is_empty()
    }

    /// Takes what waits.
    pub fn take(&self) -> Taken {
        Taken { reads: std::mem::take(&mut self.reads.lock()), access: std::mem::take(&mut self.access.lock()) }
    }

    /// Puts back what could not be written.
    pub fn put_back(&self, taken: Taken) {
        self.reads.lock().splice(0..0, taken.reads);
        self.access.lock().splice(0..0, taken.access);
    }
}

/// Lines on their way to the file.
#[derive(Debug, Default, Clone)]
pub(crate) struct Taken {
    reads: Vec<SensitiveRead>,
    access: Vec<Access>,
}

impl Taken {
    /// The lines as they are written, by log.
    pub fn lines(&self, ring: &KeyRing) -> [(Log, Vec<Line>); 2] {
        let reads = self.reads.iter().map(|read| {
            let mut body = json!({
                "reader": read.reader, "way": read.way, "module": read.module, "record": read.record, "fields": read.fields,
            });
            if let (Some(purpose), Some(body)) = (&read.purpose, body.as_object_mut()) {
                body.insert("purpose".into(), purpose.as_str().into());
            }
            Line { at: read.at, body: body.to_string() }
        });
        let mut known: HashMap<IpAddr, String> = HashMap::new();
        let access = self.access.iter().map(|access| {
            let address = access.address.map(|address| {
                known.entry(address).or_insert_with(|| address_hash(ring, &address.to_string())).clone()
            });
            let body = json!({
                "surface": access.surface, "method": access.method, "route": access.route, "status": access.status,
                "took_ms": access.took_ms, "address": address,
            });
            Line { at: access.at, body: body.to_string() }
        });
        [(Log::Reads, reads.collect()), (Log::Access, access.collect())]
    }
}
