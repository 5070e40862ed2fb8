-- Which installs were in use on a day, by version: all that were, those whose first event of the day is of it, and those
-- whose last one (of events with a version) is. Where events of several versions share a moment, each of them counts.
CREATE TABLE rollup_versions
(
    build UInt64,
    source LowCardinality(String),
    day Date,
    app_version LowCardinality(String),

    installs AggregateFunction(groupBitmap, UInt32),
    began AggregateFunction(groupBitmap, UInt32),
    ended AggregateFunction(groupBitmap, UInt32),
    first_time DateTime64(3, 'UTC'),
    last_time DateTime64(3, 'UTC')
)
ENGINE = MergeTree
PARTITION BY build
ORDER BY (source, day, app_version)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- Who tried an action on a day, by version, and for whom it failed; attempts that were given up are none.
CREATE TABLE rollup_tries
(
    build UInt64,
    source LowCardinality(String),
    day Date,
    event LowCardinality(String),
    app_version LowCardinality(String),
    failed Bool,

    installs AggregateFunction(groupBitmap, UInt32)
)
ENGINE = MergeTree
PARTITION BY build
ORDER BY (source, event, app_version, day)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- The runs of a day: how many starts followed another without a shutdown between them, whose first event of the day is
-- a start, and whose last one is a shutdown or a start.
CREATE TABLE rollup_ends
(
    build UInt64,
    source LowCardinality(String),
    day Date,

    inside UInt64,
    opened AggregateFunction(groupBitmap, UInt32),
    shut AggregateFunction(groupBitmap, UInt32),
    left_open AggregateFunction(groupBitmap, UInt32)
)
ENGINE = MergeTree
PARTITION BY build
ORDER BY (source, day)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- What was counted before these tables were there is counted again.
TRUNCATE TABLE rollup_builds;
