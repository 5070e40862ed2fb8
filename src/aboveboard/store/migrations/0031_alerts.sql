-- Whether each alert stands, since when, and who has been told. The newest row of a name counts.
CREATE TABLE alerts
(
    name String,
    standing Bool,
    number Nullable(Float64),
    since DateTime64(3, 'UTC'),
    told Array(String),
    version UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY name
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, old_parts_lifetime = 0;

-- On which day which question, filter, export or finding used which event and property; never who asked.
CREATE TABLE uses
(
    day Date,
    question LowCardinality(String),
    event String,
    property String
)
ENGINE = ReplacingMergeTree
ORDER BY (event, property, question, day)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, old_parts_lifetime = 0;
