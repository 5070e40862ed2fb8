-- The builds that a week was made of; those of a partition are made of none.
ALTER TABLE rollup_builds ADD COLUMN parts Array(UInt64) AFTER days;
