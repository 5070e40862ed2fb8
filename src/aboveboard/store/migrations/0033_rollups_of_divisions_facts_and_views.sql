-- One action, or one kind of failure, by one attribute at a time, and by day.
CREATE TABLE rollup_divisions
(
    build UInt64,
    source LowCardinality(String),
    day Date,
    event LowCardinality(String),
    failed Bool,
    fingerprint String CODEC(ZSTD(1)),
    division LowCardinality(String),
    value String,

    weights Float64,
    ended UInt64,
    ended_weights Float64,
    worked Float64,
    durations Tuple(Array(Int32), Array(UInt64)),
    installs AggregateFunction(groupBitmap, UInt32)
)
ENGINE = MergeTree
PARTITION BY build
ORDER BY (source, failed, event, fingerprint, division, value, day)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- What has a status code or an exit code, by all that filters ask for.
CREATE TABLE rollup_codes
(
    build UInt64,
    source LowCardinality(String),
    day Date,
    event LowCardinality(String),
    failed Bool,
    fingerprint String CODEC(ZSTD(1)),
    extension LowCardinality(String),
    app_version LowCardinality(String),
    os LowCardinality(String),
    arch LowCardinality(String),
    country LowCardinality(String),
    status String,
    exit String,

    weights Float64,
    ended UInt64,
    ended_weights Float64,
    worked Float64,
    durations Tuple(Array(Int32), Array(UInt64)),
    installs AggregateFunction(groupBitmap, UInt32)
)
ENGINE = MergeTree
PARTITION BY build
ORDER BY (source, event, day)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- Which installs said on a day that they have an extension or a provider, in which version, and how many objects.
CREATE TABLE rollup_facts
(
    build UInt64,
    source LowCardinality(String),
    day Date,
    app_version LowCardinality(String),
    os LowCardinality(String),
    arch LowCardinality(String),
    country LowCardinality(String),
    kind LowCardinality(String),
    name LowCardinality(String),
    said String,

    installs AggregateFunction(groupBitmap, UInt32)
)
ENGINE = MergeTree
PARTITION BY build
ORDER BY (source, kind, name, day)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- The same without system, architecture and country: what most answers read.
CREATE TABLE rollup_having
(
    build UInt64,
    source LowCardinality(String),
    day Date,
    app_version LowCardinality(String),
    os LowCardinality(String),
    arch LowCardinality(String),
    country LowCardinality(String),
    kind LowCardinality(String),
    name LowCardinality(String),
    said String,

    installs AggregateFunction(groupBitmap, UInt32)
)
ENGINE = MergeTree
PARTITION BY build
ORDER BY (source, kind, name, day)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- Which pages were opened, and which one next: empty where none came within half an hour on the same day.
CREATE TABLE rollup_views
(
    build UInt64,
    source LowCardinality(String),
    day Date,
    page String,
    following String,
    event LowCardinality(String),
    fingerprint LowCardinality(String),
    extension LowCardinality(String),
    app_version LowCardinality(String),
    os LowCardinality(String),
    arch LowCardinality(String),
    country LowCardinality(String),

    weights Float64,
    installs AggregateFunction(groupBitmap, UInt32)
)
ENGINE = MergeTree
PARTITION BY build
ORDER BY (source, page, following, day)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- The same without what filters ask for.
CREATE TABLE rollup_opened
(
    build UInt64,
    source LowCardinality(String),
    day Date,
    page String,
    following String,
    event LowCardinality(String),
    fingerprint LowCardinality(String),
    extension LowCardinality(String),
    app_version LowCardinality(String),
    os LowCardinality(String),
    arch LowCardinality(String),
    country LowCardinality(String),

    weights Float64,
    installs AggregateFunction(groupBitmap, UInt32)
)
ENGINE = MergeTree
PARTITION BY build
ORDER BY (source, page, following, day)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- What was counted before these tables were there is counted again.
TRUNCATE TABLE rollup_builds;
