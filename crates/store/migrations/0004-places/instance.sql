-- Businesses whose records and keys lie on database servers: addresses, roles and their passwords. No row: they are files.
CREATE TABLE IF NOT EXISTS place (tenant BLOB PRIMARY KEY, databases TEXT NOT NULL);
