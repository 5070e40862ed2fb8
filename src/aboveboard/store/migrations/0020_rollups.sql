-- Rollups are counted anew for each partition of events that changed, from rows without copies. A `build` is one such
-- counting: questions read the builds that `rollup_builds` names, so that a half-written one is never seen, and each
-- build is a partition of its own, so that it goes as a whole. What stands here can always be counted again.
CREATE TABLE rollup_builds
(
    circle String,
    build UInt64,
    block Int64,
    mutation Int64,
    days Array(Date)
)
ENGINE = ReplacingMergeTree(build)
ORDER BY circle
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, old_parts_lifetime = 0;

-- Bitmaps count installs exactly, and need small numbers for them. A number without its row here stands for nobody.
CREATE TABLE install_numbers
(
    source LowCardinality(String),
    install String CODEC(ZSTD(1)),
    number UInt32
)
ENGINE = MergeTree
ORDER BY (source, install)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, old_parts_lifetime = 0;

-- One row for all events of a day that agree in what filters ask for.
CREATE TABLE rollup_counts
(
    build UInt64,
    source LowCardinality(String),
    day Date,
    kind LowCardinality(String),
    event LowCardinality(String),
    failed Bool,
    fingerprint String CODEC(ZSTD(1)),
    extension LowCardinality(String),
    extension_version LowCardinality(String),
    library LowCardinality(String),
    library_version LowCardinality(String),
    app_version LowCardinality(String),
    os LowCardinality(String),
    arch LowCardinality(String),
    country LowCardinality(String),

    stored UInt64,
    size UInt64,
    weights Float64,
    spread Float64,
    ended UInt64,
    ended_weights Float64,
    worked Float64,
    durations Tuple(Array(Int32), Array(UInt64)),
    installs AggregateFunction(groupBitmap, UInt32),
    late UInt64,
    skewed UInt64,
    timeless UInt64,
    nameless UInt64,
    changed UInt64,
    first_time DateTime64(3, 'UTC'),
    last_time DateTime64(3, 'UTC'),
    first_failure Tuple(
        time DateTime64(3, 'UTC'), message_id String, part UInt16,
        app_version String, type String, code String,
        status_code Nullable(Int64), exit_code Nullable(Int64), text String
    )
)
ENGINE = MergeTree
PARTITION BY build
ORDER BY (source, failed, day, kind, event)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- The same without version, system, architecture and country: what most questions read.
CREATE TABLE rollup_totals
(
    build UInt64,
    source LowCardinality(String),
    day Date,
    kind LowCardinality(String),
    event LowCardinality(String),
    failed Bool,
    fingerprint String CODEC(ZSTD(1)),
    extension LowCardinality(String),
    extension_version LowCardinality(String),
    library LowCardinality(String),
    library_version LowCardinality(String),
    app_version LowCardinality(String),
    os LowCardinality(String),
    arch LowCardinality(String),
    country LowCardinality(String),

    stored UInt64,
    size UInt64,
    weights Float64,
    spread Float64,
    ended UInt64,
    ended_weights Float64,
    worked Float64,
    durations Tuple(Array(Int32), Array(UInt64)),
    installs AggregateFunction(groupBitmap, UInt32),
    late UInt64,
    skewed UInt64,
    timeless UInt64,
    nameless UInt64,
    changed UInt64,
    first_time DateTime64(3, 'UTC'),
    last_time DateTime64(3, 'UTC'),
    first_failure Tuple(
        time DateTime64(3, 'UTC'), message_id String, part UInt16,
        app_version String, type String, code String,
        status_code Nullable(Int64), exit_code Nullable(Int64), text String
    )
)
ENGINE = MergeTree
PARTITION BY build
ORDER BY (source, failed, day, kind, event)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
