-- What was done once with the rows of earlier versions that SQL alone cannot do, since it needs the keys of the
-- settings: see store/message_ids.py.
CREATE TABLE upgrades
(
    name String,
    done DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree
ORDER BY name
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;
