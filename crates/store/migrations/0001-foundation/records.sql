-- records.db, format 3. Rows here identify nobody: ids are random, what is personal lies in sealed parts.
-- Row numbers (rid) are given by us and never leave the database. 0 stands for "none" where a number is part of a key.

CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);

-- One row: the journal's size and root, the signed checkpoint over them, the last commit, and the fencing number of the node that may write.
CREATE TABLE head (
    one INTEGER PRIMARY KEY CHECK (one = 1), size INTEGER NOT NULL, root BLOB NOT NULL, note TEXT NOT NULL,
    commit_no INTEGER NOT NULL, fence INTEGER NOT NULL, origin TEXT NOT NULL
);

CREATE TABLE module (
    rid INTEGER PRIMARY KEY, name TEXT NOT NULL, fingerprint BLOB NOT NULL, source TEXT NOT NULL, active INTEGER NOT NULL, commit_no INTEGER NOT NULL
);
CREATE UNIQUE INDEX module_by_name ON module (name, fingerprint);

CREATE TABLE record (
    rid INTEGER PRIMARY KEY, id BLOB NOT NULL, module INTEGER NOT NULL, scope INTEGER NOT NULL, version INTEGER NOT NULL,
    subject INTEGER NOT NULL, restricted INTEGER NOT NULL, created_at INTEGER NOT NULL, changed_at INTEGER NOT NULL,
    entry INTEGER NOT NULL, clear TEXT NOT NULL, commit_no INTEGER NOT NULL
);
CREATE UNIQUE INDEX record_by_id ON record (id);
CREATE INDEX record_by_subject ON record (subject) WHERE subject <> 0;
CREATE INDEX record_by_commit ON record (commit_no, rid);

-- The personal fields of a record, one sealed part per key unit.
CREATE TABLE part (
    record INTEGER NOT NULL, unit INTEGER NOT NULL, version INTEGER NOT NULL, sealed BLOB NOT NULL, commit_no INTEGER NOT NULL,
    PRIMARY KEY (record, unit)
) WITHOUT ROWID;
CREATE INDEX part_by_unit ON part (unit);

-- Which record points to which; derived from the clear rows, kept for the way back.
CREATE TABLE link (
    source INTEGER NOT NULL, field TEXT NOT NULL, target INTEGER NOT NULL, PRIMARY KEY (source, field, target)
) WITHOUT ROWID;
CREATE INDEX link_by_target ON link (target, field, source);

-- Natural persons. id = the id of the record that is the person; alias_of = the subject that it was merged into.
CREATE TABLE subject (
    rid INTEGER PRIMARY KEY, id BLOB NOT NULL, record INTEGER NOT NULL, alias_of INTEGER NOT NULL, state TEXT NOT NULL, commit_no INTEGER NOT NULL
);
CREATE UNIQUE INDEX subject_by_id ON subject (id);
CREATE INDEX subject_by_alias ON subject (alias_of) WHERE alias_of <> 0;

-- What can be destroyed by itself. state: 0 live, 1 dead (an erasure has begun), 2 erased.
CREATE TABLE unit (
    rid INTEGER PRIMARY KEY, id BLOB NOT NULL, subject INTEGER NOT NULL, class TEXT NOT NULL, record INTEGER NOT NULL,
    state INTEGER NOT NULL, commit_no INTEGER NOT NULL
);
CREATE UNIQUE INDEX unit_by_id ON unit (id);
CREATE INDEX unit_by_owner ON unit (subject, class, record);
CREATE INDEX unit_by_record ON unit (record) WHERE record <> 0;

CREATE TABLE tombstone (
    commit_no INTEGER NOT NULL, id BLOB NOT NULL, kind TEXT NOT NULL, module INTEGER NOT NULL, PRIMARY KEY (commit_no, id)
) WITHOUT ROWID;

-- The journal: one body per entry (layout: docs/journal.md), its values sealed per unit, its tree in tiles of 256 hashes.
CREATE TABLE entry (seq INTEGER PRIMARY KEY, record INTEGER NOT NULL, commit_no INTEGER NOT NULL, body BLOB, leaf BLOB);
CREATE INDEX entry_by_record ON entry (record, seq) WHERE record <> 0;
CREATE TABLE entry_value (seq INTEGER NOT NULL, unit INTEGER NOT NULL, sealed BLOB NOT NULL, PRIMARY KEY (seq, unit)) WITHOUT ROWID;
CREATE INDEX entry_value_by_unit ON entry_value (unit, seq);
CREATE TABLE tile (level INTEGER NOT NULL, place INTEGER NOT NULL, hashes BLOB NOT NULL, PRIMARY KEY (level, place)) WITHOUT ROWID;

