//! The instance's own journal: who made, destroyed and re-keyed which tenant. Its entries commit to the rows of the directory, so that a row that
//! was changed beside the program shows.
use super::{INSTANCE, Instance};
use crate::database::Database;
use crate::engine::{self, Connection, Param, Query, Row};
use crate::journal::{Body, Cover, Digest, Report, Tree, read_copy};
use crate::signers::Signers;
use crate::tenant::Head;
use crate::{Error, Result, statements};
use base::TenantId;
use std::collections::BTreeMap;

/// A table of instance.db whose rows entries commit to: its number in entries, its name in findings, its rows with the tenant's id first.
struct Table {
    code: u8,
    name: &'static str,
    all: Query,
    one: Query,
}

const TABLES: [Table; 3] = [
    Table {
        code: 1,
        name: "tenant",
        all: Query {
            name: "OWN_TENANTS",
            sql: "SELECT id, name, folded, marker, zone, packs, state, created_at FROM tenant ORDER BY id",
        },
        one: Query {
            name: "OWN_TENANT",
            sql: "SELECT id, name, folded, marker, zone, packs, state, created_at FROM tenant WHERE id = ?1",
        },
    },
    Table {
        code: 2,
        name: "recovery kit of tenant",
        all: Query {
            name: "OWN_KITS",
            sql: "SELECT tenant, '', '', '', '', '', printed_at, typed_back_at FROM kit ORDER BY tenant",
        },
        one: Query {
            name: "OWN_KIT",
            sql: "SELECT tenant, '', '', '', '', '', printed_at, typed_back_at FROM kit WHERE tenant = ?1",
        },
    },
    Table {
        code: 3,
        name: "place of tenant",
        all: Query {
            name: "OWN_PLACES",
            sql: "SELECT tenant, databases, '', '', '', '', '', 0 FROM place ORDER BY tenant",
        },
        one: Query {
            name: "OWN_PLACE",
            sql: "SELECT tenant, databases, '', '', '', '', '', 0 FROM place WHERE tenant = ?1",
        },
    },
];

/// Statements here, for the test that prepares every statement.
pub(super) const ALL: [(&str, &str); 6] = [
    (TABLES[0].all.name, TABLES[0].all.sql),
    (TABLES[0].one.name, TABLES[0].one.sql),
    (TABLES[1].all.name, TABLES[1].all.sql),
    (TABLES[1].one.name, TABLES[1].one.sql),
    (TABLES[2].all.name, TABLES[2].all.sql),
    (TABLES[2].one.name, TABLES[2].one.sql),
];

/// SHA-256 over the columns, each with its length; a column of another type than any program writes gives a digest that no entry has.
fn digest(table: &Table, row: &dyn Row) -> Digest {
    let mut bytes = vec![b'i', b'1', table.code];
    for column in 1..8 {
        let text = match row.opt_text(column) {
            Ok(text) => text.unwrap_or_default().to_owned(),
            Err(_) => row.opt_int(column).map_or_else(|_| "unreadable".into(), |number| format!("{number:?}")),
        };
        bytes.extend(u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes());
        bytes.extend(text.as_bytes());
    }
    keys::sha256(&[&bytes])
}

/// What the directory says of a tenant now.
pub(super) fn covers(file: &mut Database, tenant: TenantId) -> Result<Vec<Cover>> {
    if tenant == INSTANCE {
        return Ok(Vec::new());
    }
    let mut cover = |table: &Table| {
        let digest = engine::first(file, &table.one, &[tenant.bytes().into()], |row| Ok(digest(table, row)))?;
        Ok(Cover { table: table.code, id: *tenant.bytes(), digest })
    };
    TABLES.iter().map(&mut cover).collect()
}

