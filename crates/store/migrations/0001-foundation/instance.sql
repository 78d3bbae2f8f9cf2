-- instance.db, format 3: which tenants there are and when each is due next. Its own journal has the same shape as a tenant's.
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE head (
    one INTEGER PRIMARY KEY CHECK (one = 1), size INTEGER NOT NULL, root BLOB NOT NULL, note TEXT NOT NULL,
    commit_no INTEGER NOT NULL, fence INTEGER NOT NULL, origin TEXT NOT NULL
);
CREATE TABLE tenant (
    id BLOB PRIMARY KEY, name TEXT NOT NULL, folded TEXT NOT NULL, marker TEXT NOT NULL, zone TEXT NOT NULL, packs TEXT NOT NULL,
    created_at INTEGER NOT NULL, state TEXT NOT NULL, due_at INTEGER NOT NULL
);
CREATE UNIQUE INDEX tenant_by_name ON tenant (folded);
CREATE TABLE entry (seq INTEGER PRIMARY KEY, record INTEGER NOT NULL, commit_no INTEGER NOT NULL, body BLOB, leaf BLOB);
CREATE TABLE tile (level INTEGER NOT NULL, place INTEGER NOT NULL, hashes BLOB NOT NULL, PRIMARY KEY (level, place)) WITHOUT ROWID;
CREATE TABLE kit (tenant BLOB PRIMARY KEY, printed_at INTEGER NOT NULL, typed_back_at INTEGER NOT NULL);
