-- Where the rows of a week's days stand in one build, these still say of which build each of them was: of two builds with
-- events of the same day, each has the first and the last of its own.
ALTER TABLE rollup_versions ADD COLUMN made UInt64 DEFAULT build;

ALTER TABLE rollup_places ADD COLUMN made UInt64 DEFAULT build;

ALTER TABLE rollup_ends ADD COLUMN made UInt64 DEFAULT build;

ALTER TABLE rollup_starts ADD COLUMN made UInt64 DEFAULT build;
