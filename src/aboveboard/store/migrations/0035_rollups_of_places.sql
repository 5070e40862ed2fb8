-- Which installs were in use on a day, by version and place: what filters ask for. `began` are those whose first event of
-- the day is of it, `ended` those whose last event (with a version) in this system, architecture and country is.
CREATE TABLE rollup_places
(
    build UInt64,
    source LowCardinality(String),
    day Date,
    app_version LowCardinality(String),
    os LowCardinality(String),
    arch LowCardinality(String),
    country LowCardinality(String),

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

-- The runs of a day (see rollup_ends), by what filters ask for.
CREATE TABLE rollup_starts
(
    build UInt64,
    source LowCardinality(String),
    day Date,
    app_version LowCardinality(String),
    os LowCardinality(String),
    arch LowCardinality(String),
    country LowCardinality(String),
    extension LowCardinality(String),

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
