//! Every statement of this crate on records.db and keys.db, in one list that a test prepares on each engine. Features list their own the same way.
use crate::engine::{Change, Query, Upkeep};

macro_rules! statements {
    ($($kind:ident $name:ident = $sql:literal;)*) => {
        $(#[doc = concat!("`", stringify!($name), "`")] pub const $name: $kind = $kind { name: stringify!($name), sql: $sql };)*
        /// All of them: name and text.
        pub const ALL: &[(&str, &str)] = &[$((stringify!($name), $sql)),*];
    };
}

statements! {
    Query META_GET = "SELECT value FROM meta WHERE name = ?1";
    Upkeep META_PUT = "INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";

    Query HEAD = "SELECT size, root, note, commit_no, fence, origin FROM head WHERE one = 1";
    Upkeep HEAD_BEGIN = "INSERT INTO head (one, size, root, note, commit_no, fence, origin) VALUES (1, 0, ?1, ?2, 0, ?3, ?4)";
    Upkeep HEAD_MOVE = "UPDATE head SET size = ?1, root = ?2, note = ?3, commit_no = ?4 WHERE one = 1 AND fence = ?5";

    Upkeep HEAD_FENCE = "UPDATE head SET fence = ?1 WHERE one = 1 AND fence = ?2";
    Upkeep ENTRY_PUT = "INSERT INTO entry (seq, record, commit_no, body, leaf) VALUES (?1, ?2, ?3, ?4, ?5)";
    Upkeep VALUE_PUT = "INSERT INTO entry_value (seq, unit, sealed) VALUES (?1, ?2, ?3)";
    Upkeep HEAD_EPOCH = "UPDATE head SET size = ?1, root = ?2, note = ?3, commit_no = ?4, origin = ?5 WHERE one = 1";
    Change ENTRY_PURGE = "UPDATE entry SET body = NULL, record = 0 WHERE seq = ?1";
    Change ENTRY_VALUES_DELETE = "DELETE FROM entry_value WHERE seq = ?1";
    Change ENTRIES_PRUNE = "DELETE FROM entry WHERE seq < ?1";
    Change TILES_PRUNE = "DELETE FROM tile WHERE level = 0 AND place < ?1";
    Query ENTRY_FIRST_WHOLE = "SELECT seq FROM entry WHERE seq >= ?1 AND body IS NOT NULL ORDER BY seq LIMIT 1";
    Query ENTRY = "SELECT body, leaf, record FROM entry WHERE seq = ?1";
    Query ENTRIES_FROM = "SELECT seq, body, leaf, record FROM entry WHERE seq >= ?1 AND seq < ?2 ORDER BY seq";
    Query ENTRIES_OF = "SELECT seq, body FROM entry WHERE record = ?1 AND record <> 0 AND seq < ?2 ORDER BY seq DESC LIMIT ?3";
    Query ENTRY_NAMING = "SELECT record FROM entry WHERE record <> 0 AND instr(body, ?1) > 0 ORDER BY seq DESC LIMIT 1";
    Query ENTRY_LAST = "SELECT coalesce(max(seq), -1) FROM entry";
    Query VALUES_FROM = "SELECT seq, unit, sealed FROM entry_value WHERE seq >= ?1 AND seq < ?2 ORDER BY seq, unit";
    Query VALUES_OF = "SELECT v.unit, v.sealed, u.id, u.state FROM entry_value v LEFT JOIN unit u ON u.rid = v.unit WHERE v.seq = ?1 ORDER BY v.unit";
    Query TILE = "SELECT hashes FROM tile WHERE level = ?1 AND place = ?2";
    Upkeep TILE_PUT = "INSERT INTO tile (level, place, hashes) VALUES (?1, ?2, ?3) ON CONFLICT (level, place) DO UPDATE SET hashes = excluded.hashes";

    Query MAX_RECORD = "SELECT coalesce(max(rid), 0) FROM record";
    Query MAX_UNIT = "SELECT coalesce(max(rid), 0) FROM unit";
    Query MAX_SUBJECT = "SELECT coalesce(max(rid), 0) FROM subject";
    Query MAX_JOB = "SELECT coalesce(max(rid), 0) FROM job";
    Query MAX_MODULE = "SELECT coalesce(max(rid), 0) FROM module";
    Query MAX_ENTRY_RECORD = "SELECT coalesce(max(record), 0) FROM entry WHERE record <> 0";

    Query MODULES = "SELECT rid, name, fingerprint, source, active FROM module ORDER BY rid";
    Change MODULE_PUT = "INSERT INTO module (rid, name, fingerprint, source, active, commit_no) VALUES (?1, ?2, ?3, ?4, 1, ?5)";
    Change MODULE_RETIRE = "UPDATE module SET active = 0, commit_no = ?2 WHERE name = ?1 AND active = 1";

    Query RECORD_BY_ID = "SELECT r.rid, r.id, r.module, r.scope, r.version, r.subject, r.restricted, r.created_at, r.changed_at, r.entry, r.clear, p.unit, p.version, p.sealed, u.id, u.class, u.state, s.id FROM record r LEFT JOIN subject s ON s.rid = r.subject LEFT JOIN part p ON p.record = r.rid LEFT JOIN unit u ON u.rid = p.unit WHERE r.id = ?1 ORDER BY p.unit";
    Query RECORD_BY_RID = "SELECT r.rid, r.id, r.module, r.scope, r.version, r.subject, r.restricted, r.created_at, r.changed_at, r.entry, r.clear, p.unit, p.version, p.sealed, u.id, u.class, u.state, s.id FROM record r LEFT JOIN subject s ON s.rid = r.subject LEFT JOIN part p ON p.record = r.rid LEFT JOIN unit u ON u.rid = p.unit WHERE r.rid = ?1 ORDER BY p.unit";
    Query RECORDS_FROM = "SELECT r.rid, r.id, r.module, r.scope, r.version, r.subject, r.restricted, r.created_at, r.changed_at, r.entry, r.clear, p.unit, p.version, p.sealed, u.id, u.class, u.state, s.id FROM record r LEFT JOIN subject s ON s.rid = r.subject LEFT JOIN part p ON p.record = r.rid LEFT JOIN unit u ON u.rid = p.unit WHERE r.rid >= ?1 AND r.rid < ?2 ORDER BY r.rid, p.unit";
    Query RECORD_RID = "SELECT rid, module, scope, restricted FROM record WHERE id = ?1";
    Query RECORDS_OF_SUBJECT = "SELECT rid, id, module FROM record WHERE subject = ?1 AND subject <> 0 ORDER BY rid";
    Change RECORD_PUT = "INSERT INTO record (rid, id, module, scope, version, subject, restricted, created_at, changed_at, entry, clear, commit_no) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
    Change RECORD_SET = "UPDATE record SET module = ?2, scope = ?3, version = ?4, subject = ?5, restricted = ?6, changed_at = ?7, entry = ?8, clear = ?9, commit_no = ?10 WHERE rid = ?1";
    Change RECORD_DELETE = "DELETE FROM record WHERE rid = ?1";
    Change PART_PUT = "INSERT INTO part (record, unit, version, sealed, commit_no) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (record, unit) DO UPDATE SET version = excluded.version, sealed = excluded.sealed, commit_no = excluded.commit_no";
    Change PART_DELETE = "DELETE FROM part WHERE record = ?1 AND unit = ?2";
    Change PARTS_DELETE = "DELETE FROM part WHERE record = ?1";
    Query PARTS_OF_UNIT = "SELECT record FROM part WHERE unit = ?1 ORDER BY record";
    Change LINK_PUT = "INSERT INTO link (source, field, target) VALUES (?1, ?2, ?3) ON CONFLICT (source, field, target) DO NOTHING";
    Change LINK_DELETE = "DELETE FROM link WHERE source = ?1 AND field = ?2 AND target = ?3";
    Change LINKS_DELETE = "DELETE FROM link WHERE source = ?1";
    Query LINKS_TO = "SELECT l.source, l.field, r.id, r.module, r.restricted FROM link l JOIN record r ON r.rid = l.source WHERE l.target = ?1 AND l.source > ?2 ORDER BY l.source LIMIT ?3";
    Change TOMBSTONE_PUT = "INSERT INTO tombstone (commit_no, id, kind, module) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (commit_no, id) DO NOTHING";

    Query SUBJECT_BY_ID = "SELECT s.rid, s.id, s.record, s.alias_of, s.state FROM record r JOIN subject s ON s.record = r.rid AND s.record <> 0 WHERE r.id = ?1 UNION ALL SELECT rid, id, record, alias_of, state FROM subject WHERE id = ?1 AND record = 0";
    Query SUBJECT_BY_RID = "SELECT rid, id, record, alias_of, state FROM subject WHERE rid = ?1";
    Query SUBJECT_ALIASES = "SELECT rid, id, record, alias_of, state FROM subject WHERE alias_of = ?1 AND alias_of <> 0 ORDER BY rid";
    Change SUBJECT_PUT = "INSERT INTO subject (rid, id, record, alias_of, state, commit_no) VALUES (?1, ?2, ?3, 0, 'live', ?4)";
    Change SUBJECT_STATE = "UPDATE subject SET state = ?2, commit_no = ?3 WHERE rid = ?1";
    Change SUBJECT_LEFT = "UPDATE subject SET record = 0, commit_no = ?2 WHERE record = ?1 AND record <> 0";
    Change SUBJECT_ALIAS = "UPDATE subject SET alias_of = ?2, commit_no = ?3 WHERE rid = ?1";

    Query UNIT_BY_OWNER = "SELECT rid, id, state FROM unit WHERE subject = ?1 AND class = ?2 AND record = ?3";
    Query UNIT_BY_RID = "SELECT rid, id, subject, class, record, state FROM unit WHERE rid = ?1";
    Query UNITS_ALL = "SELECT rid, id, subject, class, record, state FROM unit ORDER BY rid";
    Query UNITS_OF_SUBJECT = "SELECT rid, id, subject, class, record, state FROM unit WHERE subject = ?1 ORDER BY rid";
    Query UNITS_OF_RECORD = "SELECT rid, id, subject, class, record, state FROM unit WHERE record = ?1 AND record <> 0 ORDER BY rid";
    Change UNIT_PUT = "INSERT INTO unit (rid, id, subject, class, record, state, commit_no) VALUES (?1, ?2, ?3, ?4, ?5, 0, ?6)";
    Change UNIT_STATE = "UPDATE unit SET state = ?2, commit_no = ?3 WHERE rid = ?1";
    Change UNIT_CLASS = "UPDATE unit SET class = ?2, commit_no = ?3 WHERE rid = ?1";
    Change UNIT_SUBJECT = "UPDATE unit SET subject = ?2, commit_no = ?3 WHERE rid = ?1";
    Change UNIT_VALUES_DELETE = "DELETE FROM entry_value WHERE unit = ?1";
    Change UNIT_PARTS_DELETE = "DELETE FROM part WHERE unit = ?1";

    Query CHANGES_RECORDS = "SELECT commit_no, rid, id, module FROM record WHERE (commit_no > ?1 OR (commit_no = ?1 AND rid > ?2)) ORDER BY commit_no, rid LIMIT ?3";
    Query CHANGES_TOMBSTONES = "SELECT commit_no, id, kind, module FROM tombstone WHERE commit_no > ?1 ORDER BY commit_no, id LIMIT ?2";

    Upkeep JOB_PUT = "INSERT INTO job (rid, name, payload, due_at, attempts) VALUES (?1, ?2, ?3, ?4, 0)";
    Query UNITS_FROM = "SELECT rid, id, state FROM unit WHERE rid >= ?1 ORDER BY rid LIMIT ?2";
    Query JOBS_DUE = "SELECT rid, name, payload, due_at, attempts FROM job WHERE due_at <= ?1 AND failed IS NULL ORDER BY due_at, rid LIMIT ?2";
    Query JOBS_ALL = "SELECT rid, name, payload, due_at, attempts, failed FROM job ORDER BY due_at, rid LIMIT ?1";
    Query JOB_NEXT_DUE = "SELECT min(due_at) FROM job WHERE failed IS NULL";
    Upkeep JOB_DONE = "DELETE FROM job WHERE rid = ?1";
    Upkeep JOB_RETRY = "UPDATE job SET attempts = attempts + 1, due_at = ?2 WHERE rid = ?1";
    Upkeep JOB_FAILED = "UPDATE job SET attempts = attempts + 1, failed = ?2 WHERE rid = ?1";

    Query EXTERNAL_KEY = "SELECT record FROM external_key WHERE module = ?1 AND mac = ?2";
    Query EXTERNAL_KEYS_ELSEWHERE = "SELECT mac, unit, number, sealed FROM external_key WHERE record = ?1 AND module = 0 AND unit <> ?2 ORDER BY mac";
    Upkeep EXTERNAL_KEY_PUT = "INSERT INTO external_key (module, mac, record, unit, number, sealed) VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (module, mac) DO UPDATE SET record = excluded.record, unit = excluded.unit, number = excluded.number, sealed = excluded.sealed";
    Upkeep EXTERNAL_KEY_DELETE = "DELETE FROM external_key WHERE module = ?1 AND mac = ?2";
    Query EXTERNAL_KEYS_OLD = "SELECT mac, record, unit, sealed FROM external_key WHERE module = 0 AND mac > ?1 AND number <> ?2 ORDER BY mac LIMIT ?3";
    Upkeep EXTERNAL_KEYS_DELETE = "DELETE FROM external_key WHERE record = ?1";
}

/// Statements on keys.db, in a list of their own because they are prepared there.
pub mod on_keys {
    use crate::engine::{Query, Upkeep};
    statements! {
        Query KEY = "SELECT id, wrapped FROM key WHERE rid = ?1";
        Query KEYS_FROM = "SELECT rid, id, wrapped FROM key WHERE rid >= ?1 ORDER BY rid LIMIT ?2";
        Upkeep KEY_PUT = "INSERT INTO key (rid, id, wrapped) VALUES (?1, ?2, ?3)";
        Upkeep KEY_REWRAP = "UPDATE key SET wrapped = ?2 WHERE rid = ?1";
        Upkeep KEY_DESTROY = "UPDATE key SET wrapped = ?2 WHERE rid = ?1";
        Upkeep KEY_COUNT = "INSERT INTO key (rid, id, wrapped) VALUES (?1, ?2, ?3) ON CONFLICT (rid) DO UPDATE SET wrapped = excluded.wrapped";
        Upkeep KEY_FENCE = "UPDATE key SET wrapped = ?2 WHERE rid = ?1 AND wrapped = ?2";
        Upkeep KEYS_UNUSED = "UPDATE key SET wrapped = ?2 WHERE rid > ?1 AND wrapped <> ?2";
        Query MAX_KEY = "SELECT coalesce(max(rid), 0) FROM key";
        Upkeep UNIQUE_UNUSED = "DELETE FROM unique_value WHERE unit > ?1";
        Query UNIQUE_OWNER = "SELECT owner FROM unique_value WHERE field = ?1 AND mac = ?2";
        Upkeep UNIQUE_PUT = "INSERT INTO unique_value (field, mac, owner, unit, number, sealed) VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (field, mac) DO UPDATE SET owner = excluded.owner, unit = excluded.unit, number = excluded.number, sealed = excluded.sealed";
        Query UNIQUE_OLD = "SELECT field, mac, owner, unit, sealed FROM unique_value WHERE (field, mac) > (?1, ?2) AND number <> ?3 ORDER BY field, mac LIMIT ?4";
        Upkeep UNIQUE_REMOVE = "DELETE FROM unique_value WHERE field = ?1 AND mac = ?2 AND owner = ?3";
        Upkeep UNIQUE_OF_UNIT = "DELETE FROM unique_value WHERE unit = ?1";
    }
}
pub use on_keys::UNIQUE_OWNER;