-- The other logs: trees per day, dropped whole. log: 1 reads of sensitive fields, 2 security, 3 access.
CREATE TABLE log_line (log INTEGER NOT NULL, day INTEGER NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (log, day, seq)) WITHOUT ROWID;
CREATE TABLE log_day (log INTEGER NOT NULL, day INTEGER NOT NULL, size INTEGER NOT NULL, frontier BLOB NOT NULL, note TEXT NOT NULL, PRIMARY KEY (log, day)) WITHOUT ROWID;

CREATE TABLE job (
    rid INTEGER PRIMARY KEY, name TEXT NOT NULL, payload TEXT NOT NULL, due_at INTEGER NOT NULL, attempts INTEGER NOT NULL, failed TEXT
);
CREATE INDEX job_by_due ON job (due_at, rid);
CREATE TABLE outbox (rid INTEGER PRIMARY KEY, topic TEXT NOT NULL, payload TEXT NOT NULL, created_at INTEGER NOT NULL, sent_at INTEGER);

-- Erasures: the approved plan and the certificate, both of ids, classes, counts and times.
CREATE TABLE erasure (
    rid INTEGER PRIMARY KEY, id BLOB NOT NULL, subject BLOB NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL, plan TEXT NOT NULL, plan_hash BLOB NOT NULL,
    created_at INTEGER NOT NULL, created_by TEXT NOT NULL, approved_by TEXT, performed_at INTEGER, certificate TEXT, commit_no INTEGER NOT NULL
);
CREATE UNIQUE INDEX erasure_by_id ON erasure (id);

-- Two subjects made one, so that it can be undone.
CREATE TABLE merge (rid INTEGER PRIMARY KEY, kept INTEGER NOT NULL, merged INTEGER NOT NULL, undo TEXT NOT NULL, undone INTEGER NOT NULL, commit_no INTEGER NOT NULL);

-- Who signs in. The profile is sealed, the login name is known by its keyed hash only.
CREATE TABLE user_account (
    rid INTEGER PRIMARY KEY, id BLOB NOT NULL, unit INTEGER NOT NULL, profile BLOB NOT NULL, role TEXT NOT NULL, state TEXT NOT NULL,
    password TEXT NOT NULL, failed INTEGER NOT NULL, locked_until INTEGER NOT NULL, number INTEGER NOT NULL, commit_no INTEGER NOT NULL
);
CREATE UNIQUE INDEX user_by_id ON user_account (id);
-- Names of tokens are sealed too: people name them after themselves.
CREATE TABLE token (
    rid INTEGER PRIMARY KEY, id BLOB NOT NULL, hash BLOB NOT NULL, unit INTEGER NOT NULL, name BLOB NOT NULL, rights TEXT NOT NULL, created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, revoked_at INTEGER NOT NULL, commit_no INTEGER NOT NULL
);
CREATE UNIQUE INDEX token_by_hash ON token (hash);
CREATE UNIQUE INDEX token_by_id ON token (id);
CREATE TABLE session (
    hash BLOB PRIMARY KEY, account INTEGER NOT NULL, created_at INTEGER NOT NULL, seen_at INTEGER NOT NULL, csrf BLOB NOT NULL
);
CREATE INDEX session_by_account ON session (account);

CREATE TABLE import_run (
    hash BLOB PRIMARY KEY, started_at INTEGER NOT NULL, done_line INTEGER NOT NULL, created INTEGER NOT NULL, rejected INTEGER NOT NULL, finished INTEGER NOT NULL
);
-- Records that an import made, by the key of their row: the way to link later rows and to skip a row that is in. number, sealed: as in keys.db.
CREATE TABLE external_key (
    module INTEGER NOT NULL, mac BLOB NOT NULL, record INTEGER NOT NULL, unit INTEGER NOT NULL, number INTEGER NOT NULL, sealed BLOB NOT NULL,
    PRIMARY KEY (module, mac)
) WITHOUT ROWID;
CREATE INDEX external_key_by_record ON external_key (record);
CREATE TABLE idempotency (hash BLOB PRIMARY KEY, request BLOB NOT NULL, created_at INTEGER NOT NULL, status INTEGER NOT NULL, answer TEXT NOT NULL);
