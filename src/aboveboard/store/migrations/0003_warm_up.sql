-- What the server writes to see whether the store takes anything, and removes again. The table is always there: a
-- table that is made on a full disk leaves an empty definition behind, with which the store cannot be opened again.
CREATE TABLE IF NOT EXISTS warm_up
(
    text String CODEC(NONE)
)
ENGINE = MergeTree
ORDER BY tuple()
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, old_parts_lifetime = 1;
