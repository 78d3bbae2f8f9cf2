//! The statements of this crate, in one list that a test prepares on each engine.
use store::engine::{Change, Query};

/// `ERASURE_PUT`
pub const ERASURE_PUT: Change = Change {
    name: "ERASURE_PUT",
    sql: "INSERT INTO erasure (rid, id, subject, state, reason, plan, plan_hash, created_at, created_by, commit_no) VALUES (?1, ?2, ?3, 'planned', ?4, ?5, ?6, ?7, ?8, ?9)",
};
/// `ERASURE_STATE`
pub const ERASURE_STATE: Change = Change {
    name: "ERASURE_STATE",
    sql: "UPDATE erasure SET state = ?2, approved_by = ?3, commit_no = ?4 WHERE id = ?1",
};
/// `ERASURE_DONE`
pub const ERASURE_DONE: Change = Change {
    name: "ERASURE_DONE",
    sql: "UPDATE erasure SET state = 'done', performed_at = ?2, certificate = ?3, commit_no = ?4 WHERE id = ?1",
};
/// `ERASURE`
pub const ERASURE: Query = Query {
    name: "ERASURE",
    sql: "SELECT id, subject, state, reason, plan, plan_hash, created_at, created_by, approved_by, performed_at, certificate FROM erasure WHERE id = ?1",
};
/// `ERASURES`
pub const ERASURES: Query = Query {
    name: "ERASURES",
    sql: "SELECT id, subject, state, reason, plan, plan_hash, created_at, created_by, approved_by, performed_at, certificate FROM erasure ORDER BY rid DESC LIMIT ?1",
};
/// `ERASURE_BEGUN_OF`
pub const ERASURE_BEGUN_OF: Query =
    Query { name: "ERASURE_BEGUN_OF", sql: "SELECT rid FROM erasure WHERE subject = ?1 AND state = 'begun' LIMIT 1" };
/// `ERASURE_NEXT`
pub const ERASURE_NEXT: Query = Query { name: "ERASURE_NEXT", sql: "SELECT coalesce(max(rid), 0) + 1 FROM erasure" };
/// `MERGE_PUT`
pub const MERGE_PUT: Change = Change {
    name: "MERGE_PUT",
    sql: "INSERT INTO merge (rid, kept, merged, undo, undone, commit_no) VALUES (?1, ?2, ?3, ?4, 0, ?5)",
};
/// `MERGE_NEXT`
pub const MERGE_NEXT: Query = Query { name: "MERGE_NEXT", sql: "SELECT coalesce(max(rid), 0) + 1 FROM merge" };
/// `MERGE_OF`
pub const MERGE_OF: Query = Query {
    name: "MERGE_OF",
    sql: "SELECT rid, kept, merged, undo FROM merge WHERE merged = ?1 AND undone = 0 ORDER BY rid DESC",
};
/// `MERGE_UNDONE`
pub const MERGE_UNDONE: Change =
    Change { name: "MERGE_UNDONE", sql: "UPDATE merge SET undone = 1, commit_no = ?2 WHERE rid = ?1" };

/// All of them: name and text.
pub const ALL: &[(&str, &str)] = &[
    (ERASURE_PUT.name, ERASURE_PUT.sql),
    (ERASURE_STATE.name, ERASURE_STATE.sql),
    (ERASURE_DONE.name, ERASURE_DONE.sql),
    (ERASURE.name, ERASURE.sql),
    (ERASURES.name, ERASURES.sql),
    (ERASURE_BEGUN_OF.name, ERASURE_BEGUN_OF.sql),
    (ERASURE_NEXT.name, ERASURE_NEXT.sql),
    (MERGE_PUT.name, MERGE_PUT.sql),
    (MERGE_NEXT.name, MERGE_NEXT.sql),
    (MERGE_OF.name, MERGE_OF.sql),
    (MERGE_UNDONE.name, MERGE_UNDONE.sql),
];