impl Instance {
    /// Verifies the instance's own journal: every entry against its hash, the tree against the signed checkpoint and its copy outside, and every row
    /// of the directory against the last entry about it. Named like the findings of a tenant's journal.
    pub fn verify_own_journal(&self) -> Result<Report> {
        let mut guard = self.directory.lock();
        let directory = &mut *guard;
        let signers = Signers::of_ring(&directory.ring);
        let mut report = Report::empty();
        let file = &mut directory.file;
        let head = Head::read(file)?;
        report.entries = head.size;
        report.checkpoint.clone_from(&head.note);
        match signers.checkpoint(&head.note) {
            Ok(own) if own.size == head.size && own.root == head.root && own.origin == head.origin => {}
            Ok(_) => report.find("head-differs", "the journal's head", "it differs from its signed checkpoint"),
            Err(_) => {
                report.find("head-unsigned", "the journal's head", "the signature of its checkpoint does not hold");
            }
        }
        let (tree, last) = entries(file, &head, &mut report)?;
        if tree.root() != head.root && report.findings.is_empty() {
            let message = "the entries do not give the root that the signed checkpoint names";
            report.find("root-differs", "the journal's head", message);
        }
        let sheet = self.own_checkpoint();
        match read_copy(&sheet, &signers) {
            Ok(Some(copy)) => {
                report.compared_with.push(sheet.to_string());
                let then = Tree::load(file, &head.origin, copy.size.min(head.size)).map(|tree| tree.root());
                if copy.size > head.size || then.ok() != Some(copy.root) {
                    let message = "it is not the one that the checkpoint outside was taken of";
                    report.find("history-rewritten", "the journal's head", message);
                }
            }
            Ok(None) if head.size == 0 => {}
            Ok(None) => {
                report.find("copy-missing", &sheet.to_string(), "the copy of the checkpoint is missing");
            }
            Err(error) => report.find("copy-damaged", &sheet.to_string(), error.to_string()),
        }
        rows(file, last, &mut report)?;
        Ok(report)
    }
}

/// The last entry about each row, with the digest that it commits to.
type Last = BTreeMap<(u8, [u8; 16]), (u64, Option<Digest>)>;

fn entries(file: &mut Database, head: &Head, report: &mut Report) -> Result<(Tree, Last)> {
    let mut tree = Tree::empty(&head.origin);
    let mut last = Last::new();
    let to = i64::try_from(head.size).unwrap_or(i64::MAX);
    let mut next = 0;
    file.query((&statements::ENTRIES_FROM).into(), &[0.into(), to.into()], &mut |row| {
        let seq = u64::try_from(row.int(0)?).unwrap_or(u64::MAX);
        let place = format!("journal entry {seq}");
        if seq != next {
            report.find("entry-missing", &format!("journal entry {next}"), "the entry is missing");
        }
        next = seq + 1;
        let bytes = row.opt_bytes(1)?.unwrap_or_default();
        let leaf = keys::merkle::leaf_hash(bytes);
        tree.grow(leaf);
        match row.opt_bytes(2)? {
            Some(stored) if stored == leaf => {}
            Some(_) => report.find("entry-changed", &place, "the entry does not have the hash that was stored with it"),
            None => report.find("hash-nulled", &place, "the entry has lost its hash"),
        }
        match Body::decode(bytes) {
            Ok(body) if body.seq == seq => {
                last.extend(body.covers.iter().map(|cover| ((cover.table, cover.id), (seq, cover.digest))));
            }
            Ok(_) => report.find("entry-moved", &place, "the entry had another number when it was written"),
            Err(_) => report.find("entry-unreadable", &place, "the entry cannot be read"),
        }
        Ok(true)
    })?;
    for seq in next..head.size {
        report.find("entry-missing", &format!("journal entry {seq}"), "the entry is missing");
    }
    let beyond = engine::first(file, &statements::ENTRY_LAST, &[] as &[Param<'_>], |row| row.int(0))?.unwrap_or(-1);
    if beyond >= to {
        report.find("entry-added", &format!("journal entry {to}"), "there are entries behind the journal's head");
    }
    Ok((tree, last))
}

fn rows(file: &mut Database, mut last: Last, report: &mut Report) -> Result<()> {
    for table in &TABLES {
        let found = engine::collect(file, &table.all, &[], |row| {
            let id =
                row.bytes(0)?.try_into().map_err(|_| Error::damaged("instance.db", "a tenant has no readable id"))?;
            Ok((id, digest(table, row)))
        })?;
        for (id, digest) in found {
            report.records += 1;
            let place = format!("{} {}", table.name, TenantId::from_bytes(id));
            match last.remove(&(table.code, id)) {
                None => report.find("row-unknown", &place, "no journal entry is about it"),
                Some((seq, None)) => {
                    report.find("row-back", &place, format!("entry {seq} says that it is gone, and it is here"));
                }
                Some((seq, Some(expected))) if expected != digest => {
                    report.find("row-differs", &place, format!("it is not as its last entry {seq} left it"));
                }
                Some(_) => {}
            }
        }
    }
    for ((code, id), (seq, digest)) in last {
        if digest.is_some() {
            let name = TABLES.iter().find(|table| table.code == code).map_or("row", |table| table.name);
            let place = format!("{name} {}", TenantId::from_bytes(id));
            report.find("row-missing", &place, format!("it is gone, and entry {seq} left it here"));
        }
    }
    Ok(())
}
