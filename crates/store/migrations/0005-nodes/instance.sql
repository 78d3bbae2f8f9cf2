-- Several nodes on one set of databases. Empty where one node has a folder of its own.
-- What lies beside a tenant's databases: its wrapped root, its ledger, the newest checkpoint of its journal.
CREATE TABLE IF NOT EXISTS root (tenant BLOB PRIMARY KEY, bytes BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS ledger_line (tenant BLOB NOT NULL, n INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (tenant, n));
CREATE TABLE IF NOT EXISTS checkpoint (tenant BLOB PRIMARY KEY, bytes BLOB NOT NULL);
-- Nodes that run, until when by the server's clock unless they say so again, and what each holds.
CREATE TABLE IF NOT EXISTS node (id BLOB PRIMARY KEY, about TEXT NOT NULL, until INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS lease (tenant BLOB PRIMARY KEY, node BLOB NOT NULL, wanted BLOB);
CREATE INDEX IF NOT EXISTS lease_node ON lease (node);
-- Which folder has a copy of a tenant's index, and the wrapped key that opens it: without its row it is closed for good.
CREATE TABLE IF NOT EXISTS index_copy (tenant BLOB NOT NULL, folder BLOB NOT NULL, wrapped BLOB NOT NULL, PRIMARY KEY (tenant, folder));
