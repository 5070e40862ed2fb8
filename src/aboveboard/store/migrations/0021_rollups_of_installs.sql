-- Attempts that were given up are counted apart: they are no attempts where it is asked what fails.
ALTER TABLE rollup_counts ADD COLUMN given_up Bool AFTER failed;

ALTER TABLE rollup_totals ADD COLUMN given_up Bool AFTER failed;

-- One row for each install, day and state that it was in; `number` 0 are the events that belong to no install.
CREATE TABLE rollup_stays
(
    build UInt64,
    source LowCardinality(String),
    day Date,
    number UInt32,
    app_version LowCardinality(String),
    os LowCardinality(String),
    os_version LowCardinality(String),
    distribution LowCardinality(String),
    arch LowCardinality(String),
    country LowCardinality(String),
    locale LowCardinality(String),
    timezone LowCardinality(String),

    weights Float64,
    failing Float64,
    first_time DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    last_time DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY build
ORDER BY (source, day, number)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- The same, by one attribute at a time.
CREATE TABLE rollup_attributes
(
    build UInt64,
    source LowCardinality(String),
    day Date,
    attribute LowCardinality(String),
    value String,

    weights Float64,
    failing Float64,
    installs AggregateFunction(groupBitmap, UInt32)
)
ENGINE = MergeTree
PARTITION BY build
ORDER BY (source, attribute, value, day)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- One row for each install, day and state with starts or shutdowns: how many starts followed another without a
-- shutdown between them, whether the first of the day is a start of this state, and what the last of the day is if it
-- is of this state (1 a shutdown, 2 a start).
CREATE TABLE rollup_runs
(
    build UInt64,
    source LowCardinality(String),
    day Date,
    number UInt32,
    app_version LowCardinality(String),
    os LowCardinality(String),
    arch LowCardinality(String),
    country LowCardinality(String),
    extension LowCardinality(String),

    inside UInt32,
    opens UInt8,
    closes UInt8
)
ENGINE = MergeTree
PARTITION BY build
ORDER BY (source, day, number)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- What was counted before these tables were there is counted again.
TRUNCATE TABLE rollup_builds;
