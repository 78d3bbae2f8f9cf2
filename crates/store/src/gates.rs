//! Gates: may these data be given to that recipient for that purpose? Asked before anything leaves (design, *The house*).
//!
//! [`Op::disclose`] asks every gate and writes the disclosure into the journal; only then does the caller read out. Features add gates when the
//! program starts ([`crate::InstanceSettings::gates`]).
use crate::module::Map;
use crate::op::Op;
use crate::{Error, Result};
use base::{Permission, SubjectId};

/// What is about to leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disclosure {
    /// What: `export`, `subject-export`.
    pub what: &'static str,
    /// Module, if the records of one leave.
    pub module: Option<String>,
    /// The person, if it is about one.
    pub subject: Option<SubjectId>,
    /// To whom: `operator`, `person`, a partner's key.
    pub recipient: &'static str,
    /// How many records.
    pub records: u64,
    /// Format and other neutral facts for the journal.
    pub facts: Map,
}

/// Somebody who may say no.
pub trait Gate: Send + Sync {
    /// Refuses with a reason, or lets it pass.
    fn may(&self, op: &mut Op<'_>, disclosure: &Disclosure) -> Result<()>;
}

/// The gates of the store itself.
pub fn builtin() -> Vec<std::sync::Arc<dyn Gate>> {
    vec![std::sync::Arc::new(Rights), std::sync::Arc::new(NotErased)]
}

/// Only who may export, or has the privacy role for a copy to the person.
struct Rights;

impl Gate for Rights {
    fn may(&self, op: &mut Op<'_>, disclosure: &Disclosure) -> Result<()> {
        let right = if disclosure.subject.is_some() { Permission::Privacy } else { Permission::Export };
        op.caller().needs(right)?;
        match &disclosure.module {
            Some(module) => op.caller().needs_access(module, base::Access::Read),
            None => Ok(()),
        }
    }
}

/// What a duty keeps of an erased person is kept, not used (Art. 18(2) GDPR, § 35(3) BDSG).
struct NotErased;

impl Gate for NotErased {
    fn may(&self, op: &mut Op<'_>, disclosure: &Disclosure) -> Result<()> {
        let Some(id) = disclosure.subject else { return Ok(()) };
        match op.subject(id)? {
            Some(row) if row.state == "erased" => Err(Error::conflict("erased", "this person has been erased")),
            Some(_) => Ok(()),
            None => Err(Error::not_found(format!("person {id}"))),
        }
    }
}

impl Op<'_> {
    /// Asks every gate, and writes down what leaves. Nothing may be read out for a recipient before this has been committed.
    pub fn disclose(&mut self, disclosure: &Disclosure) -> Result<u64> {
        for gate in self.shared.gates.clone() {
            gate.may(self, disclosure)?;
        }
        let modules = self.shared.modules();
        let row = disclosure.module.as_ref().and_then(|name| modules.active.get(name));
        let record = match disclosure.subject {
            Some(id) => self.subject(id)?.map(|row| (row.record, id.cast())),
            None => None,
        };
        let entry = self.entry("disclose", row.map(|row| (row.name.as_str(), row.fingerprint)), record);
        let mut note = disclosure.facts.clone();
        note.insert("what".into(), disclosure.what.into());
        note.insert("recipient".into(), disclosure.recipient.into());
        note.insert("records".into(), disclosure.records.into());
        self.finish(entry, &note)
    }
}
