-- Which small number stands for an install in one state: a version of the app on a system. `number` is the install's,
-- `context` a hash of the state without it, of which there are few. As with installs, a number without its row here
-- stands for nobody.
CREATE TABLE rollup_states
(
    source LowCardinality(String),
    install String CODEC(ZSTD(1)),
    key UInt64,
    state UInt32,
    number UInt32,
    context UInt64,
    app_version LowCardinality(String),
    os LowCardinality(String),
    os_version LowCardinality(String),
    distribution LowCardinality(String),
    arch LowCardinality(String),
    country LowCardinality(String)
)
ENGINE = MergeTree
ORDER BY (source, state)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, old_parts_lifetime = 0;

-- Who tried an action on a day, in which state, and for whom it failed with which reason; attempts that were given up
-- are none. Rows that are not `tried` have all that were in use, whatever they did. A row is some kilobytes, so that
-- few are read at a time.
CREATE TABLE rollup_attempts
(
    build UInt64,
    source LowCardinality(String),
    day Date,
    tried Bool,
    event LowCardinality(String),
    failed Bool,
    fingerprint String CODEC(ZSTD(1)),

    states AggregateFunction(groupBitmap, UInt32)
)
ENGINE = MergeTree
PARTITION BY build
ORDER BY (source, tried, event, day)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, index_granularity = 8;

-- The same by each property that attempts gave, with its value: a word, or the place of a number's bucket.
CREATE TABLE rollup_given
(
    build UInt64,
    source LowCardinality(String),
    day Date,
    event LowCardinality(String),
    property LowCardinality(String),
    value String,
    failed Bool,
    fingerprint String CODEC(ZSTD(1)),

    states AggregateFunction(groupBitmap, UInt32)
)
ENGINE = MergeTree
PARTITION BY build
ORDER BY (source, event, property, value, day)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, index_granularity = 8;

-- What was counted before these tables were there is counted again.
TRUNCATE TABLE rollup_builds;
