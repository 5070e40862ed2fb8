-- What makes a state, of which there are few, is kept once: who reads all states reads numbers, and no texts. A number
-- that were lost would be given to another one: like events, these keep what a merge was made of.
CREATE TABLE rollup_contexts
(
    source LowCardinality(String),
    context UInt32,
    app_version LowCardinality(String),
    os LowCardinality(String),
    os_version LowCardinality(String),
    distribution LowCardinality(String),
    arch LowCardinality(String),
    country LowCardinality(String)
)
ENGINE = MergeTree
ORDER BY (source, context)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, old_parts_lifetime = 20;

-- Instead of `rollup_states`. The states of an install stand together, since they are looked at together.
CREATE TABLE rollup_stated
(
    source LowCardinality(String),
    install String CODEC(ZSTD(1)),
    key UInt64,
    state UInt32,
    number UInt32,
    context UInt32
)
ENGINE = MergeTree
ORDER BY (source, number, state)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, old_parts_lifetime = 20;

DROP TABLE rollup_states;

-- What was counted of states with other numbers is counted again.
TRUNCATE TABLE rollup_builds;
