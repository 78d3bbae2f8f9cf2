//! Who holds which tenant, as rows of the control database. All times are its server's: the clocks of nodes may differ by what they like.
//!
//! A node is there until a time that it moves on. When that has passed, any other may declare it gone, which is final: a node that comes back late finds its
//! row missing and begins anew, with nothing. A tenant belongs to the node that its lease names, for as long as that has a row.
use super::{About, NodeInfo};
use crate::database::Database;
use crate::engine::{self, Connection, Query, Upkeep};
use crate::{Error, Result};
use base::TenantId;
use std::collections::HashMap;

const NODES: Query = Query { name: "NODES", sql: "SELECT id, about, until FROM node ORDER BY id" };
const NODE_PUT: Upkeep = Upkeep { name: "NODE_PUT", sql: "INSERT INTO node (id, about, until) VALUES (?1, ?2, ?3)" };
const NODE_STAYS: Upkeep =
    Upkeep { name: "NODE_STAYS", sql: "UPDATE node SET until = ?2 WHERE id = ?1 AND until > ?3" };
const NODE_GONE: Upkeep = Upkeep { name: "NODE_GONE", sql: "DELETE FROM node WHERE id = ?1 AND until <= ?2" };
const NODE_ENDS: Upkeep = Upkeep { name: "NODE_ENDS", sql: "DELETE FROM node WHERE id = ?1" };
const LEASES: Query = Query { name: "LEASES", sql: "SELECT tenant, node, wanted FROM lease ORDER BY tenant" };
const LEASE: Query = Query { name: "LEASE", sql: "SELECT node FROM lease WHERE tenant = ?1" };
const LEASE_TAKE: Upkeep = Upkeep {
    name: "LEASE_TAKE",
    sql: "INSERT INTO lease (tenant, node) SELECT ?1, ?2 FROM node WHERE id = ?2 ON CONFLICT (tenant) DO UPDATE SET node = excluded.node, wanted = NULL WHERE lease.node = excluded.node OR NOT EXISTS (SELECT 1 FROM node n WHERE n.id = lease.node)",
};
const LEASE_WANT: Upkeep = Upkeep { name: "LEASE_WANT", sql: "UPDATE lease SET wanted = ?2 WHERE tenant = ?1" };
const LEASE_END: Upkeep = Upkeep { name: "LEASE_END", sql: "DELETE FROM lease WHERE tenant = ?1 AND node = ?2" };
const LEASES_END: Upkeep = Upkeep { name: "LEASES_END", sql: "DELETE FROM lease WHERE node = ?1" };

/// Statements here, for the test that prepares every statement.
pub(super) const ALL: &[(&str, &str)] = &[
    (NODES.name, NODES.sql),
    (NODE_PUT.name, NODE_PUT.sql),
    (NODE_STAYS.name, NODE_STAYS.sql),
    (NODE_GONE.name, NODE_GONE.sql),
    (NODE_ENDS.name, NODE_ENDS.sql),
    (LEASES.name, LEASES.sql),
    (LEASE.name, LEASE.sql),
    (LEASE_TAKE.name, LEASE_TAKE.sql),
    (LEASE_WANT.name, LEASE_WANT.sql),
    (LEASE_END.name, LEASE_END.sql),
    (LEASES_END.name, LEASES_END.sql),
];

/// One start of one node.
pub(super) type NodeId = [u8; 16];

/// Who runs and who holds what.
#[derive(Debug, Clone, Default)]
pub(super) struct View {
    pub nodes: Vec<NodeInfo>,
    pub holders: HashMap<TenantId, NodeId>,
    /// Tenants that another node asks for.
    pub wanted: Vec<TenantId>,
}

/// Milliseconds by the server's clock.
fn now(control: &mut Database) -> Result<i64> {
    let Database::Postgres(database) = control else {
        return Err(Error::invalid("the control database is a server's"));
    };
    let facts = database.facts("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint")?;
    let now = facts.first().and_then(|row| row.first()).and_then(|text| text.parse().ok());
    now.ok_or_else(|| Error::damaged("the control database", "its server does not tell the time"))
}

fn id_of(bytes: &[u8]) -> Result<NodeId> {
    bytes.try_into().map_err(|_| Error::damaged("the control database", "a node has no readable id"))
}

