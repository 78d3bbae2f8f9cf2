-- Indexes over random ids cost a page of their own with every new record. A unit is found by its owner; a person by the record that is the
-- person, as long as there is one (`record` is 0 afterwards), and by the id only when the record is gone.
DROP INDEX IF EXISTS unit_by_id;
DROP INDEX IF EXISTS subject_by_id;
UPDATE subject SET record = 0 WHERE record NOT IN (SELECT rid FROM record);
CREATE UNIQUE INDEX IF NOT EXISTS subject_by_record ON subject (record) WHERE record <> 0;
CREATE UNIQUE INDEX IF NOT EXISTS subject_left ON subject (id) WHERE record = 0;
