-- instance.db: the access log of requests that belong to no business (the sign-in page, style sheets, addresses that do not exist).
-- The tables have the same shape as a tenant's.
CREATE TABLE IF NOT EXISTS log_line (log INTEGER NOT NULL, day INTEGER NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (log, day, seq)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS log_day (log INTEGER NOT NULL, day INTEGER NOT NULL, size INTEGER NOT NULL, frontier BLOB NOT NULL, note TEXT NOT NULL, PRIMARY KEY (log, day)) WITHOUT ROWID;