/// Says that a node is there.
pub(super) fn join(control: &mut Database, id: &NodeId, about: &About, lease_ms: i64) -> Result<()> {
    for (node, until) in nodes(control)? {
        let gone = if node.about.folder == about.folder {
            // The folder is locked by us, so whoever ran on it has ended.
            control.execute((&NODE_ENDS).into(), &[(&node.id).into()])?;
            true
        } else {
            gone(control, &node.id, until)?
        };
        if !gone && node.about.name == about.name {
            let message = format!("there is a node called {} already; give this one another name", about.name);
            return Err(Error::conflict("node-name", message));
        }
    }
    let about = serde_json::to_string(about).unwrap_or_default();
    let until = now(control)? + lease_ms;
    control.execute((&NODE_PUT).into(), &[id.into(), about.as_str().into(), until.into()]).map(drop)
}

/// Says that it still is. Gives whether it was, by the server's clock and everybody's word.
pub(super) fn stay(control: &mut Database, id: &NodeId, lease_ms: i64) -> Result<bool> {
    let now = now(control)?;
    Ok(control.execute((&NODE_STAYS).into(), &[id.into(), (now + lease_ms).into(), now.into()])? == 1)
}

/// Takes a node's leave: others may hold what it held.
pub(super) fn leave(control: &mut Database, id: &NodeId) -> Result<()> {
    control.execute((&LEASES_END).into(), &[id.into()])?;
    control.execute((&NODE_ENDS).into(), &[id.into()]).map(drop)
}

/// Declares a node gone whose time has passed. Decides with its row locked, so that it cannot say at the same moment that it is there.
fn gone(control: &mut Database, id: &NodeId, until: i64) -> Result<bool> {
    let now = now(control)?;
    Ok(until <= now && control.execute((&NODE_GONE).into(), &[id.into(), now.into()])? == 1)
}

fn nodes(control: &mut Database) -> Result<Vec<(NodeInfo, i64)>> {
    engine::collect(control, &NODES, &[], |row| {
        // What cannot be opened was put there by somebody without our keys: nobody is sent there.
        let about = row.text(1).ok().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        Ok((NodeInfo { id: id_of(row.bytes(0)?)?, about }, row.int(2)?))
    })
}

/// Who runs and who holds what, at this moment.
pub(super) fn look(control: &mut Database, own: &NodeId) -> Result<View> {
    let now = now(control)?;
    let nodes: Vec<NodeInfo> =
        nodes(control)?.into_iter().filter(|(_, until)| *until > now).map(|(node, _)| node).collect();
    let mut view = View { nodes, ..View::default() };
    let tenant = |bytes: &[u8]| {
        TenantId::from_slice(bytes).map_err(|_| Error::damaged("the control database", "a tenant has no readable id"))
    };
    control.query((&LEASES).into(), &[], &mut |row| {
        let (tenant, node) = (tenant(row.bytes(0)?)?, id_of(row.bytes(1)?)?);
        if node == *own && row.opt_bytes(2)?.is_some() {
            view.wanted.push(tenant);
        }
        if view.nodes.iter().any(|known| known.id == node) {
            view.holders.insert(tenant, node);
        }
        Ok(true)
    })?;
    Ok(view)
}

/// Takes a tenant for a node, unless another one that is there holds it; gives that one then.
pub(super) fn take(control: &mut Database, id: &NodeId, tenant: TenantId) -> Result<Option<NodeId>> {
    let params = [tenant.bytes().into(), id.into()];
    // Once more after a node was declared gone, and once for somebody who was quicker.
    for _ in 0..3 {
        if control.execute((&LEASE_TAKE).into(), &params)? == 1 {
            return Ok(None);
        }
        let held = engine::first(control, &LEASE, &[tenant.bytes().into()], |row| id_of(row.bytes(0)?))?;
        let Some(holder) = held else {
            // Nobody holds it and we could not: our own row is missing.
            return Err(Error::Busy { message: "this node has been declared gone and begins anew".into() });
        };
        match nodes(control)?.into_iter().find(|(node, _)| node.id == holder) {
            Some((_, until)) if !gone(control, &holder, until)? => return Ok(Some(holder)),
            _ => {}
        }
    }
    Err(Error::Busy { message: "several nodes are taking this tenant over".into() })
}

/// Gives a tenant back.
pub(super) fn release(control: &mut Database, id: &NodeId, tenant: TenantId) -> Result<()> {
    control.execute((&LEASE_END).into(), &[tenant.bytes().into(), id.into()]).map(drop)
}

/// Asks whoever holds a tenant to give it back.
pub(super) fn want(control: &mut Database, id: &NodeId, tenant: TenantId) -> Result<()> {
    control.execute((&LEASE_WANT).into(), &[tenant.bytes().into(), id.into()]).map(drop)
}
