-- Events that could not be taken as they were, cleaned, for somebody to look at; a retry is the same row.
CREATE TABLE quarantine
(
    source LowCardinality(String),
    install String CODEC(ZSTD(1)),
    message_id String CODEC(ZSTD(1)),
    version UInt64 CODEC(Delta, ZSTD(1)),
    received DateTime64(6, 'UTC') CODEC(Delta, ZSTD(1)),
    reason LowCardinality(String),
    kind LowCardinality(String),
    event String CODEC(ZSTD(1)),
    client_time DateTime64(3, 'UTC'),
    content String CODEC(ZSTD(1)),
    context String CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (source, install, message_id)
TTL toDateTime(received) + INTERVAL 14 DAY
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- How many parts of events were left out, by reason: a count and a cleaned name, never a value.
CREATE TABLE drops
(
    source LowCardinality(String),
    day Date,
    event LowCardinality(String),
    path String CODEC(ZSTD(1)),
    reason LowCardinality(String),
    count UInt64
)
ENGINE = SummingMergeTree(count)
ORDER BY (source, day, event, path, reason)
TTL day + INTERVAL 400 DAY
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
