-- keys.db, format 3. One wrapped key per key unit; the number is the unit's row number in records.db.
CREATE TABLE key (rid INTEGER PRIMARY KEY, id BLOB NOT NULL, wrapped BLOB NOT NULL);
-- Values that may stand only once, as keyed hash. unit: what takes the row along when it is destroyed. number: which key made the hash;
-- sealed: the value's SHA-256 under the unit's key, from which the hash of the next key is made.
CREATE TABLE unique_value (
    field TEXT NOT NULL, mac BLOB NOT NULL, owner INTEGER NOT NULL, unit INTEGER NOT NULL, number INTEGER NOT NULL, sealed BLOB NOT NULL,
    PRIMARY KEY (field, mac)
) WITHOUT ROWID;
CREATE INDEX unique_value_by_owner ON unique_value (owner);
CREATE INDEX unique_value_by_unit ON unique_value (unit);
